/** Models in a store, through the door that programs use. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { isServiceError } from 'bentots/models';
import { createHome, modelYaml } from './store/home.ts';

const put = (name: string, text: string) => (folder: string) => writeFileSync(join(folder, name), text);

test('a model that is created is found by its tag, by its name and by the beginning of its version', async () => {
  using stores = createHome();
  const made = await stores.models.create('Iris:V1.0', put('weights.bin', 'abc'));
  assert.equal(String(made.tag), 'iris:v1.0');
  assert.equal(made.folder, join(stores.home, 'models/iris/v1.0'));
  for (const tag of ['iris:v1.0', 'iris', 'iris:latest', 'iris:v1']) {
    const found = await stores.models.get(tag);
    assert.deepEqual([String(found.tag), readFileSync(found.pathOf('weights.bin'), 'utf8')], ['iris:v1.0', 'abc'], tag);
  }
  assert.deepEqual(stores.ls(), [
    'models',
    'models/iris',
    'models/iris/latest',
    'models/iris/v1.0',
    'models/iris/v1.0/model.yaml',
    'models/iris/v1.0/weights.bin',
    'tmp',
  ]);
  assert.equal(readFileSync(join(stores.home, 'models/iris/latest'), 'utf8'), 'v1.0');
});

test('without a version a new one is made', async () => {
  using stores = createHome();
  const { tag } = await stores.models.create('iris', () => {});
  assert.match(String(tag.version), /^[a-z2-7]{16}$/);
});

test('model.yaml has the keys of BentoML in its order, and what was said of the model', async () => {
  using stores = createHome();
  const { record, pathOf, creationTime } = await stores.models.create('iris:v1', () => {}, {
    labels: { stage: 'production', yes: 'no', tries: 3 },
    metadata: {
      accuracy: 0.97,
      classes: ['a', 'b'],
      trained: new Date('2024-05-01T10:00:00Z'),
      vector: Float32Array.of(0.5, 2),
      big: 10n ** 20n,
      nested: { deep: [true] },
    },
    module: 'bentoml.onnx',
    options: { providers: ['CPUExecutionProvider'] },
    context: { frameworkName: 'onnx', frameworkVersions: { onnx: '1.16.0' } },
    signatures: { run: { batchable: true, batchDim: 0 } },
  });
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  assert.equal(
    readFileSync(pathOf('model.yaml'), 'utf8'),
    `name: iris
version: v1
module: bentoml.onnx
labels:
  stage: production
  'yes': 'no'
  tries: '3'
options:
  providers:
    - CPUExecutionProvider
metadata:
  accuracy: 0.97
  classes:
    - a
    - b
  trained: 2024-05-01 10:00:00.000000+00:00
  vector:
    - 0.5
    - 2
  big: 100000000000000000000
  nested:
    deep:
      - true
context:
  framework_name: onnx
  framework_versions:
    onnx: 1.16.0
  bentoml_version: bentots-${version}
  python_version: ''
signatures:
  run:
    batchable: true
    batch_dim:
      - 0
      - 0
api_version: v1
creation_time: '${creationTime.toISOString().replace('Z', '000+00:00')}'
`,
  );
  assert.deepEqual(record.labels, { stage: 'production', yes: 'no', tries: '3' });
  assert.deepEqual(record.metadata.big, 10n ** 20n);
  assert.deepEqual(record.metadata.trained, new Date('2024-05-01T10:00:00Z'));
});

for (const [details, code, message] of [
  [{ label: {} }, 'OPTION_UNKNOWN', /models\.create of a:1: there is no option "label"; did you mean "labels"\?$/],
  [{ labels: { a: [] } }, 'OPTION_INVALID', /labels\.a is of type Array, but must be a text$/],
  [{ metadata: [] }, 'OPTION_INVALID', /metadata is of type Array, but must be an object$/],
  [
    { metadata: { a: { b: () => 1 } } },
    'OPTION_INVALID',
    /metadata\.a\.b is of type function, but must be plain data$/,
  ],
  [{ metadata: { a: new Date(Number.NaN) } }, 'OPTION_INVALID', /metadata\.a is of type Date, but must be plain data$/],
  [{ metadata: circle() }, 'OPTION_INVALID', /but must be at most 100 levels deep, and not part of itself$/],
  [
    { metadata: { a: [null] } },
    'OPTION_INVALID',
    /metadata\.a\.0 is null, but must be left out, since Python has no null there$/,
  ],
  [
    { signatures: { run: { batch_dim: 0 } } },
    'OPTION_INVALID',
    /signatures\.run is of type Object, but must be batchable, /,
  ],
  [{ signatures: { run: { batchable: true, batchDim: [0] } } }, 'OPTION_INVALID', /signatures\.run is of type/],
  [{ module: 1 }, 'OPTION_INVALID', /module is of type number, but must be a text$/],
] as const) {
  test(`details are refused before anything is made: ${message.source}`, async () => {
    using stores = createHome();
    await assert.rejects(
      stores.models.create('a:1', () => assert.fail('called'), details as never),
      { code, message },
    );
    assert.deepEqual(stores.ls(), []);
  });
}

function circle(): object {
  const one: { self?: object } = {};
  one.self = one;
  return one;
}

test('latest is no version to create', async () => {
  using stores = createHome();
  await assert.rejects(
    stores.models.create('a:latest', () => {}),
    {
      code: 'TAG_INVALID',
      message: /it would be hidden by what latest means; leave the version out to get a new one: a$/,
    },
  );
});

test('what the author throws passes as it is, and leaves nothing', async () => {
  using stores = createHome();
  const error = new Error('no weights today');
  const made = stores.models.create('a:1', (folder) => {
    put('half', 'x')(folder);
    throw error;
  });
  await assert.rejects(made, (thrown) => thrown === error);
  assert.deepEqual(stores.ls(), ['models', 'tmp']);
});

test('a version that is there is not made twice, and stays as it is', async () => {
  using stores = createHome();
  await stores.models.create('a:1', put('x', 'first'));
  const again = stores.models.create('a:1', () => assert.fail('called'));
  await assert.rejects(again, {
    code: 'STORE_ITEM_EXISTS',
    message: `there is a model a:1 in ${join(stores.home, 'models')} already; delete it first, or choose another version`,
  });
  assert.equal(readFileSync((await stores.models.get('a:1')).pathOf('x'), 'utf8'), 'first');
});

test('what is missing or may be several is said so', async () => {
  using stores = createHome();
  const root = join(stores.home, 'models');
  const missing = (tag: string) => ({
    code: 'STORE_ITEM_MISSING',
    message: `there is no model ${tag} in ${root}; bento models list says what there is, or create or import it first`,
  });
  await assert.rejects(stores.models.get('iris'), missing('iris'));
  await assert.rejects(stores.models.get('iris:v1'), missing('iris:v1'));
  await assert.rejects(stores.models.delete('iris'), missing('iris'));
  await assert.rejects(stores.bentos.get('iris'), {
    message: /^there is no bento iris in .*bentos; bento list says what there is, or build or import it first$/,
  });
  for (const version of ['v1', 'v12', 'v2']) await stores.models.create(`iris:${version}`, () => {});
  assert.equal(String((await stores.models.get('iris:v1')).tag), 'iris:v1', 'a whole version goes before a beginning');
  await assert.rejects(stores.models.get('iris:v'), {
    code: 'STORE_ITEM_AMBIGUOUS',
    message: 'iris:v may be any of the models iris:v1, iris:v12, iris:v2; write more of the version',
  });
  await assert.rejects(stores.models.delete('iris:v3'), missing('iris:v3'));
  await assert.rejects(stores.models.get('../iris'), { code: 'TAG_INVALID' });
});

test('latest is the newest by the time of its creation, whatever came last', async () => {
  using stores = createHome();
  stores.write('models/a/2/model.yaml', modelYaml('a', '2', '2024-05-02T00:00:00.000002+00:00'));
  stores.write('models/a/1/model.yaml', modelYaml('a', '1', '2024-05-02T00:00:00.000001+00:00'));
  assert.equal(String((await stores.models.get('a')).tag), 'a:2');
  await stores.models.create('a:0', () => {});
  assert.equal(String((await stores.models.get('a')).tag), 'a:0');
  await stores.models.delete('a:latest');
  assert.equal(String((await stores.models.get('a')).tag), 'a:2');
  assert.equal(readFileSync(join(stores.home, 'models/a/latest'), 'utf8'), '2');
});

for (const pointer of [undefined, 'gone', '../../../etc', '', 'latest', '2\n']) {
  test(`a pointer that is ${JSON.stringify(pointer)} is read or made again`, async () => {
    using stores = createHome();
    stores.write('models/a/1/model.yaml', modelYaml('a', '1', '2023-01-01T00:00:00.000000+00:00'));
    stores.write('models/a/2/model.yaml', modelYaml('a', '2'));
    if (pointer !== undefined) stores.write('models/a/latest', pointer);
    assert.equal(String((await stores.models.get('a')).tag), 'a:2');
    assert.equal(readFileSync(join(stores.home, 'models/a/latest'), 'utf8').trim(), '2');
  });
}

test('what is broken is left out of a list with a warning, and does not hide the rest', async () => {
  using stores = createHome();
  await stores.models.create('good:1', () => {});
  stores.write('models/Not A Name/1/model.yaml', modelYaml('x', '1'));
  stores.write('models/half/1/weights.bin', '');
  stores.write('models/torn/1/model.yaml', 'name: [');
  stores.write('models/list/1/model.yaml', '- a\n');
  stores.write('models/moved/2/model.yaml', modelYaml('moved', '1'));
  stores.write('models/timeless/1/model.yaml', modelYaml('timeless', '1', 'yesterday'));
  stores.write('models/a-file', '');
  assert.deepEqual(
    (await stores.models.list()).map(({ tag }) => String(tag)),
    ['good:1'],
  );
  const said = stores.warnings.map((line) => line.replaceAll(stores.home, '').replaceAll('\\', '/')).sort();
  assert.deepEqual(said, [
    'left out: /models/Not A Name: no model can have that name; move the folder elsewhere',
    'left out: /models/half/1/model.yaml: it is missing, so that this is no model',
    'left out: /models/list/1/model.yaml: it is malformed: a map of keys and values is wanted',
    'left out: /models/moved/2/model.yaml: it says that it is moved:1, but lies where moved:2 is; move the folder, or delete it',
    'left out: /models/timeless/1/model.yaml: the field creation_time is no time',
    said.find((line) => line.startsWith('left out: /models/torn/1/model.yaml: ')),
  ]);
  await assert.rejects(stores.models.get('half:1'), {
    code: 'STORE_ITEM_INVALID',
    message: /model\.yaml: it is missing/,
  });
});

test('a list is of all, of a name, or of one tag, in the order of tags', async () => {
  using stores = createHome();
  for (const tag of ['b:1', 'a:2', 'a:10']) await stores.models.create(tag, () => {});
  const list = async (tag?: string) => (await stores.models.list(tag)).map((model) => String(model.tag));
  assert.deepEqual(await list(), ['a:10', 'a:2', 'b:1']);
  assert.deepEqual(await list('a'), ['a:10', 'a:2']);
  assert.deepEqual(await list('a:2'), ['a:2']);
  assert.deepEqual(await list('b:latest'), ['b:1']);
  assert.deepEqual(await list('c'), []);
  assert.deepEqual(await list('a:1'), []);
});

test('deleting one version keeps the others, deleting a name leaves nothing of it', async () => {
  using stores = createHome();
  for (const tag of ['a:1', 'a:2', 'a:3', 'b:1']) await stores.models.create(tag, () => {});
  assert.deepEqual((await stores.models.delete('a:3')).map(String), ['a:3']);
  assert.equal(String((await stores.models.get('a')).tag), 'a:2');
  assert.deepEqual((await stores.models.delete('a')).map(String), ['a:1', 'a:2']);
  await stores.models.delete('b:1');
  assert.deepEqual(stores.ls(), ['models', 'tmp']);
});

test('a model of before 1.0 is read, and a field from the future does not matter', async () => {
  using stores = createHome();
  stores.write(
    'models/old/1/model.yaml',
    `name: old\nversion: '1'\nbentoml_version: 1.0.0a7\nmodule: bentoml.sklearn\nlabels: {}\nmetadata: {}\ncontext:\n  framework_name: sklearn\n  pip_dependencies:\n  - scikit-learn==1.0\ncreation_time: 2022-05-01 10:00:00.123456+00:00\nfuture: 1\n`,
  );
  stores.write('models/old/1/saved_model.pkl', 'cos\nsystem\n(S"false"\ntR.');
  const { record } = await stores.models.get('old:1');
  assert.deepEqual(
    [
      record.module,
      record.context.frameworkName,
      record.context.frameworkVersions,
      record.signatures,
      record.apiVersion,
    ],
    ['bentoml.sklearn', 'sklearn', {}, {}, 'v1'],
  );
  assert.equal(record.creationTime.toISOString(), '2022-05-01T10:00:00.123Z');
});

test('links that lead out, sockets and pipes are refused, and nothing is kept', {
  skip: process.platform === 'win32',
}, async () => {
  using stores = createHome();
  const outside = join(stores.home, 'secret');
  writeFileSync(outside, 'x');
  const refused = (link: string, fill: (folder: string) => unknown, problem: RegExp) =>
    assert.rejects(
      stores.models.create('a:1', async (folder) => void (await fill(folder))),
      { code: 'STORE_ITEM_INVALID', message: problem },
      link,
    );
  for (const target of [outside, '../../../../secret', '..', '/etc/passwd', 'nowhere', 'x', '/']) {
    await refused(
      target,
      (folder) => symlinkSync(target, join(folder, 'x')),
      /x: it is a link to .*, which is not in the same folder; put the file itself there$/,
    );
  }
  await refused(
    'pipe',
    (folder) => spawnSync('mkfifo', [join(folder, 'pipe')]),
    /pipe: it is a socket, a pipe or a device; only files can be kept$/,
  );
  const server = createServer();
  await refused(
    'socket',
    (folder) => new Promise<void>((done) => server.listen(join(folder, 's'), done)),
    /s: it is a socket/,
  );
  server.close();
  await refused(
    'own name',
    put('model.yaml', ''),
    /model\.yaml: the store writes a file of that name itself; give yours another one$/,
  );
  assert.deepEqual(stores.ls('models'), []);
  await stores.models.create('a:1', (folder) => {
    mkdirSync(join(folder, 'deep'));
    writeFileSync(join(folder, 'deep/real'), 'abc');
    symlinkSync('deep/real', join(folder, 'link'));
    symlinkSync('../link', join(folder, 'deep/back'));
  });
  const { pathOf } = await stores.models.get('a:1');
  assert.equal(readFileSync(pathOf('deep/back'), 'utf8'), 'abc');
});

test('a path in a model does not lead out of it', async () => {
  using stores = createHome();
  const { pathOf, folder } = await stores.models.create('a:1', () => {});
  assert.equal(pathOf('b/../c'), join(folder, 'c'));
  for (const path of ['..', '../x', 'a/../../x', '/etc/passwd', 'a\0']) {
    assert.throws(() => pathOf(path), { code: 'STORE_ITEM_INVALID', message: /the path leads out of a:1$/ }, path);
  }
});

test('the size of a model is that of its files', async () => {
  using stores = createHome();
  const model = await stores.models.create('a:1', (folder) => {
    mkdirSync(join(folder, 'deep'));
    put('deep/x', 'x'.repeat(1000))(folder);
  });
  assert.equal(await model.sizeBytes(), 1000 + readFileSync(model.pathOf('model.yaml')).length);
});

test('checksums say which files are changed, missing and new', async () => {
  using stores = createHome();
  const { models } = stores;
  const { pathOf } = await models.create(
    'a:1',
    (folder) => void ['x', 'y', 'z'].map((name) => put(name, name)(folder)),
    { checksums: true },
  );
  assert.deepEqual((await models.verify('a')).problems, []);
  const { status, stdout } = spawnSync('sha256sum', ['--check', '.bentots.sha256'], {
    cwd: pathOf('.'),
    encoding: 'utf8',
  });
  if (status !== null)
    assert.deepEqual([status, stdout.split('\n').length], [0, 5], 'and sha256sum reads them, where there is one');
  writeFileSync(pathOf('x'), 'X');
  rmSync(pathOf('y'));
  writeFileSync(pathOf('new'), '');
  const { files, problems } = await models.verify('a:1');
  assert.deepEqual(
    [files, problems],
    [
      4,
      [
        { path: 'new', problem: 'new' },
        { path: 'x', problem: 'changed' },
        { path: 'y', problem: 'missing' },
      ],
    ],
  );
  await models.verify('a:1', { record: true });
  assert.deepEqual((await models.verify('a:1')).problems, []);
});

test('a model without checksums cannot be verified before they are recorded', async () => {
  using stores = createHome();
  await stores.models.create('a:1', put('odd\\\nname', ''));
  await assert.rejects(stores.models.verify('a:1'), { code: 'STORE_ITEM_INVALID', message: /a:1 has no checksums/ });
  assert.deepEqual((await stores.models.verify('a:1', { record: true })).files, 2);
  assert.deepEqual((await stores.models.verify('a:1')).problems, []);
});

test('a home where a file is in the way is said so', async () => {
  using stores = createHome();
  stores.write('models', 'a file');
  const error = await stores.models.create('a:1', () => {}).catch((thrown: unknown) => thrown);
  assert.ok(isServiceError(error, 'STORE_FAILED'));
  assert.match(error.message, /^cannot create the model a:1: .*models: /);
});

test('a marker that is a pipe or a link is not read', { skip: process.platform === 'win32' }, async () => {
  using stores = createHome();
  stores.write('secret', modelYaml('a', '1'));
  for (const [version, make] of Object.entries({
    '1': (file: string) => symlinkSync('../../../secret', file),
    '2': (file: string) => spawnSync('mkfifo', [file]),
    '3': (file: string) => mkdirSync(file),
  })) {
    mkdirSync(join(stores.home, 'models/a', version), { recursive: true });
    make(join(stores.home, 'models/a', version, 'model.yaml'));
    await assert.rejects(stores.models.get(`a:${version}`), { code: 'STORE_ITEM_INVALID', message: /it is no file$/ });
  }
});

const bentoYaml = `service: service:Summarization
name: summarization
version: tzc7rvhhhc2ye7sx
bentoml_version: 1.4.39
creation_time: '2024-05-01T10:00:00.123456+00:00'
labels:
  owner: me
models:
- tag: extra:1
  module: ''
  creation_time: '2024-05-01T10:00:00.000000+00:00'
  alias: other
entry_service: Summarization
services:
- name: Summarization
  service: ''
  models:
  - tag: org--name:abc
    registry: huggingface
    module: null
    creation_time: '2024-05-01T10:00:00.000000+00:00'
  dependencies: []
  config: {}
envs: []
schema: {name: Summarization, routes: []}
args: {}
spec: 2
image: {base_image: ''}
`;

test('a bento is listed with its models, and all that its bento.yaml says is kept', async () => {
  using stores = createHome();
  stores.write('bentos/summarization/tzc7rvhhhc2ye7sx/bento.yaml', bentoYaml);
  const [bento] = await stores.bentos.list();
  assert.ok(bento);
  const { service, labels, models, document } = bento.record;
  assert.deepEqual(
    [service, labels, String(bento.tag)],
    ['service:Summarization', { owner: 'me' }, 'summarization:tzc7rvhhhc2ye7sx'],
  );
  assert.deepEqual(
    models.map(({ tag, registry, alias }) => [String(tag), registry, alias]),
    [
      ['extra:1', 'bentoml', 'other'],
      ['org--name:abc', 'huggingface', undefined],
    ],
  );
  assert.deepEqual([document.spec, document.image], [2, { base_image: '' }]);
});
