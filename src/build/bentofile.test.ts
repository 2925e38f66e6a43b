import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProjectFolder, readBentofile } from './bentofile.ts';
import { createProject } from './project.fixture.ts';

/** What is said of files. */
function readRules(folder: string) {
  const { include, exclude } = readBentofile(folder);
  return { include, exclude };
}

test('bentofile.yaml says what is included and excluded; its other keys are for others', () => {
  using project = createProject({
    'bentofile.yaml': 'service: service.py:Svc\ninclude:\n  - data/**\n  - "*.txt"\nexclude: [data/raw/]\n',
  });
  assert.deepEqual(readRules(project.folder), { include: ['data/**', '*.txt'], exclude: ['data/raw/'] });
});

test('without a bentofile the key "bentots" of package.json says it', () => {
  using project = createProject({ 'package.json': '{ "bentots": { "service": "a.ts", "include": ["prompts/"] } }' });
  assert.deepEqual(readRules(project.folder), { include: ['prompts/'], exclude: [] });
});

test('bentofile.yaml wins over package.json', () => {
  using project = createProject({
    'bentofile.yaml': 'include: [a]',
    'package.json': '{ "bentots": { "include": ["b"], "exclude": ["c"] } }',
  });
  assert.deepEqual(readRules(project.folder), { include: ['a'], exclude: [] });
});

for (const [what, files] of Object.entries({
  'neither of them': {},
  'an empty bentofile': { 'bentofile.yaml': '# nothing yet\n' },
  'a package.json about something else': { 'package.json': '{ "name": "x" }' },
})) {
  test(`${what} includes nothing by name`, () => {
    using project = createProject(files as Record<string, string>);
    assert.deepEqual(readRules(project.folder), { include: undefined, exclude: [] });
  });
}

for (const [text, problem] of [
  ['include: [a\nexclude: b', /bentofile\.yaml:2:1: it is no valid YAML: /],
  [
    'service: x\ninclude: data/**\n',
    /bentofile\.yaml:2:10: include must be a list of patterns, such as \["data\/\*\*"\], but is "data\/\*\*"$/,
  ],
  [
    'include:\n  - 1\n',
    /bentofile\.yaml:2:3: include must be a list of patterns, .* but is a list with something else in it$/,
  ],
  ['includes: []\n', /bentofile\.yaml:1:1: "includes" is no key of a bentofile; did you mean "include"\?$/],
  ['service: x\nzzz: 1\n', /bentofile\.yaml:2:1: "zzz" is no key of a bentofile; there are service, name, /],
  [
    'include: ["../shared"]\n',
    /bentofile\.yaml:1:10: "\.\.\/shared" leads out of the project; include is about files beside and below this one$/,
  ],
  ['- include\n', /bentofile\.yaml:1:1: it must be a map of keys and values/],
] as const) {
  test(`a bentofile that is ${JSON.stringify(text)} is refused with file, line and what to do`, () => {
    using project = createProject({ 'bentofile.yaml': text });
    assert.throws(() => readBentofile(project.folder), { code: 'BENTOFILE_INVALID', message: problem });
  });
}

for (const [text, problem] of [
  ['{ "bentots": ', /package\.json: it is no valid JSON \(.*\); mend it$/],
  ['{ "bentots": 1 }', /package\.json: "bentots" must be an object/],
  ['{ "bentots": { "exclude": "x" } }', /package\.json, "bentots": exclude must be a list of patterns, .* but is "x"$/],
] as const) {
  test(`a package.json that is ${text} is refused`, () => {
    using project = createProject({ 'package.json': text });
    assert.throws(() => readBentofile(project.folder), { code: 'BENTOFILE_INVALID', message: problem });
  });
}

test('the nearest folder with a bentofile or a package.json is the project of a file', () => {
  using project = createProject({
    'package.json': '{}',
    'src/deep/service.ts': '',
    'other/bentofile.yaml': '',
    'other/src/service.ts': '',
  });
  assert.equal(findProjectFolder(join(project.folder, 'src/deep/service.ts')), project.folder);
  assert.equal(findProjectFolder(join(project.folder, 'other/src/service.ts')), join(project.folder, 'other'));
});

test('a file outside of projects is in one of its own folder', () => {
  using project = createProject({ 'service.ts': '' });
  assert.equal(findProjectFolder(join(project.folder, 'service.ts')), project.folder);
});
