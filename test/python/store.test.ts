/** One store, used by BentoML for Python and by bentots. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'bentots/build';
import { createTestProject } from '../project.ts';
import { createHome } from '../store/home.ts';
import { bentoml, python } from './python.ts';

const put = (text: string) => (folder: string) => writeFileSync(join(folder, 'weights.bin'), text);

const labels = {
  stage: 'production',
  yes: 'no',
  y: 'n',
  empty: '',
  'with space': 'a: b # c',
  number: '12e45',
  date: '2024-05-01',
  quote: `'"`,
  line: 'a\nb',
  emoji: '😀',
};
const metadata = {
  accuracy: 0.97, whole: 3, large: 2 ** 53, tiny: 5e-7, huge: 1e21, below: -0.5, yes: true, no: false,
  text: 'y', version: '1.0', octal: '017', time: '12:30:45', equal: '=', merge: '<<', tilde: '~', bell: 'a\x07\x85\x7f\u2028b',
  list: [1, [2, ['three']]], map: { y: 'y', 'a: b': { deep: [] } }, noMap: {},
}; // biome-ignore format: a table reads as a table

test('Python lists, gets and deletes models of ours, with their labels and metadata', async () => {
  using stores = createHome();
  const { tag } = await stores.models.create('iris', put('abc'), {
    labels,
    metadata,
    context: { frameworkName: 'onnx', frameworkVersions: { onnx: '1.16.0' } },
  });
  await stores.models.create('iris:v1', put('old'), {
    module: 'bentoml.onnx',
    options: { providers: ['CPU'] },
    signatures: { run: { batchable: true, batchDim: 0 }, other: {} },
    checksums: true,
  });
  const listed = JSON.parse(bentoml(stores, 'models', 'list', '-o', 'json')) as { tag: string; module: string }[];
  assert.deepEqual(
    listed.map((row) => [row.tag, row.module]),
    [
      ['iris:v1', 'bentoml.onnx'],
      [String(tag), ''],
    ],
  );
  assert.match(bentoml(stores, 'models', 'get', String(tag)), /framework_name: onnx/);
  const seen = JSON.parse(
    python(
      stores,
      `import bentoml, json, sys
m = bentoml.models.get(sys.argv[1])
print(json.dumps([str(m.tag), m.info.labels, m.info.metadata, m.info.context.framework_versions, open(m.path_of("weights.bin")).read(), str(bentoml.models.get("iris").tag), m.info.creation_time.isoformat()]))`,
      String(tag),
    ),
  ) as unknown[];
  const { record } = await stores.models.get(String(tag));
  assert.deepEqual(seen, [
    String(tag),
    labels,
    metadata,
    { onnx: '1.16.0' },
    'abc',
    'iris:v1',
    record.creationTime.toISOString().replace('Z', '000+00:00'),
  ]);
  bentoml(stores, 'models', 'delete', 'iris:v1', '--yes');
  assert.equal(String((await stores.models.get('iris')).tag), String(tag));
  bentoml(stores, 'models', 'delete', String(tag), '--yes');
  assert.deepEqual(await stores.models.list(), []);
});

test('dates and numbers beyond doubles are those of Python', async () => {
  using stores = createHome();
  await stores.models.create('a:1', put(''), {
    metadata: { when: new Date('2024-05-01T10:00:00.123Z'), big: 10n ** 30n, nan: Number.NaN, inf: -Infinity },
  });
  const said = python(
    stores,
    `import bentoml; m = bentoml.models.get("a:1").info.metadata; print(m["when"].isoformat(), m["big"], m["nan"], m["inf"])`,
  );
  assert.equal(said.trim(), `2024-05-01T10:00:00.123000+00:00 1${'0'.repeat(30)} nan -inf`);
});

test('models that Python made are listed, read, verified and deleted here; pickles are kept and never opened', async () => {
  using stores = createHome();
  python(
    stores,
    `import bentoml, json, os, datetime
labels = json.loads(${JSON.stringify(JSON.stringify(labels))}); metadata = json.loads(${JSON.stringify(JSON.stringify(metadata))})
metadata |= {"when": datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.timezone.utc), "day": datetime.date(2024, 5, 1), "bytes": b"abc", "tuple": (1, 2), "big": 10 ** 30}
class Bomb:
    def __reduce__(self): return (open, (os.path.join(os.environ["BENTOML_HOME"], "opened"), "w"))
with bentoml.models.create("iris:v1", labels=labels, metadata=metadata, module="bentoml.picklable_model", custom_objects={"bomb": Bomb()}) as m:
    open(m.path_of("weights.bin"), "w").write("abc")
with bentoml.models.create("iris") as m:
    pass`,
  );
  const all = await stores.models.list();
  assert.deepEqual([all.length, stores.warnings], [2, []]);
  const { record, pathOf } = await stores.models.get('iris:v1');
  assert.deepEqual(record.labels, labels);
  assert.deepEqual(record.metadata, {
    ...metadata,
    when: '2024-05-01T10:00:00+00:00', // Python makes a text of it
    day: new Date('2024-05-01T00:00:00Z'),
    bytes: Uint8Array.of(97, 98, 99),
    tuple: [1, 2],
    big: 10n ** 30n,
    large: BigInt(2 ** 53),
  });
  assert.equal(record.module, 'bentoml.picklable_model');
  assert.match(record.context.pythonVersion, /^3\.\d+\.\d+$/);
  assert.ok(existsSync(pathOf('custom_objects.pkl')));
  await stores.models.verify('iris:v1', { record: true });
  const exported = await stores.models.export('iris:v1', join(stores.home, 'x'));
  using there = createHome();
  assert.deepEqual((await there.models.import(exported)).record, record);
  assert.equal(existsSync(join(stores.home, 'opened')), false, 'nobody opened the pickle');
  const latest = python(stores, 'import bentoml; print(bentoml.models.get("iris:latest").tag)').trim();
  assert.equal(String((await stores.models.get('iris')).tag), latest);
  await stores.models.delete('iris');
  assert.equal(bentoml(stores, 'models', 'list', '-o', 'json').trim(), '[]');
});

test('both sides agree on the newest, whoever made it', async () => {
  using stores = createHome();
  const newest = async () => [
    String((await stores.models.get('a')).tag),
    python(stores, 'import bentoml; print(bentoml.models.get("a").tag)').trim(),
  ];
  await stores.models.create('a:1', put(''));
  python(stores, 'import bentoml\nwith bentoml.models.create("a:2"): pass');
  assert.deepEqual(await newest(), ['a:2', 'a:2']);
  await stores.models.create('a:3', put(''));
  assert.deepEqual(await newest(), ['a:3', 'a:3']);
  python(stores, 'import bentoml; bentoml.models.delete("a:3")');
  assert.deepEqual(await newest(), ['a:2', 'a:2']);
  await stores.models.delete('a:2');
  assert.deepEqual(await newest(), ['a:1', 'a:1']);
});

for (const ending of ['bentomodel', 'tar.gz', 'tar', 'zip', 'tar.xz']) {
  test(`a model that is exported as ${ending} by one is imported by the other`, async () => {
    using stores = createHome();
    using there = createHome();
    const { tag } = await stores.models.create('iris:v1', put('abc'), { labels });
    const ours = await stores.models.export('iris', join(stores.home, `ours.${ending}`));
    bentoml(there, 'models', 'import', ours);
    const theirs = join(there.home, `theirs.${ending}`);
    python(there, 'import bentoml, sys; bentoml.models.export_model("iris:v1", sys.argv[1])', theirs);
    await stores.models.delete('iris');
    const model = await stores.models.import(theirs);
    assert.deepEqual(
      [String(model.tag), model.record.labels, readFileSync(model.pathOf('weights.bin'), 'utf8')],
      [String(tag), labels, 'abc'],
    );
  });
}

test('a bento that Python built is listed, read, exported with its model, imported and deleted', async () => {
  using stores = createHome();
  using there = createHome();
  await stores.models.create('iris:v1', put('abc'));
  const project = join(stores.home, 'project');
  cpSync(fileURLToPath(new URL('bento', import.meta.url)), project, { recursive: true });
  writeFileSync(
    join(project, 'bentofile.yaml'),
    'service: service:Summarization\nlabels:\n  owner: me\npython:\n  lock_packages: false\n  packages: [bentoml]\n',
  );
  bentoml(stores, 'build', project, '--version', 'v1');
  const [bento] = await stores.bentos.list();
  assert.ok(bento, stores.warnings.join());
  const { record } = bento;
  assert.deepEqual(
    [String(bento.tag), record.service, record.labels, record.bentomlVersion],
    ['summarization:v1', 'service:Summarization', { owner: 'me' }, '1.4.39'],
  );
  assert.deepEqual(
    record.models.map(({ tag, registry }) => [String(tag), registry]),
    [['iris:v1', 'bentoml']],
  );
  const ours = await stores.bentos.export('summarization', join(stores.home, 'ours'));
  bentoml(there, 'import', ours);
  assert.deepEqual(
    (await there.models.list()).map(({ tag }) => String(tag)),
    ['iris:v1'],
    'Python takes the model out of it',
  );
  assert.equal((JSON.parse(bentoml(there, 'list', '-o', 'json')) as { tag: string }[])[0]?.tag, 'summarization:v1');
  const theirs = join(there.home, 'theirs.bento');
  bentoml(there, 'export', 'summarization:v1', theirs);
  await stores.bentos.delete('summarization');
  await stores.models.delete('iris');
  await stores.bentos.import(theirs);
  assert.equal(readFileSync((await stores.models.get('iris:v1')).pathOf('weights.bin'), 'utf8'), 'abc');
  assert.match(bentoml(stores, 'get', 'summarization:v1'), /service: service:Summarization/);
});

test('a bento that is built here is listed, shown, exported, imported and deleted by Python', async () => {
  using project = createTestProject({
    'service.js': `import { bentoModel, defineService, Image } from 'bentots';
export const Iris = defineService(class Iris { kind() { return this.iris.folder; } }, {
  image: new Image({ node: 24 }).systemPackages('git').pythonPackages('numpy'),
  models: { iris: bentoModel('iris') },
  apis: { kind: { params: {}, output: { type: 'string' } } },
});
`,
  });
  const { stores } = project;
  await stores.models.create('iris:v1', put('abc'));
  await stores.models.create('words:v1', put('abc'));
  const options = { labels, envs: [{ name: 'A', value: 'b: c' }], models: [{ tag: 'words', alias: 'w' }] };
  const { bento } = await build({ service: project.folder, home: stores.home, version: 'v1', ...options });
  const [listed] = JSON.parse(bentoml(stores, 'list', '-o', 'json')) as { readonly tag: string }[];
  assert.equal(listed?.tag, 'iris:v1');
  const shown = JSON.parse(bentoml(stores, 'get', 'iris:v1', '-o', 'json')) as Readonly<Record<string, unknown>>;
  assert.deepEqual([shown.service, shown.labels, shown.spec], ['service.js:Iris', labels, 2]);
  const read = `
import bentoml, json, sys
bento = bentoml.get("iris:latest")
info = bento.info
print(json.dumps([
    info.bentoml_version, info.entry_service, [str(m.tag) for m in info.models], [str(m.tag) for m in info.all_models],
    [e.name + "=" + e.value for e in info.envs], info.image.base_image, ' git ' in info.image.commands[0], info.image.python_requirements,
    info.services[0].config, [r["name"] for r in info.schema["routes"]], str(info.creation_time),
]))
`;
  assert.deepEqual(JSON.parse(python(stores, read)), [
    bento.record.bentomlVersion,
    'Iris',
    ['words:v1'],
    ['words:v1', 'iris:v1'],
    ['A=b: c'],
    'node:24-slim',
    true,
    'numpy\n',
    { workers: 1, traffic: { timeout: 60 } },
    ['kind'],
    bento.creationTime.toISOString().replace('T', ' ').replace('Z', '000+00:00'),
  ]);
  using there = createHome();
  const file = join(stores.home, 'iris.bento');
  bentoml(stores, 'export', 'iris:v1', file);
  bentoml(there, 'import', file);
  assert.deepEqual(
    (await there.models.list()).map(({ tag }) => String(tag)),
    ['iris:v1', 'words:v1'],
  );
  assert.equal(String((await there.bentos.get('iris')).tag), 'iris:v1');
  bentoml(stores, 'delete', 'iris:v1', '-y');
  assert.deepEqual(await stores.bentos.list(), []);
});
