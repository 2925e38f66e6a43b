/** Models and bentos go to registries and come back as they were. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ociModel } from 'bentots';
import { pack } from 'tar-stream';
import { digestOf } from '../src/registry/manifest.ts';
import { bento } from './bento.ts';
import { createTestProject } from './project.ts';
import { startRegistry, type TestRegistry } from './registry/registry.ts';
import { createHome, modelYaml, type TestHome } from './store/home.ts';

const noLogin = createHome();
before(() => {
  process.env.DOCKER_CONFIG = noLogin.home;
});

const large = randomBytes(9 * 1024 * 1024);

/** A model with all that a model may have. */
function fill(text: string): (folder: string) => void {
  return (folder) => {
    writeFileSync(join(folder, 'weights.bin'), large);
    writeFileSync(join(folder, 'note.txt'), text);
    writeFileSync(join(folder, 'run.sh'), '#!/bin/sh\n');
    chmodSync(join(folder, 'run.sh'), 0o755);
    mkdirSync(join(folder, 'deep/empty'), { recursive: true });
    symlinkSync('../note.txt', join(folder, 'deep/link'));
  };
}

const bentoYaml = (version: string, models: readonly string[] = []) =>
  `service: service:X\nname: x\nversion: '${version}'\ncreation_time: '2024-05-01T10:00:00.000000+00:00'\nservices:\n- name: X\n  models: ${JSON.stringify(models.map((tag) => ({ tag })))}\n`;

test('a model comes back from a registry as it was, with its newest version pointed to', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  const model = await from.models.create('iris:v1', fill('one'), { labels: { a: 'b' }, module: 'm', checksums: true });
  const place = `${registry.host}/team/iris`;
  const pushed = await from.models.push('iris', place);
  assert.deepEqual([pushed.reference, pushed.isNew], [`${place}:v1`, true]);
  const { item, digest, isNew } = await to.models.pull(`${place}:v1`);
  assert.deepEqual([digest, isNew, String(item.tag)], [pushed.digest, true, 'iris:v1']);
  assert.deepEqual(item.record, model.record);
  assert.deepEqual(to.ls('models'), from.ls('models'));
  for (const name of ['weights.bin', 'note.txt', 'model.yaml', 'deep/link']) {
    assert.deepEqual(readFileSync(item.pathOf(name)), readFileSync(model.pathOf(name)), name);
  }
  if (process.platform !== 'win32') assert.equal(statSync(item.pathOf('run.sh')).mode & 0o111, 0o111);
  assert.deepEqual((await to.models.verify('iris')).problems, []);
  assert.deepEqual(
    to.ls('tmp').filter((name) => name !== 'bentots-blobs'),
    [],
    'nothing is left over',
  );
  assert.deepEqual(from.ls('tmp'), []);
});

test('what is pulled is found by its digest, too, and not fetched twice', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('one'));
  const { digest } = await from.models.push('iris', `${registry.host}/iris:prod`);
  assert.equal((await to.models.pull(`${registry.host}/iris@${digest}`)).isNew, true);
  registry.asked.length = 0;
  assert.equal((await to.models.pull(`${registry.host}/iris:prod`)).isNew, false);
  assert.ok(!registry.asked.some(({ path }) => isLarge(path)));
  assert.equal(
    (await from.models.pull(`${registry.host}/iris:prod`)).isNew,
    false,
    'where it came from it is there, too',
  );
});

const isLarge = (path: string) => path.endsWith(digestOf(large));

test('the next version sends only what is new, and the same again nothing', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from] = both;
  const place = `${registry.host}/iris`;
  await from.models.create('iris:v1', fill('one'));
  assert.ok((await from.models.push('iris:v1', place)).sentBytes > large.length);
  await from.models.create('iris:v2', fill('two'));
  const second = await from.models.push('iris:v2', place);
  assert.ok(second.isNew && second.sentBytes < 10_000, String(second.sentBytes));
  await from.models.create('iris:v3', fill('two'));
  await from.models.push('iris:v3', place);
  const layersOf = (version: string): string[] => {
    const kept = registry.manifests.get(`iris/${version}`) ?? assert.fail();
    return JSON.parse(kept.bytes.toString('utf8')).layers.map(({ digest }: { digest: string }) => digest);
  };
  const own = layersOf('v3').filter((digest) => !layersOf('v2').includes(digest));
  assert.deepEqual([own.length, layersOf('v3').length], [1, 3], 'what says which version it is is a layer of its own');
  registry.takeBytes();
  assert.deepEqual(await from.models.push('iris:v2', place), { ...second, isNew: false, sentBytes: 0 });
  assert.equal(registry.takeBytes(), 0);
});

test('a tag that is taken is not overwritten unless that is asked for', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [one, two] = both;
  await one.models.create('iris:v1', fill('one'));
  await two.models.create('iris:v1', fill('two'));
  const place = `${registry.host}/iris:v1`;
  const { digest } = await one.models.push('iris', place);
  await assert.rejects(two.models.push('iris', place), {
    code: 'REGISTRY_TAG_TAKEN',
    message: `${place} is another model already; choose another tag, or push with --force to replace it`,
  });
  assert.equal((await one.models.push('iris', place)).digest, digest);
  const forced = await two.models.push('iris', place, { force: true });
  assert.notEqual(forced.digest, digest);
});

test('an item that is there is replaced only where that is asked for, and only by a whole one', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('theirs'));
  await to.models.create('iris:v1', fill('mine'));
  const place = `${registry.host}/iris:v1`;
  await from.models.push('iris', place);
  const note = async () => readFileSync((await to.models.get('iris:v1')).pathOf('note.txt'), 'utf8');
  registry.asked.length = 0;
  await assert.rejects(to.models.pull(place), { code: 'STORE_ITEM_EXISTS' });
  assert.ok(!registry.asked.some(({ path }) => isLarge(path)), 'nothing was fetched in vain');
  registry.fault = ({ method, path }) => (method === 'GET' && isLarge(path) ? { status: 403 } : undefined);
  await assert.rejects(to.models.pull(place, { force: true }), { code: 'REGISTRY_DENIED' });
  assert.equal(await note(), 'mine');
  registry.fault = () => undefined;
  assert.equal((await to.models.pull(place, { force: true })).isNew, true);
  assert.equal(await note(), 'theirs');
  assert.deepEqual(to.ls('models'), from.ls('models'));
});

test('a pull that broke off leaves nothing in the store, and goes on where it was', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('one'));
  await from.models.push('iris', `${registry.host}/iris`);
  const given = new AbortController();
  registry.fault = ({ method, path }) => (method === 'GET' && isLarge(path) ? { cutAfter: 4_000_000 } : undefined);
  const onProgress = ({ bytes }: { readonly bytes: number }) => {
    if (bytes > 3_000_000) given.abort(new Error('the user has ended it'));
  };
  await assert.rejects(
    to.models.pull(`${registry.host}/iris:v1`, { signal: given.signal, onProgress }),
    /the user has ended it/,
  );
  assert.deepEqual([to.ls('models'), await to.models.list()], [[], []]);
  registry.fault = () => undefined;
  registry.asked.length = 0;
  await to.models.pull(`${registry.host}/iris:v1`);
  const ranges = registry.asked.filter(({ path }) => isLarge(path)).map(({ range }) => range);
  assert.match(String(ranges), /^bytes=[1-9]\d+-$/);
});

test('several pulls of the same at the same time each end well', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('one'));
  await from.models.create('iris:v2', fill('two'));
  for (const version of ['v1', 'v2']) await from.models.push(`iris:${version}`, `${registry.host}/iris`);
  const pulled = await Promise.all(['v1', 'v2'].map((version) => to.models.pull(`${registry.host}/iris:${version}`)));
  assert.deepEqual(
    pulled.map(({ item }) => String(item.tag)),
    ['iris:v1', 'iris:v2'],
  );
  const model = await to.models.get('iris:v1');
  assert.deepEqual(readFileSync(model.pathOf('weights.bin')), large);
});

test('a push that broke off shows nothing, and the next one sends only the rest', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from] = both;
  await from.models.create('iris:v1', fill('one'));
  registry.fault = ({ method, path }) =>
    method === 'PUT' && path.includes('/manifests/') ? { status: 403 } : undefined;
  await assert.rejects(from.models.push('iris', `${registry.host}/iris`), { code: 'REGISTRY_DENIED' });
  assert.equal(registry.manifests.size, 0);
  assert.deepEqual(from.ls('tmp'), []);
  registry.fault = () => undefined;
  assert.equal((await from.models.push('iris', `${registry.host}/iris`)).sentBytes, 0);
});

test('a bento takes its models along, and what the registry has of them is not sent', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('one'));
  from.write('bentos/x/1/bento.yaml', bentoYaml('1', ['iris:v1']));
  from.write('bentos/x/1/src/service.ts', 'code');
  await from.models.push('iris', `${registry.host}/models/iris`);
  registry.takeBytes();
  // It is in the other repository only.
  registry.fault = ({ method, path }) =>
    method === 'HEAD' && path.includes('/bentos/x/blobs/') ? { status: 404 } : undefined;
  const { reference } = await from.bentos.push('x', `${registry.host}/bentos/x`);
  assert.ok(registry.takeBytes() < 10_000);
  const { item } = await to.bentos.pull(reference);
  assert.deepEqual([String(item.tag), to.ls('bentos')], ['x:1', from.ls('bentos')]);
  assert.deepEqual(readFileSync((await to.models.get('iris:v1')).pathOf('weights.bin')), large);
  registry.fault = () => undefined;
  to.write('bentos/x/2/bento.yaml', bentoYaml('2', ['iris:v1']));
  assert.ok((await to.bentos.push('x:2', `${registry.host}/bentos/x`)).sentBytes < 10_000);
});

test('without a registry a name is one below BENTOML_REGISTRY, and without that nothing is guessed', async (t) => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  await from.models.create('iris:v1', fill('one'));
  await assert.rejects(from.models.push('iris'), {
    code: 'REFERENCE_INVALID',
    message: /"iris:v1" .* it says nothing of where to/,
  });
  process.env.BENTOML_REGISTRY = `${registry.host}/team`;
  t.after(() => {
    delete process.env.BENTOML_REGISTRY;
  });
  assert.equal((await from.models.push('iris')).reference, `${registry.host}/team/iris:v1`);
  assert.equal(String((await to.models.pull('iris:v1')).item.tag), 'iris:v1');
  await assert.rejects(to.models.pull('iris'), {
    message: /"iris" .* it has no version; write .*\/team\/iris:<version>/,
  });
  await assert.rejects(from.models.push('iris', `x/iris@${digestOf(large)}`), /gets its digest by itself; name a tag/);
});

interface Crafted {
  readonly type?: string;
  readonly config?: unknown;
  readonly layers?: readonly {
    readonly bytes: Buffer;
    readonly type: string;
    readonly said?: Record<string, string>;
  }[];
  readonly document?: unknown;
}

const model = 'application/vnd.bentots.model';
const tarType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const fileType = 'application/vnd.bentots.file.v1';
const title = 'org.opencontainers.image.title';
const right = { format: 1, kind: 'model', name: 'iris', version: 'v1', creationTime: 'x', module: '' };

function craft(
  registry: TestRegistry,
  { type = `${model}.config.v1+json`, config = right, layers = [], document }: Crafted,
): string {
  const configBytes = Buffer.from(JSON.stringify(config));
  const describe = (bytes: Buffer, mediaType: string) => ({
    mediaType,
    digest: registry.put(bytes),
    size: bytes.length,
  });
  const manifest = document ?? {
    schemaVersion: 2,
    config: describe(configBytes, type),
    layers: layers.map(({ bytes, type: layerType, said }) => ({ ...describe(bytes, layerType), annotations: said })),
  };
  registry.manifests.set('evil/v1', {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    bytes: Buffer.from(JSON.stringify(manifest)),
  });
  return `${registry.host}/evil:v1`;
}

async function tar(
  ...entries: readonly (Parameters<ReturnType<typeof pack>['entry']>[0] & { readonly text?: string })[]
) {
  const packer = pack();
  for (const { text, ...header } of entries) packer.entry(header, text ?? '');
  packer.finalize();
  return gzipSync(Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>)));
}

const marker = async (version = 'v1') => ({
  type: tarType,
  bytes: await tar({ name: 'model.yaml', text: modelYaml('iris', version) }),
});
const file = (path: string) => ({ type: fileType, bytes: Buffer.from('x'), said: { [title]: path } });

for (const [what, crafted, problem] of [
  [
    'an OCI image of several platforms',
    () => ({ document: { schemaVersion: 2, manifests: [] } }),
    /it is an OCI image of several platforms, and no model/,
  ],
  [
    'an OCI image',
    () => ({ type: 'application/vnd.oci.image.config.v1+json' }),
    /it is no model, but "application\/vnd.oci.image.config.v1\+json"/,
  ],
  [
    'a bento',
    () => ({ type: 'application/vnd.bentots.bento.config.v1+json' }),
    /it is a bento, which bento pull takes/,
  ],
  ['no manifest', () => ({ document: [] }), /a manifest that is no JSON object/],
  ['an old manifest', () => ({ document: { schemaVersion: 1 } }), /a manifest of a version that is not read here/],
  [
    'a manifest without end',
    () => ({ document: { schemaVersion: 2, config: {}, layers: [] } }),
    /an entry that lacks its type/,
  ],
  [
    'a form of the future',
    () => ({ config: { ...right, format: 2 } }),
    /in a form \(2\) that this version does not read/,
  ],
  [
    'a configuration of something else',
    () => ({ config: { ...right, kind: 'bento' } }),
    /its configuration does not say what it is/,
  ],
  ['a tag that leads out', () => ({ config: { ...right, name: '../x' } }), /its configuration cannot be read/],
  ['no marker', () => ({ layers: [file('a')] }), /it has no model.yaml/],
  [
    'the marker of another one',
    async () => ({ layers: [await marker('v2')] }),
    /it says that it is iris:v1, but its files are those of iris:v2/,
  ],
  [
    'a layer of a strange type',
    () => ({ layers: [{ type: 'x/y', bytes: Buffer.from('') }] }),
    /a layer of the type "x\/y", which is not read here/,
  ],
  [
    'a file that leads up',
    async () => ({ layers: [await marker(), file('../evil')] }),
    /"..\/evil" is refused: its path leads up/,
  ],
  ['a file at the root', async () => ({ layers: [await marker(), file('/etc/evil')] }), /its path is absolute/],
  ['a file twice', async () => ({ layers: [await marker(), file('a'), file('a')] }), /it is there twice/],
  ['a file over the marker', async () => ({ layers: [await marker(), file('model.yaml')] }), /it is there twice/],
  [
    'a link that leads out',
    async () => ({
      layers: [
        await marker(),
        { type: tarType, bytes: await tar({ name: 'l', type: 'symlink', linkname: '../../x' }) },
      ],
    }),
    /leads out/,
  ],
  [
    'a file through a link',
    async () => ({
      layers: [
        { type: tarType, bytes: await tar({ name: 'l', type: 'symlink', linkname: '.' }) },
        file('l/x'),
        await marker(),
      ],
    }),
    /goes through or over the link/,
  ],
  [
    'a folder that leads out',
    async () => ({ layers: [{ ...(await marker()), said: { 'org.bentots.folder': '../..' } }] }),
    /its path leads up/,
  ],
  [
    'a layer that is no archive',
    () => ({ layers: [{ type: tarType, bytes: Buffer.from('nothing') }] }),
    /it is no archive/,
  ],
] as const satisfies readonly (readonly [string, () => Crafted | Promise<Crafted>, RegExp])[]) {
  test(`${what} is refused, and leaves nothing`, async () => {
    await using registry = await startRegistry();
    using both = homes();
    const [to] = both;
    const place = craft(registry, await crafted());
    await assert.rejects(to.models.pull(place), (error: Error & { code?: string }) => {
      assert.match(error.message, problem);
      assert.equal(error.code, 'ARCHIVE_INVALID');
      return true;
    });
    assert.deepEqual(to.ls('models'), []);
  });
}

test('on the command line a bento and a model go and come, and exit codes say how it went', async () => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  const run = async ({ home }: TestHome, ...args: string[]) => {
    await using running = bento(args, { cwd: home, env: { BENTOML_HOME: home } });
    return await running.finished;
  };
  await from.models.create('iris:v1', fill('one'));
  from.write('bentos/x/1/bento.yaml', bentoYaml('1'));
  const place = `${registry.host}/team`;
  const model = await run(from, 'models', 'push', 'iris', `${place}/iris`);
  assert.equal(model.stderr, '');
  assert.match(
    model.stdout,
    new RegExp(`^pushed model iris:v1 to ${place}/iris:v1 \\(\\d.*iB sent\\)\nsha256:[0-9a-f]{64}\n$`),
  );
  assert.match((await run(from, 'models', 'push', 'iris', `${place}/iris`)).stdout, / is at .* already\n/);
  const pushed = await run(from, 'push', 'x', `${place}/x`, '-o', 'json');
  const { reference, isNew } = JSON.parse(pushed.stdout);
  assert.deepEqual([reference, isNew], [`${place}/x:1`, true]);
  assert.equal((await run(to, 'pull', reference)).stdout, 'pulled bento x:1\n');
  assert.equal((await run(to, 'pull', reference)).stdout, 'bento x:1 is here already\n');
  assert.equal((await run(to, 'models', 'pull', `${place}/iris:v1`)).stdout, 'pulled model iris:v1\n');
  const missing = await run(to, 'pull', `${place}/y:1`);
  assert.deepEqual([missing.end, missing.stdout], [1, '']);
  assert.match(missing.stderr, /there is no team\/y:1 at /);
});

test('a project is built and pushed in one go, below BENTOML_REGISTRY', async () => {
  await using registry = await startRegistry();
  using project = createTestProject();
  const env = { BENTOML_HOME: project.stores.home, BENTOML_REGISTRY: `${registry.host}/team` };
  await using running = bento(['build', project.folder, '--version', 'v1', '--push'], { env });
  const { end, stdout, stderr } = await running.finished;
  assert.equal(end, 0, stderr);
  assert.match(
    stdout,
    /^built hello:v1 in .*\npushed bento hello:v1 to 127.*\/team\/hello:v1 \(.* sent\)\nsha256:\w+\n$/s,
  );
  assert.ok(registry.manifests.has('team/hello/v1'));
});

function homes(): [TestHome, TestHome] & Disposable {
  const both: [TestHome, TestHome] = [createHome(), createHome()];
  return Object.assign(both, {
    [Symbol.dispose]() {
      for (const one of both) one[Symbol.dispose]();
    },
  });
}

test('what a digest or a tag meant is another model no longer, once that has its place in the store', async (t) => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  t.after(useHome(to));
  const place = `${registry.host}/team/iris`;
  await from.models.create('iris:v1', fill('theirs'));
  const { digest } = await from.models.push('iris:v1', `${place}:prod`);
  const fields = [ociModel(`${place}@${digest}`), ociModel(`${place}:prod`)];
  for (const field of fields) await field.resolve({ folder: to.home });
  await to.models.delete('iris:v1');
  await to.models.create('iris:v1', fill('mine'));
  for (const field of fields) {
    assert.equal(field.find({ folder: to.home }), undefined);
    await assert.rejects(field.resolve({ folder: to.home }), { code: 'STORE_ITEM_EXISTS' });
  }
  await to.models.delete('iris:v1');
  const [exact] = fields;
  const model = await exact?.resolve({ folder: to.home });
  assert.equal(readFileSync(model?.pathOf('note.txt') ?? '', 'utf8'), 'theirs');
  // Those who noted less did not know which one it was.
  for (const name of to.ls('registries')) {
    const { creationTime, ...less } = JSON.parse(readFileSync(join(to.home, 'registries', name), 'utf8'));
    assert.equal(typeof creationTime, 'string');
    to.write(`registries/${name}`, JSON.stringify(less));
  }
  assert.equal(exact?.find({ folder: to.home }), undefined);
  assert.equal(String((await exact?.resolve({ folder: to.home }))?.tag), 'iris:v1');
});

test('a field gets a model of a registry, and what its tag meant last while the registry is away', async (t) => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  t.after(useHome(to));
  const place = `${registry.host}/team/iris:prod`;
  const field = ociModel(place);
  await from.models.create('iris:v1', fill('one'));
  await from.models.push('iris:v1', place);
  assert.equal(field.find({ folder: to.home }), undefined);
  assert.equal(String((await field.resolve({ folder: to.home })).tag), 'iris:v1');
  assert.equal(String(field.find({ folder: to.home })?.tag), 'iris:v1');
  const pinned = (await field.pin?.({ folder: to.home })) ?? assert.fail();
  assert.match(String(pinned.reference), /\/team\/iris:prod@sha256:[0-9a-f]{64}$/);
  await from.models.create('iris:v2', fill('two'));
  await from.models.push('iris:v2', place, { force: true });
  assert.equal(String((await field.resolve({ folder: to.home })).tag), 'iris:v2');
  registry.fault = () => ({ status: 400 });
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  assert.equal(String((await field.resolve({ folder: to.home, onWarning })).tag), 'iris:v2');
  assert.match(String(warnings), /it answered 400 .*; iris:v2 is served as it was, which is here/);
  assert.equal(String((await field.fromInfo(pinned).resolve({ folder: to.home })).tag), 'iris:v1', 'a pin asks nobody');
});

test('a model of the same tag that is another one is not taken for the one of the registry', async (t) => {
  await using registry = await startRegistry();
  using both = homes();
  const [from, to] = both;
  t.after(useHome(to));
  await from.models.create('iris:v1', fill('theirs'));
  await from.models.push('iris:v1', `${registry.host}/iris`);
  const pinned = (await pinIn(from, `${registry.host}/iris:v1`)) ?? assert.fail();
  await to.models.create('iris:v1', fill('mine'));
  const field = ociModel(`${registry.host}/iris:v1`);
  for (const one of [field, field.fromInfo(pinned)]) {
    assert.equal(one.find({ folder: to.home }), undefined);
    await assert.rejects(one.resolve({ folder: to.home }), { code: 'STORE_ITEM_EXISTS' });
  }
});

/** The pin that a build in another home makes. */
async function pinIn(stores: TestHome, place: string) {
  const back = useHome(stores);
  try {
    return await ociModel(place).pin?.({ folder: stores.home });
  } finally {
    back();
  }
}

/** The home of the process, until the function that is given is called. */
function useHome({ home }: TestHome): () => void {
  const before = process.env.BENTOML_HOME;
  process.env.BENTOML_HOME = home;
  return () => {
    if (before === undefined) delete process.env.BENTOML_HOME;
    else process.env.BENTOML_HOME = before;
  };
}
