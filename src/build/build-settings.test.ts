import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBentofile } from './bentofile.ts';
import { createProject } from './project.fixture.ts';

const yaml = `service: src/service.ts:Svc
name: embedder
description: "file:about.md"
labels: { team: search, tier: 1 }
include: ["*"]
models:
  - iris:v1
  - { tag: words, alias: vocabulary, filter: "x" }
envs:
  - { name: THREADS, value: 4 }
  - { name: HF_TOKEN, stage: runtime, secret: true }
args: { quant: q8 }
image: { node: 24, distro: alpine }
docker: { system_packages: [git] }
python: { requirements_txt: requirements.txt }
conda: { channels: [x] }
`;

test('all that a bentofile says is read', () => {
  using project = createProject({ 'bentofile.yaml': yaml });
  const { models, image, warnings, ...settings } = readBentofile(project.folder);
  assert.deepEqual(settings, {
    service: 'src/service.ts:Svc',
    name: 'embedder',
    description: 'file:about.md',
    labels: { team: 'search', tier: '1' },
    include: ['*'],
    exclude: [],
    envs: [
      { name: 'THREADS', value: '4', stage: 'all', isSecret: false },
      { name: 'HF_TOKEN', value: '', stage: 'runtime', isSecret: true },
    ],
    args: { quant: 'q8' },
    docker: { system_packages: ['git'] },
    python: { requirements_txt: 'requirements.txt' },
  });
  assert.deepEqual(
    models.map(({ tag, alias }) => [String(tag), alias]),
    [
      ['iris:v1', undefined],
      ['words', 'vocabulary'],
    ],
  );
  assert.deepEqual([image?.node, image?.distro], [24, 'alpine']);
  assert.match(warnings.join(), /bentofile\.yaml:16:1: conda is left out/);
});

test('bentofile.yaml goes before package.json, and that before pyproject.toml; they are not merged', () => {
  const files = {
    'bentofile.yaml': 'name: a',
    'package.json': '{ "bentots": { "name": "b", "labels": { "x": "y" } } }',
    'pyproject.toml': '[project]\nname = "c"\n[tool.bentoml.build]\nservice = "service.ts:Svc"\n',
  };
  using all = createProject(files);
  assert.deepEqual([readBentofile(all.folder).name, readBentofile(all.folder).labels], ['a', {}]);
  using two = createProject({ ...files, 'bentofile.yaml': '# nothing' });
  assert.equal(readBentofile(two.folder).name, undefined, 'an empty one is one');
  using python = createProject({ 'package.json': '{ "name": "p" }', 'pyproject.toml': files['pyproject.toml'] });
  assert.deepEqual([readBentofile(python.folder).name, readBentofile(python.folder).service], ['c', 'service.ts:Svc']);
  using other = createProject({ 'pyproject.toml': '[project]\nname = "c"\n' });
  assert.equal(readBentofile(other.folder).name, undefined, 'a Python project that has nothing to do with this');
  assert.equal(readBentofile(all.folder, join(all.folder, 'pyproject.toml')).name, 'c');
  assert.equal(readBentofile(all.folder, join(all.folder, 'package.json')).name, 'b');
});

for (const [text, problem] of [
  ['version: v1', /bentofile\.yaml:1:1: "version" is no key of a bentofile, .* give it with --version$/],
  ['lables: {}', /"lables" is no key of a bentofile; did you mean "labels"\?/],
  ['name: 1', /bentofile\.yaml:1:7: name must be a text, but is 1$/],
  ['labels: [a]', /labels must be a map of keys and values, but is a list$/],
  ['labels: { a: [b] }', /the label a must be a text, but is a list$/],
  ['models: iris', /models must be a list, but is "iris"$/],
  ['models: [{ alias: x }]', /a model must be a tag, such as iris:v1, or a map with one, but is a map$/],
  ['models: [{ tag: x, alas: y }]', /"alas" is no key of a model; did you mean "alias"\?$/],
  ['models: [{ tag: x, alias: 1 }]', /the alias of a model must be a text, but is 1$/],
  ['envs: [A=b]', /an env must be a map, such as .*, but is "A=b"$/],
  ['envs: [{ name: "A B" }]', /the name of an env must be of letters, digits and underscores, but is "A B"$/],
  ['envs: [{ name: A, value: [] }]', /the value of A must be a text, but is a list$/],
  ['envs: [{ name: A, stage: run }]', /the stage of A must be one of all, build, runtime, but is "run"$/],
  ['envs: [{ name: A, secert: true }]', /"secert" is no key of an env; did you mean "secret"\?$/],
  ['envs: [{ name: A, secret: 1 }]', /secret of A must be true or false, but is 1$/],
  ['envs: [{ name: A, value: b, secret: true }]', /A is a secret and has a value here; leave the value out/],
  ['docker: { distros: debian }', /"distros" is no key of docker; did you mean "distro"\?$/],
  ['python: { package: [] }', /"package" is no key of python; did you mean "packages"\?$/],
  ['image: { nod: 24 }', /new Image: there is no option "nod"; did you mean "node"\?$/],
] as const) {
  test(`a bentofile with ${JSON.stringify(text)} is refused`, () => {
    using project = createProject({ 'bentofile.yaml': text });
    assert.throws(() => readBentofile(project.folder), { code: 'BENTOFILE_INVALID', message: problem });
  });
}

for (const [files, named, problem] of [
  [{ 'pyproject.toml': '[tool' }, undefined, /pyproject\.toml:1:\d+: it is no valid TOML/],
  [{ 'pyproject.toml': '[tool.bentoml]\nbuild = 1' }, undefined, /build must be a table: \[tool\.bentoml\.build\]$/],
  [{}, 'gone.yaml', /gone\.yaml: there is no such file; check the path$/],
] as const) {
  test(`${JSON.stringify(named ?? files)} is refused`, () => {
    using project = createProject(files);
    const file = named === undefined ? undefined : join(project.folder, named);
    assert.throws(() => readBentofile(project.folder, file), { code: 'BENTOFILE_INVALID', message: problem });
  });
}
