/** OCI images of real builders run, answer, and stop in good order. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Image } from 'bentots';
import { build as buildBento } from 'bentots/build';
import { build, health } from 'bentots/container';
import { createDockerfile } from '../../src/gateway/containerize.ts';
import { createTestProject } from '../project.ts';
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

test('bases of other distributions, and of CUDA without a Node, are built on in the same way', async () => {
  const stands = [
    'node:24-slim',
    'node:24-alpine',
    'nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04',
    'public.ecr.aws/amazonlinux/amazonlinux:2023',
  ];
  for (const name of stands) execFileSync('docker', ['tag', base, name]);
  for (const [name, options] of Object.entries({
    debian: { node: 24 },
    alpine: { distro: 'alpine', node: 24 },
    cuda: { cuda: 12, node: 24 },
    amazonlinux: { distro: 'amazonlinux', node: 24 },
  } as const)) {
    // biome-ignore format: a table reads as a table
    using project = createTestProject();
    writeFileSync(join(project.folder, 'name.txt'), name);
    await buildBento({ service: project.folder, home, name, version: 'v1', image: new Image(options) });
    await build(`${name}:v1`, { ...quiet, backend: 'docker' });
    await using container = await startContainer('docker', `${name}:v1`);
    assert.equal(await (await container.post('/hello', { name })).text(), `Hello, ${name}!`);
  }
});
