/** OCI images that are made with no builder on the machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Image } from 'bentots';
import { type BuildOptions, build as buildBento } from 'bentots/build';
import { build, type ContainerizeOptions } from 'bentots/container';
import { extract, type Header, pack } from 'tar-stream';
import { digestOf } from '../src/registry/manifest.ts';
import { nameOwnFolder } from '../src/store/leftover.ts';
import { createFakeBuilders } from './fake-builder.ts';
import { createTestProject, plainHello, type TestProject } from './project.ts';
import { putBase } from './registry/base-image.ts';
import { startRegistry, type TestRegistry } from './registry/registry.ts';

let project: TestProject;
let registry: TestRegistry;
let base: string;
before(async () => {
  registry = await startRegistry();
  base = await putBase(registry, { architecture: 'amd64' }, { architecture: 'arm64' });
  project = createTestProject();
  process.env.DOCKER_CONFIG = project.stores.home;
  process.env.BENTOML_HOME = project.stores.home; // where bases are kept
  mkdirSync(join(project.folder, 'weights'));
  writeFileSync(join(project.folder, 'weights/w.bin'), 'weights');
  await make('v1');
});
after(async () => {
  project[Symbol.dispose]();
  await registry[Symbol.asyncDispose]();
});

function make(version: string, options: Partial<BuildOptions> = {}) {
  const { folder, stores } = project;
  return buildBento({ service: folder, home: stores.home, version, onWarning: () => {}, ...options });
}

/** With our own builder, from the base of the tests. */
function run(bento: string, { options = {}, ...more }: ContainerizeOptions = {}) {
  const { home } = project.stores;
  return build(bento, {
    home,
    backend: 'native',
    options: { base, ...options },
    onOutput: () => {},
    onWarning: () => {},
    ...more,
  });
}

const output = (name: string) => join(project.stores.home, name);

interface Blob {
  readonly headers: readonly Header[];
  readonly texts: ReadonlyMap<string, Buffer>;
}

async function readTar(bytes: Buffer): Promise<Blob> {
  const headers: Header[] = [];
  const texts = new Map<string, Buffer>();
  const reading = extract();
  reading.end(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  for await (const entry of reading) {
    headers.push(entry.header);
    texts.set(entry.header.name, Buffer.concat(await Array.fromAsync(entry as AsyncIterable<Buffer>)));
  }
  return { headers, texts };
}

interface Parts {
  readonly config: {
    readonly [key: string]: unknown;
    readonly config: { readonly [key: string]: unknown };
    readonly rootfs: { readonly diff_ids: readonly string[] };
  };
  readonly layers: readonly Blob[];
  readonly manifest: { readonly layers: readonly { readonly digest: string; readonly size: number }[] };
}

/** Reads the only image of a layout. */
async function readLayout(folder: string): Promise<Parts> {
  const blob = (digest: string) => readFileSync(join(folder, 'blobs', ...digest.split(':')));
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
  const manifest = JSON.parse(blob(index.manifests[0].digest).toString('utf8'));
  const layers = await Promise.all(manifest.layers.map(({ digest }: { digest: string }) => readTar(blob(digest))));
  return { config: JSON.parse(blob(manifest.config.digest).toString('utf8')), layers: layers as Blob[], manifest };
}

test('an OCI image has the base, the runtime, the packages and the code, each of the right owner, and what a container needs', async () => {
  await run('hello:v1', { options: { output: output('one') } });
  const { config, layers } = await readLayout(output('one'));
  const { User, Entrypoint, Env, WorkingDir, StopSignal, ExposedPorts, Healthcheck } = config.config;
  assert.deepEqual([User, WorkingDir, StopSignal], ['1034:1034', '/home/bentoml/bento', 'SIGTERM']);
  assert.deepEqual([Entrypoint, ExposedPorts], [['/opt/bentots/entrypoint.sh'], { '3000/tcp': {} }]);
  assert.ok(
    (Env as string[]).includes('PATH=/usr/local/bin:/usr/bin:/bin') &&
      (Env as string[]).includes('BENTOML_HOST=0.0.0.0'),
  );
  assert.equal((Healthcheck as { Retries: number }).Retries, 3);
  const [, runtime, code] = layers;
  assert.equal(
    runtime?.texts.get('etc/passwd')?.toString(),
    'root:x:0:0::/root:/bin/sh\nbentoml:x:1034:1034::/home/bentoml:/bin/sh\n',
  );
  const link = runtime?.headers.find(({ name }) => name === 'usr/local/bin/bento');
  assert.deepEqual([link?.type, link?.linkname], ['symlink', '/opt/bentots/bin/bento.js']);
  assert.match(String(code?.texts.get('home/bentoml/bento/bento.yaml')), /name: hello/);
  assert.ok(code?.headers.every(({ uid, mtime }) => uid === 1034 && mtime?.getTime() === 0));
  const names = layers.flatMap(({ headers }) => headers.map(({ name }) => name));
  assert.ok(
    names.includes('opt/bentots/dist/cli/main.js') && names.includes('opt/bentots/node_modules/fastify/package.json'),
  );
  const compilers = names.filter((name) => /node_modules\/(?:@esbuild|esbuild|typescript|tsx)\//.test(name));
  assert.deepEqual(compilers, []);
  assert.deepEqual(
    config.rootfs.diff_ids.slice(1),
    (await diffIds(output('one'))).slice(1),
    'the configuration says what is in the layers',
  );
});

async function diffIds(folder: string): Promise<string[]> {
  const { manifest } = await readLayout(folder);
  return manifest.layers.map(({ digest }) => {
    const bytes = readFileSync(join(folder, 'blobs', ...digest.split(':')));
    return digestOf(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
  });
}

test('the same bento gives the same OCI image, whenever and under whatever name', async () => {
  const results = [];
  for (const name of ['same-1', 'same-2'])
    results.push(await run('hello:v1', { references: [`x/${name}`], options: { output: output(name) } }));
  assert.equal(results[0]?.digest, results[1]?.digest);
  assert.deepEqual(await diffIds(output('same-1')), await diffIds(output('same-2')));
});

test('without a place an archive is made beside, which docker reads in its own way, too; what is there stays', async () => {
  const place = output('hello.tar');
  await run('hello:v1', { references: ['team/hello:1'], options: { output: place } });
  const { texts } = await readTar(readFileSync(place));
  const [row] = JSON.parse(String(texts.get('manifest.json')));
  assert.deepEqual(row.RepoTags, ['team/hello:1']);
  for (const path of [row.Config, ...row.Layers, 'index.json', 'oci-layout']) assert.ok(texts.has(path), path);
  const taken = { code: 'IMAGE_FAILED', message: /there is .*hello\.tar already; name another place, or remove it/ };
  await assert.rejects(run('hello:v1', { options: { output: place } }), taken);
  await assert.rejects(
    run('hello:v1', { options: { output: output('none/x') } }),
    /there is no folder .*none; make it first/,
  );
  assert.ok(!readdirSync(project.stores.home).some((name) => name.startsWith('.bentots')));
});

test('each step is a line with what came of it, and what is fetched and sent is told on the way', async () => {
  const { home } = project.stores;
  rmSync(join(home, 'oci'), { recursive: true, force: true });
  await using other = await startRegistry();
  const from = await putBase(other);
  const reference = `${other.host}/team/steps:1`;
  const tell = async () => {
    let said = '';
    const seen = new Map<string, readonly number[]>();
    await run('hello:v1', {
      references: [reference],
      push: true,
      options: { base: from },
      onOutput: (text) => {
        said += text;
      },
      onProgress: ({ what, bytes, totalBytes, detail }) => {
        assert.match(detail, /^\d+ of \d+ parts$/);
        seen.set(what, [bytes, totalBytes]);
      },
    });
    return {
      lines: said
        .replaceAll(other.host, 'registry')
        .replace(/\d+\.\d+/g, '#')
        .split('\n'),
      seen,
    };
  };
  const first = await tell();
  const place = 'registry/base/node:24';
  const expected = [
    'layer code: # KiB in # s',
    `looking for the base ${place} for linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
    `base ${place}: fetched, 2 parts, # B, in # s`,
    'layer bentots: # MiB in # s',
    'pushing to registry/team/steps:1',
  ];
  assert.deepEqual(first.lines.slice(0, 5), expected);
  assert.match(String(first.lines[5]), /^pushed .*: \d+ of \d+ parts sent, # .iB, in # s$/);
  assert.deepEqual([...first.seen.keys()], [from, reference]);
  for (const [bytes, totalBytes] of first.seen.values()) assert.ok(bytes === totalBytes && Number(bytes) > 0);
  const { lines } = await tell();
  assert.deepEqual(lines.slice(2, 4), [`base ${place}: was here`, 'layer bentots: # MiB kept from before']);
  assert.match(String(lines[5]), /: 0 of \d+ parts sent, # B, in # s$/);
});

test('what a process left that was killed while it wrote an image goes with the next one, and what another writes stays', async () => {
  const { home } = project.stores;
  // As nameOwnFolder() names them: the process has ended, and the other one is this.
  const own = nameOwnFolder('.bentots');
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const left = own.replace(`_${process.pid}_`, `_${pid}_`);
  for (const name of [own, left]) {
    mkdirSync(join(home, name));
    writeFileSync(join(home, name, 'image'), 'half of it');
  }
  await run('hello:v1', { options: { output: output('after-kill.tar') } });
  assert.deepEqual(
    [left, own].map((name) => existsSync(join(home, name))),
    [false, true],
  );
  rmSync(join(home, own), { recursive: true });
});

test('models are listed by the names of where they come from', async () => {
  const { home } = project.stores;
  const commit = '0123456789'.repeat(4);
  await make('models');
  const folder = join(home, 'bentos/hello/models');
  for (const path of [`models--org--tiny--v2/snapshots/${commit}`, 'models--gpt2/refs', 'iris/v1']) {
    mkdirSync(join(folder, 'models', path), { recursive: true });
    writeFileSync(join(folder, 'models', path, 'w'), 'w');
  }
  await using other = await startRegistry();
  const { digest } = await run('hello:models', { references: [`${other.host}/team/models:1`], push: true });
  const [sbom] = [...other.manifests.values()]
    .map(({ bytes }) => JSON.parse(bytes.toString('utf8')))
    .filter(({ subject }) => subject?.digest === digest)
    .map(({ layers }) => JSON.parse(String(other.blobs.get(layers[0].digest))));
  const models = sbom.components.filter(({ type }: { type: string }) => type === 'machine-learning-model');
  assert.deepEqual(
    models.map(({ name, version }: { name: string; version?: string }) => [name, version]),
    [
      ['gpt2', undefined],
      ['iris', 'v1'],
      ['org/tiny--v2', commit],
    ],
  );
});

test('an image is pushed with its list of contents, and after a change of the code only that is sent', async () => {
  const place = `${registry.host}/team/hello`;
  registry.takeBytes();
  const first = await run('hello:v1', { references: [`${place}:v1`], push: true });
  assert.ok(registry.takeBytes() > 500_000);
  assert.ok(registry.manifests.has(`team/hello/${first.digest}`) && registry.manifests.has('team/hello/v1'));
  const attached = [...registry.manifests.values()]
    .map(({ bytes }) => JSON.parse(bytes.toString('utf8')))
    .filter(({ subject }) => subject?.digest === first.digest);
  assert.deepEqual(
    attached.map(({ artifactType }) => artifactType),
    ['application/vnd.cyclonedx+json'],
  );
  const sbom = JSON.parse(String(registry.blobs.get(attached[0].layers[0].digest)));
  const names = sbom.components.map(({ name }: { name: string }) => name);
  assert.ok(
    sbom.bomFormat === 'CycloneDX' && names.includes('fastify') && names.includes('bentots') && names.includes(base),
    String(names),
  );
  project.write('service.js', plainHello.replace('Hello, ', 'Good day, '));
  await make('v2');
  registry.takeBytes();
  await run('hello:v2', { references: [`${place}:v2`], push: true });
  const sent = registry.takeBytes();
  assert.ok(sent < 100_000, String(sent));
});

test('one image for several platforms is an index of them', async () => {
  const platforms = ['linux/amd64', 'linux/arm64'];
  const { digest } = await run('hello:v1', { references: [`${registry.host}/team/many:1`], push: true, platforms });
  const kept = registry.manifests.get(`team/many/${digest}`) ?? assert.fail();
  const { manifests } = JSON.parse(kept.bytes.toString('utf8'));
  assert.deepEqual(
    manifests.map(({ platform }: { platform: object }) => platform),
    [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64' },
    ],
  );
  for (const one of manifests) assert.ok(registry.manifests.has(`team/many/${one.digest}`));
});

test('a base may come from a layout or an archive, and is held to its digests', async () => {
  if (!existsSync(output('one'))) await run('hello:v1', { options: { output: output('one') } });
  await run('hello:v1', { options: { output: output('archive.tar') } });
  const tag = 'v1';
  for (const from of [
    `oci:${output('one')}`,
    `oci:${output('one')}:${tag}`,
    `oci-archive:${output('archive.tar')}`,
    `docker-archive:${output('archive.tar')}`,
  ]) {
    const to = output(`on-${createHash('sha256').update(from).digest('hex').slice(0, 8)}`);
    await run('hello:v1', { options: { base: from, output: to } });
    assert.equal((await readLayout(to)).layers.length, 5);
  }
  await assert.rejects(
    run('hello:v1', { options: { base: `oci:${output('one')}:other` } }),
    /has nothing that is called other/,
  );
  await assert.rejects(
    run('hello:v1', { options: { base: `oci:${output('none')}` } }),
    /is no OCI layout: it has no index\.json/,
  );
  const { manifest } = await readLayout(output('one'));
  writeFileSync(join(output('one'), 'blobs', ...String(manifest.layers[0]?.digest).split(':')), 'other');
  await assert.rejects(
    run('hello:v1', { options: { base: `oci:${output('one')}` } }),
    /lacks the layer sha256:[0-9a-f]+, or has another one/,
  );
});

test('several images are made at once of a base that nobody had, and of one whose files were cut', async () => {
  await run('hello:v1', { options: { output: output('at-once-0') } }); // the layer of bentots, once for all
  const blobs = join(project.stores.home, 'oci/blobs');
  const kept = () => readdirSync(blobs).map((name) => join(blobs, name));
  const sizesOf = () => kept().map((file) => statSync(file).size);
  const whole = sizesOf();
  const make = async (name: string) => (await run('hello:v1', { options: { output: output(name) } })).digest;
  rmSync(blobs, { recursive: true });
  const digests = await Promise.all(['at-once-1', 'at-once-2'].map(make));
  for (const file of kept()) truncateSync(file, statSync(file).size - 1);
  digests.push(await make('of-cut'));
  assert.equal(new Set(digests).size, 1);
  assert.ok(
    sizesOf().every((size) => whole.includes(size)),
    'they are whole again',
  );
  assert.ok(kept().length <= whole.length, 'and nothing is beside them');
  assert.ok((await diffIds(output('of-cut'))).length > 0);
});

/** A base as `docker save` writes it, of plain layers. */
async function saveBase(name: string, layers: readonly Buffer[], config: object = {}): Promise<string> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) };
  const packer = pack();
  const own = { os: 'linux', architecture, config: { Env: ['PATH=/usr/local/bin'] }, rootfs, ...config };
  packer.entry({ name: 'config.json' }, JSON.stringify(own));
  for (const [index, layer] of layers.entries()) packer.entry({ name: `${index}/layer.tar` }, layer);
  const Layers = layers.map((_, index) => `${index}/layer.tar`);
  packer.entry({ name: 'manifest.json' }, JSON.stringify([{ Config: 'config.json', RepoTags: [], Layers }]));
  packer.finalize();
  writeFileSync(output(`${name}.tar`), Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>)));
  return `docker-archive:${output(`${name}.tar`)}`;
}

async function packNode(): Promise<Buffer> {
  const packer = pack();
  packer.entry({ name: 'usr/local/bin/node' }, 'node');
  packer.finalize();
  return Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>));
}

test('a layer of a base may be empty, and one that is no archive is named', async () => {
  const node = await packNode();
  const from = await saveBase('with-empty', [node, Buffer.alloc(1024)]); // as a WORKDIR that is there already gives it
  await run('hello:v1', { options: { base: from, output: output('on-empty') } });
  assert.equal((await readLayout(output('on-empty'))).layers.length, 4);
  const broken = await saveBase('with-broken', [node, Buffer.from('no archive at all')]);
  await assert.rejects(run('hello:v1', { options: { base: broken, output: output('on-broken') } }), {
    code: 'IMAGE_FAILED',
    message:
      /its base docker-archive:.*with-broken\.tar has the layer sha256:\w+, which cannot be read \(it is no archive/,
  });
});

test('a base whose configuration is not as the specification has it is refused, and what it may leave out is not missed', async () => {
  const node = await packNode();
  for (const [name, config] of Object.entries({
    number: { config: { Env: 5 } },
    nothing: { config: { Env: [null] } },
    bare: { config: { Env: ['PATH'] } },
    history: { history: {} },
    steps: { history: [null] },
    ports: { config: { ExposedPorts: 'abc' } },
    labels: { config: { Labels: ['a'] } },
    texts: { config: 'abc' },
    digests: { rootfs: { type: 'layers', diff_ids: [7] } },
    variant: { variant: 8 },
  })) {
    const from = await saveBase(`bad-${name}`, [node], config);
    await assert.rejects(run('hello:v1', { options: { base: from, output: output(`on-bad-${name}`) } }), {
      code: 'IMAGE_FAILED',
      message: /its base docker-archive:.* is no OCI image: its configuration has .*, which must be/,
    });
  }
  const empty = { config: { Env: null, ExposedPorts: null, Labels: null }, history: null };
  const from = await saveBase('leaves-out', [node], empty);
  await run('hello:v1', { options: { base: from, output: output('on-leaves-out') } });
  const { config } = await readLayout(output('on-leaves-out'));
  assert.deepEqual(config.config.ExposedPorts, { '3000/tcp': {} });
});

test('what must run inside is refused, and another builder named', async () => {
  await make('runs', { image: new Image().systemPackages('ffmpeg').run('true') });
  await assert.rejects(run('hello:runs'), {
    code: 'IMAGE_FAILED',
    message:
      /its image has systemPackages and run, for which .* the native builder runs nothing; name another one, such as --backend docker/,
  });
  if (process.platform === 'win32') return; // where a script is no program
  using others = createFakeBuilders(['docker'], { 'docker version': 'dead', 'docker buildx': 'dead' });
  const unnamed = { home: project.stores.home, environment: others.environment, onWarning: () => {} };
  await assert.rejects(build('hello:runs', unnamed), {
    code: 'IMAGE_FAILED',
    message:
      /runs nothing; no other one can build: docker: .*start its daemon.*; podman: the program podman is not on the PATH/,
  });
});

test('a base that does not fit is refused with what it is', async () => {
  const { host } = registry;
  const noNode = await (async () => {
    await using other = await startRegistry();
    const reference = await putBase(other, { files: { 'etc/passwd': '' } });
    return await run('hello:v1', { options: { base: reference } }).catch((error: Error) => error.message);
  })();
  assert.match(String(noNode), /has no Node; take one that brings it/);
  await assert.rejects(
    run('hello:v1', { platforms: ['linux/s390x'] }),
    /is not there for linux\/s390x, but for linux\/amd64, linux\/arm64/,
  );
  const single =
    [...registry.manifests].find(([, { bytes }]) => bytes.includes('rootfs') || bytes.includes('image.config')) ??
    assert.fail();
  const digest = digestOf(single[1].bytes);
  const other = registry.blobs.get(JSON.parse(String(single[1].bytes)).config.digest)?.includes('arm64')
    ? 'amd64'
    : 'arm64';
  await assert.rejects(
    run('hello:v1', { platforms: [`linux/${other}`], options: { base: `${host}/base/node@${digest}` } }),
    /is for linux\/a\w+64, and not for linux\/a\w+64; name one that is, or the platform/,
  );
  await assert.rejects(run('hello:v1', { options: { base: `${host}/base/none:1` } }), {
    code: 'REGISTRY_ITEM_MISSING',
  });
  await assert.rejects(run('hello:v1', { options: { squash: true } }), {
    code: 'OPTION_INVALID',
    message: /--opt is "squash", but must be one of base, output/,
  });
});

/** A package as npm fetches it. */
async function startPackages(): Promise<AsyncDisposable & { readonly url: string; readonly integrity: string }> {
  const packer = pack();
  packer.entry({ name: 'package/package.json' }, '{"name":"dep","version":"1.0.0"}');
  packer.entry({ name: 'package/index.js' }, 'module.exports = 1;');
  packer.finalize();
  const tarball = gzipSync(Buffer.concat(await Array.fromAsync(packer as AsyncIterable<Buffer>)));
  const server = createServer((_request, response) => void response.end(tarball)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dep-1.0.0.tgz`,
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('locked packages are a layer, made once, and those with scripts are not installed for other machines', async () => {
  const locking = createTestProject();
  after(() => locking[Symbol.dispose]());
  const { home } = locking.stores;
  const lock = (script: boolean, url: string, integrity: string) => {
    const dependencies = { dep: '1.0.0' };
    const own = { name: 'project', version: '1.0.0', dependencies };
    const dep = { version: '1.0.0', resolved: url, integrity, ...(script ? { hasInstallScript: true } : {}) };
    locking.write('package.json', JSON.stringify({ ...own, type: 'module' }));
    locking.write(
      'package-lock.json',
      JSON.stringify({ ...own, lockfileVersion: 3, requires: true, packages: { '': own, 'node_modules/dep': dep } }),
    );
  };
  const bundle = (version: string) => buildBento({ service: locking.folder, home, version, onWarning: () => {} });
  const place = (name: string) => ({ home, options: { output: output(name) } });
  {
    await using packages = await startPackages();
    lock(false, packages.url, packages.integrity);
    await bundle('v1');
    await run('hello:v1', place('with-packages'));
    lock(true, packages.url, packages.integrity);
    await bundle('scripts');
  }
  const { layers } = await readLayout(output('with-packages'));
  const paths = layers[2]?.headers.map(({ name }) => name) ?? [];
  assert.ok(paths.includes('home/bentoml/bento/env/node/node_modules/dep/index.js'), String(paths));
  let said = '';
  const onOutput = (text: string) => {
    said += text;
  };
  await run('hello:v1', { ...place('again'), onOutput });
  assert.doesNotMatch(said, /installing/);
  assert.deepEqual(await diffIds(output('again')), await diffIds(output('with-packages')));
  const foreign = process.arch === 'arm64' ? 'linux/amd64' : 'linux/arm64';
  await assert.rejects(
    run('hello:scripts', { home, platforms: [foreign] }),
    /dep must run a script when installed for linux\/a\w+64 .*name a builder that can/,
  );
});

test('npm gets our environment, with what is given for the build over it', {
  skip: process.platform === 'win32', // where a script is no program
}, async (t) => {
  const dependencies = { dep: '1.0.0' };
  const own = { name: 'project', version: '1.0.0', dependencies };
  using locking = createTestProject({
    'package.json': JSON.stringify({ ...own, type: 'module' }),
    'package-lock.json': JSON.stringify({
      ...own,
      lockfileVersion: 3,
      packages: { '': own, 'node_modules/dep': { version: '1.0.0', resolved: 'http://127.0.0.1:9/dep-1.0.0.tgz' } },
    }),
  });
  const { home } = locking.stores;
  const envs = [{ name: 'TOKEN', value: 'kept', stage: 'build' }] as const;
  await buildBento({ service: locking.folder, home, version: 'v1', onWarning: () => {}, envs });
  const bin = join(locking.folder, 'bin');
  mkdirSync(bin);
  writeFileSync(
    join(bin, 'npm'),
    '#!/bin/sh\necho "it has $NPM_TEST_OURS $NPM_TEST_GIVEN $HOME $NODE_ENV $TOKEN"\nexit 1\n',
  );
  chmodSync(join(bin, 'npm'), 0o755);
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  Object.assign(process.env, { NPM_TEST_OURS: 'ours', NPM_TEST_GIVEN: 'ours', HOME: home, NODE_ENV: 'test' });
  process.env.PATH = [bin, process.env.PATH].join(delimiter);
  await assert.rejects(
    run('hello:v1', { home, environment: { NPM_TEST_GIVEN: 'given' }, options: { output: output('own-npm') } }),
    {
      code: 'IMAGE_FAILED',
      message: `cannot make an OCI image of hello:v1: npm ci ended with exit code 1: it has ours given ${home} production …`,
    },
  );
});

interface ManagerCall {
  readonly program: string;
  readonly words: readonly string[];
  readonly settings: string;
}

/** Programs that put the same packages there, and write down how they were called. */
function createManagers(versions: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-managers-'));
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  for (const [program, version] of Object.entries(versions)) {
    const source = `#!${process.execPath}
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const words = process.argv.slice(2);
if (words[0] === '--version') return console.log(${JSON.stringify(version)});
const settings = ['pnpm-workspace.yaml', '.yarnrc.yml'].filter((name) => existsSync(name)).map((name) => readFileSync(name, 'utf8')).join();
appendFileSync(${JSON.stringify(log)}, JSON.stringify({ program: ${JSON.stringify(program)}, words, settings }) + '\\n');
const put = (path, text) => {
  mkdirSync('node_modules/' + path.split('/').slice(0, -1).join('/'), { recursive: true });
  writeFileSync('node_modules/' + path, text);
};
const scripts = { install: 'make' };
put('dep/package.json', JSON.stringify({ name: 'dep', version: '1.2.3' }));
put('dep/index.js', '');
put('dep/node_modules/deep/package.json', JSON.stringify({ name: 'deep', version: '2.0.0' }));
put('@own/x64/package.json', JSON.stringify({ name: '@own/x64', version: '1.0.0', cpu: ['x64'], scripts }));
put('@own/arm64/package.json', JSON.stringify({ name: '@own/arm64', version: '1.0.0', cpu: ['arm64'] }));
put('built/package.json', JSON.stringify({ name: 'built', version: '1.0.0', scripts: process.env.RUNS ? scripts : {} }));
for (const note of ['.modules.yaml', '.pnpm/lock.yaml', '.yarn-integrity', '.yarn-state.yml']) put(note, String(Date.now()));
`;
    writeFileSync(join(folder, program), source, { mode: 0o755 });
  }
  after(() => rmSync(folder, { recursive: true }));
  return {
    environment: { PATH: [folder, join(process.execPath, '..')].join(delimiter) },
    takeCalls() {
      const calls = readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      writeFileSync(log, '');
      return calls.map((line) => JSON.parse(line) as ManagerCall);
    },
  };
}

const pnpmLock = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      dep: { specifier: 1.2.3, version: 1.2.3 }
`;
const yarnLock = '# yarn lockfile v1\n\ndep@1.2.3:\n  version "1.2.3"\n';
const berryLock = '__metadata:\n  version: 8\n\n"dep@npm:1.2.3":\n  version: 1.2.3\n';

async function lockBy(files: Readonly<Record<string, string>>, manifest: object = {}) {
  const own = { name: 'project', type: 'module', dependencies: { dep: '1.2.3' }, ...manifest };
  const locked = createTestProject({ 'package.json': JSON.stringify(own), ...files });
  after(() => locked[Symbol.dispose]());
  const { home } = locked.stores;
  await buildBento({ service: locked.folder, home, version: 'v1', onWarning: () => {} });
  return locked;
}

const foreign = process.arch === 'arm64' ? ['linux/amd64', 'x64'] : ['linux/arm64', 'arm64'];

test('what pnpm or Yarn has locked is installed by it, without what it notes for itself', {
  skip: process.platform === 'win32' && 'a script is no program there',
}, async () => {
  const managers = createManagers({ npm: '11.0.0', pnpm: '10.4.1', yarn: '1.22.22' });
  for (const [files, manifest, program, words] of [
    [{ 'pnpm-lock.yaml': pnpmLock }, {}, 'pnpm', /^install --frozen-lockfile --prod --config\.node-linker=hoisted/],
    [
      { 'pnpm-lock.yaml': pnpmLock },
      { packageManager: 'pnpm@9.15.9' },
      'npm',
      /^exec --yes .*--package pnpm@9\.15\.9 -- pnpm install --frozen-lockfile --prod/,
    ],
    [{ 'yarn.lock': yarnLock }, {}, 'yarn', /^install --frozen-lockfile --production --non-interactive$/],
    [
      { 'yarn.lock': berryLock, '.yarnrc.yml': 'yarnPath: .yarn/releases/yarn.cjs\nnpmScopes: { own: {} }\n' },
      { packageManager: 'yarn@3.6.0' },
      'npm',
      /^exec --yes .*--package @yarnpkg\/cli-dist@4 -- yarn workspaces focus --production$/,
    ],
  ] as const) {
    const locked = await lockBy(files, manifest);
    const { home } = locked.stores;
    const place = join(home, 'image');
    await run('hello:v1', { home, options: { output: place }, environment: managers.environment });
    const calls = managers.takeCalls();
    assert.deepEqual([calls.length, calls[0]?.program], [1, program]);
    assert.match(calls[0]?.words.join(' ') ?? '', words);
    assert.doesNotMatch(calls[0]?.words.join(' ') ?? '', /ignore/);
    assert.doesNotMatch(calls[0]?.settings ?? '', /yarnPath/);
    const { layers } = await readLayout(place);
    const paths = layers[2]?.headers
      .map(({ name }) => name)
      .filter((name) => /node_modules\/\.|node_modules\/dep\/index/.test(name));
    assert.deepEqual(paths, [
      'home/bentoml/bento/env/node/node_modules/.pnpm/',
      'home/bentoml/bento/env/node/node_modules/dep/index.js',
    ]);
  }
});

test('for another machine pnpm and Yarn get what that needs, and nothing that must run is passed over', {
  skip: process.platform === 'win32' && 'a script is no program there',
}, async () => {
  const managers = createManagers({ pnpm: '10.4.1', yarn: '1.22.22' });
  const [platform = '', cpu = ''] = foreign;
  for (const [files, words, settings] of [
    [{ 'pnpm-lock.yaml': pnpmLock }, /--ignore-scripts$/, new RegExp(`cpu:\\s*- ${cpu}\\s+libc:\\s*- glibc`)],
    [{ 'yarn.lock': yarnLock }, /--ignore-scripts --ignore-platform$/, /^$/],
  ] as const) {
    const { stores } = await lockBy(files);
    const { home } = stores;
    const place = join(home, 'image');
    const given = { home, platforms: [platform], environment: managers.environment };
    await run('hello:v1', { ...given, options: { output: place } });
    const [call] = managers.takeCalls();
    assert.match(call?.words.join(' ') ?? '', words);
    assert.match(call?.settings ?? '', settings);
    const { layers } = await readLayout(place);
    const own = layers[2]?.headers.flatMap(({ name }) => /@own\/(\w+)\/package/.exec(name)?.[1] ?? []);
    assert.deepEqual(own, [cpu]);
  }
  const given = { platforms: [platform], environment: { ...managers.environment, RUNS: '1' } };
  const refused = /built must run a script when installed for linux\/a\w+64/;
  for (const [files, more, isRefused] of [
    [{ 'yarn.lock': yarnLock }, { name: 'runs' }, true],
    [{ 'pnpm-lock.yaml': pnpmLock }, { name: 'runs' }, false], // it runs none that nobody has allowed
    [{ 'pnpm-lock.yaml': pnpmLock }, { pnpm: { onlyBuiltDependencies: ['built'] } }, true],
  ] as const) {
    const { home } = (await lockBy(files, more)).stores;
    const made = run('hello:v1', { ...given, home, options: { output: join(home, 'image') } });
    if (isRefused) await assert.rejects(made, refused);
    else await made;
  }
});

test('without a manager, or with one that is not known, it is said what to do', async () => {
  const { stores } = await lockBy({ 'pnpm-lock.yaml': pnpmLock }, { name: 'alone' });
  const options = { output: output('none') };
  const alone = { home: stores.home, options, environment: { PATH: stores.home } };
  await assert.rejects(run('hello:v1', alone), {
    code: 'IMAGE_FAILED',
    message: /neither pnpm 10 nor npm, which could fetch it, is on the PATH; install one, or name another builder/,
  });
  const bun = await lockBy({ 'bun.lock': '{}' });
  const problem =
    /its packages are locked by bun\.lock, which is not read here; let npm, pnpm or yarn write a lockfile/;
  await assert.rejects(run('hello:v1', { home: bun.stores.home, options }), { code: 'IMAGE_FAILED', message: problem });
  assert.match((await bun.run('dockerfile', 'hello:v1')).stderr, problem);
});
