/** OCI images of real builders run, answer, and stop in good order. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Image } from 'bentots';
import { build as buildBento } from 'bentots/build';
import { build, health } from 'bentots/container';
import { openBentos } from 'bentots/models';
import { createDockerfile } from '../../src/gateway/containerize.ts';
import { createTestProject, plainHello } from '../project.ts';
import { type Container, startContainer } from './container.ts';

const { CONTAINER_TEST_REGISTRY: registry = '', BENTOML_HOME: home = '' } = process.env;
const base = `${registry}/node-base:1`;
const embeddings = fileURLToPath(new URL('../../examples/embeddings', import.meta.url));

const quiet = { home, onWarning: () => {}, onOutput: () => {} };

const bento = buildBento({ service: embeddings, home, onWarning: () => {}, version: 'v1', image: new Image({ base }) });

/** A pass over all of these takes seconds. */
const longTexts = Array.from({ length: 96 }, (_, index) =>
  `Everyone has the right to sentence number ${index}. `.repeat(12),
);

/** Waits until a request is being worked on. */
async function untilBusy({ url }: Container): Promise<void> {
  const lateMs = performance.now() + 30_000;
  while (performance.now() < lateMs) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (/^bentoml_service_request_in_progress\{[^}]*\/embed[^}]*\} [1-9]/m.test(metrics)) return;
  }
  throw new Error('no request was in progress within 30 s');
}

/** It answers as it should, and a request that is under way when it is told to stop finishes. */
async function assertServes(runner: 'docker' | 'podman', reference: string): Promise<void> {
  await using container = await startContainer(runner, reference);
  const documents = ['Pour boiling water over the leaves.', 'The train leaves at noon.'];
  const answer = await container.post('/search', { query: 'How do I make tea?', documents, topK: 1 });
  assert.deepEqual(((await answer.json()) as { index: number }[])[0]?.index, 0);
  assert.match(await container.read('id'), /^uid=1034\(bentoml\)/);
  const under = container.post('/embed', { texts: longTexts });
  await untilBusy(container);
  const exitCode = container.stop();
  const finished = await under;
  assert.equal(finished.status, 200);
  assert.equal(((await finished.json()) as unknown[]).length, longTexts.length);
  assert.equal(await exitCode, 0);
  assert.match(await container.log(), /stopping: requests under way may finish/);
}

for (const [backend, runner] of [
  ['docker', 'docker'],
  ['buildah', 'podman'],
] as const) {
  test(`an OCI image of ${backend} runs as a user of its own, answers, and finishes what it has begun when it stops`, async () => {
    await bento;
    assert.deepEqual(await health(backend), { backend, isHealthy: true, problem: undefined });
    const reference = `embedder:${backend}`;
    const { digest } = await build('embedder:v1', { ...quiet, backend, references: [reference] });
    assert.match(digest ?? '', /^sha256:[0-9a-f]{64}$/);
    await assertServes(runner, reference);
  });
}

test('an OCI image that no builder has made is pushed, read by skopeo, and does the same when podman has pulled it', async () => {
  await bento;
  const reference = `${registry}/team/embedder:native`;
  const { digest } = await build('embedder:v1', { ...quiet, backend: 'native', references: [reference], push: true });
  const words = ['inspect', '--tls-verify=false', '--format', '{{.Digest}}', `docker://${reference}`];
  assert.equal(execFileSync('skopeo', words, { encoding: 'utf8' }).trim(), digest);
  await assertServes('podman', reference);
});

test('an archive that no builder has made is copied by skopeo as the guide says, and loaded by docker', async () => {
  await bento;
  const archive = join(home, 'embedder.tar');
  const { digest } = await build('embedder:v1', { ...quiet, backend: 'native', options: { output: archive } });
  const copied = join(home, 'copied');
  execFileSync('skopeo', ['copy', '--quiet', `oci-archive:${archive}:v1`, `oci:${copied}:v1`]);
  const { manifests } = JSON.parse(readFileSync(join(copied, 'index.json'), 'utf8'));
  assert.deepEqual(
    manifests.map((one: { readonly digest: string }) => one.digest),
    [digest],
  );
  execFileSync('docker', ['load', '--quiet', '--input', archive]);
  await assertServes('docker', 'embedder:v1');
});

test('an OCI image is no larger than one whose Dockerfile was written by hand, by more than a tenth', async () => {
  await bento;
  await build('embedder:v1', { ...quiet, backend: 'docker', references: ['embedder:ours'] });
  using context = createTestProject({
    Dockerfile: `FROM ${base} AS packages
WORKDIR /app
COPY context/install/env/node/ ./
RUN npm ci --omit=dev --no-audit --no-fund --workspace examples/embeddings
FROM ${base}
WORKDIR /app
COPY --from=packages /app/ ./
COPY context/bentots/ /opt/bentots/
COPY context/code/ ./
CMD ["/opt/bentots/bin/bento.js", "serve", "/app"]
`,
  });
  const { writeContext } = await createDockerfile('embedder:v1', { home });
  await writeContext(join(context.folder, 'context'), new AbortController().signal);
  execFileSync('docker', ['build', '--quiet', '--tag', 'embedder:hand', context.folder]);
  const [ours = 0, byHand = 0, under = 0] = ['embedder:ours', 'embedder:hand', base].map((name) =>
    Number(execFileSync('docker', ['inspect', '--format', '{{.Size}}', name], { encoding: 'utf8' })),
  );
  assert.ok(ours - under <= 1.1 * (byHand - under), `${ours - under} bytes on the base, and ${byHand - under} by hand`);
});

test('another command than serve is run as it is, and a change of the code alone makes one small layer', async () => {
  using project = createTestProject({ 'words.txt': 'one' });
  const layersOf = async (version: string) => {
    await buildBento({ service: project.folder, home, version, image: new Image({ base }) });
    await build(`hello:${version}`, { ...quiet, backend: 'docker' });
    const text = execFileSync('docker', ['inspect', '--format', '{{json .RootFS.Layers}}', `hello:${version}`], {
      encoding: 'utf8',
    });
    return JSON.parse(text) as string[];
  };
  const before = await layersOf('v1');
  project.write('words.txt', 'two');
  const after = await layersOf('v2');
  assert.equal(after.filter((layer) => !before.includes(layer)).length, 1);
  const words = execFileSync('docker', ['run', '--rm', 'hello:v2', 'cat', 'src/words.txt'], { encoding: 'utf8' });
  assert.equal(words, 'two');
});

for (const backend of ['docker', 'buildah'] as const) {
  test(`with ${backend} a secret of the build reaches every part of a command, and is nowhere in the image`, async () => {
    using project = createTestProject();
    const secret = `hunter-$HOME-"2"-\`id\`-${backend}`;
    const image = new Image({ base })
      .run(`false || [ \${#TOKEN} = ${secret.length} ]`)
      .env({ SAID: 'a "$HOME" \\ `b`' });
    const envs = [{ name: 'TOKEN', stage: 'build', secret: true }] as const;
    await buildBento({ service: project.folder, home, name: 'secret', version: backend, image, envs });
    const reference = `secret:${backend}`;
    await build(`secret:${backend}`, { ...quiet, backend, environment: { TOKEN: secret } });
    const runner = backend === 'docker' ? 'docker' : 'podman';
    const said = execFileSync(
      runner,
      ['run', '--rm', '--network', 'host', reference, 'sh', '-c', 'echo "$SAID$TOKEN"'],
      { encoding: 'utf8' },
    );
    assert.equal(said, 'a "$HOME" \\ `b`\n');
    const saved = execFileSync(runner, ['save', reference], {
      maxBuffer: 2 ** 30,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    assert.ok(saved.length > 100_000_000 && !saved.includes(secret));
  });
}

test('a step that fails is told with what it said, and leaves no image', async () => {
  using project = createTestProject();
  const image = new Image({ base }).run('echo the disk is full >&2; false');
  await buildBento({ service: project.folder, home, name: 'broken', version: 'v1', image });
  for (const backend of ['docker', 'buildah'] as const) {
    await assert.rejects(build('broken:v1', { ...quiet, backend }), {
      code: 'IMAGE_FAILED',
      message: /the disk is full/,
    });
  }
  assert.equal(execFileSync('docker', ['images', '--quiet', 'broken'], { encoding: 'utf8' }), '');
});

test('packages of the system and of Python are there where the image runs', async () => {
  using project = createTestProject();
  const image = new Image({ base: `${registry}/debian-base:1`, distro: 'debian' })
    .systemPackages('jq')
    .pythonPackages('idna==3.10');
  await buildBento({ service: project.folder, home, name: 'system', version: 'v1', image });
  await build('system:v1', { ...quiet, backend: 'docker' });
  await using container = await startContainer('docker', 'system:v1');
  assert.equal(await container.read('jq', '-n', '1 + 1'), '2\n');
  assert.equal(await container.read('python', '-c', 'import idna; print(idna.__version__)'), '3.10\n');
  assert.equal(await (await container.post('/hello', { name: 'you' })).text(), 'Hello, you!');
});

const locks = {
  'pnpm-lock.yaml': `lockfileVersion: '9.0'
settings: { autoInstallPeers: true, excludeLinksFromLockfile: false }
importers:
  .:
    dependencies:
      ms: { specifier: 2.1.3, version: 2.1.3 }
packages:
  ms@2.1.3:
    resolution: { integrity: sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA== }
snapshots:
  ms@2.1.3: {}
`,
  'yarn.lock': `# yarn lockfile v1


ms@2.1.3:
  version "2.1.3"
  resolved "https://registry.yarnpkg.com/ms/-/ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2"
  integrity sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==
`,
} as const;

for (const [lockfile, text] of Object.entries(locks)) {
  test(`what ${lockfile} says is installed by its manager, in a container and without one`, async () => {
    using project = createTestProject({
      'package.json': JSON.stringify({ name: 'project', type: 'module', dependencies: { ms: '2.1.3' } }),
      [lockfile]: text,
      'node_modules/ms/package.json': '{ "name": "ms", "version": "0.0.0", "type": "module", "exports": "./index.js" }',
      'node_modules/ms/index.js': 'export default () => { throw new Error("that of the image"); };',
      'service.js': `import ms from 'ms';\n${plainHello.replace(/return [^;]+;/, 'return String(ms(name));')}`,
    });
    const name = lockfile.replace(/\W.*/, '');
    await buildBento({
      service: project.folder,
      home,
      name,
      version: 'v1',
      image: new Image({ base }),
      onWarning() {},
    });
    await build(`${name}:v1`, { ...quiet, backend: 'docker' });
    const reference = `${registry}/team/${name}:native`;
    await build(`${name}:v1`, { ...quiet, backend: 'native', references: [reference], push: true });
    for (const [runner, image] of [
      ['docker', `${name}:v1`],
      ['podman', reference],
    ] as const) {
      await using container = await startContainer(runner, image);
      assert.equal(await (await container.post('/hello', { name: '2 minutes' })).text(), '120000');
    }
  });
}

test('machines with other homes, folders, time zones, languages, rights and clocks make the same OCI image', async () => {
  using project = createTestProject();
  execFileSync('npm', ['install', '--package-lock-only', 'semver@7.7.3', 'ms@2.1.3'], { cwd: project.folder });
  await buildBento({ service: project.folder, home, name: 'same', version: 'v1', image: new Image({ base }) });
  const exported = await openBentos({ home }).export('same:v1', join(project.folder, 'same.bento'));
  const program = fileURLToPath(new URL('../../bin/bento.js', import.meta.url));
  const makeOn = async (
    name: string,
    umask: string,
    before: readonly string[],
    env: Readonly<Record<string, string>>,
  ) => {
    const place = join(project.folder, name);
    mkdirSync(join(place, 'tmp'), { recursive: true });
    const own = join(place, 'home');
    await openBentos({ home: own }).import(exported);
    const words = ['containerize', 'same:v1', '--backend', 'native', '--base', base, '-o', join(place, 'image')];
    execFileSync('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...before, process.execPath, program, ...words], {
      cwd: place,
      env: { ...process.env, HOME: place, BENTOML_HOME: own, TMPDIR: join(place, 'tmp'), ...env },
      stdio: 'ignore',
    });
    return JSON.parse(readFileSync(join(place, 'image/index.json'), 'utf8')) as unknown;
  };
  const here = await makeOn('here', '022', [], { TZ: 'UTC', LC_ALL: 'C' });
  const later = ['faketime', '-f', '+3d'];
  const there = await makeOn('there', '077', later, {
    TZ: 'Pacific/Auckland',
    LC_ALL: 'tr_TR.UTF-8',
    LANG: 'tr_TR.UTF-8',
  });
  assert.deepEqual(there, here);
});

// Where there are no public bases: by their names, with what a base of the kind has, and with programs that write down how
// they are called in the place of those that install.
test('every distribution, and CUDA without a Node, is built on in the same way', async () => {
  const stands = {
    'node:24-slim': { installer: 'apt-get', hasNode: true },
    'node:24-alpine': { installer: 'apk', hasNode: true },
    'registry.access.redhat.com/ubi9/nodejs-24:latest': { installer: 'dnf', hasNode: true },
    'public.ecr.aws/amazonlinux/amazonlinux:2023': { installer: 'dnf', hasNode: false },
    'nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04': { installer: 'apt-get', hasNode: false },
    'nvidia/cuda:12.1.1-cudnn8-runtime-ubi8': { installer: 'dnf', hasNode: false },
  };
  for (const [name, { installer, hasNode }] of Object.entries(stands)) {
    const file = `FROM ${base}
RUN mkdir -p /etc/apt/apt.conf.d && echo '#!/bin/sh' > /usr/bin/${installer} && echo 'echo ${installer} "$*" >> /installed' >> /usr/bin/${installer} && chmod +x /usr/bin/${installer}
${hasNode ? '' : 'RUN rm -rf /usr/local/bin /usr/local/lib/node_modules'}
`;
    execFileSync('docker', ['build', '--quiet', '--tag', name, '-'], { input: file });
  }
  for (const [name, options, installed] of [
    ['debian', { node: 24 }, /^apt-get update -q\napt-get install -q -y .* git\n$/],
    ['alpine', { distro: 'alpine', node: 24 }, /^apk add --no-cache git\n$/],
    ['ubi', { distro: 'ubi', node: 24 }, /^dnf install -y git\n$/],
    ['amazonlinux', { distro: 'amazonlinux', node: 24 }, /^dnf install -y git\n$/],
    ['cuda', { cuda: 12, node: 24 }, /^apt-get update -q\napt-get install -q -y .* git\n$/],
    ['cuda-ubi', { distro: 'ubi', cuda: '12.1', node: 24 }, /^dnf install -y git\n$/],
  ] as const) {
    using project = createTestProject();
    writeFileSync(join(project.folder, 'name.txt'), name);
    const image = new Image(options).systemPackages('git');
    await buildBento({ service: project.folder, home, name, version: 'v1', image });
    await build(`${name}:v1`, { ...quiet, backend: 'docker' });
    await using container = await startContainer('docker', `${name}:v1`);
    assert.equal(await (await container.post('/hello', { name })).text(), `Hello, ${name}!`);
    assert.match(await container.read('cat', '/installed'), installed);
  }
});
