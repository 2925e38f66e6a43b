/** Making OCI images with builders: what they are told, what they may do wrong, and what is left of it. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { build as buildBento } from 'bentots/build';
import { build, type ContainerizeOptions, health, isServiceError, type ServiceError } from 'bentots/container';
import { parse, stringify } from 'yaml';
import { createDockerfile } from '../src/gateway/containerize.ts';
import { bento } from './bento.ts';
import { createFakeBuilders } from './fake-builder.ts';
import { createTestProject, type TestProject } from './project.ts';

const isWindows = process.platform === 'win32'; // where a script is no program

let project: TestProject;
before(async () => {
  project = createTestProject();
  await buildBento({
    service: project.folder,
    home: project.stores.home,
    version: 'v1',
    onWarning: () => {},
    envs: [
      { name: 'MIRROR', value: 'eu', stage: 'build' },
      { name: 'TOKEN', stage: 'build', secret: true },
    ],
  });
  await buildBento({ service: project.folder, home: project.stores.home, name: 'plain', version: 'v1' });
});
after(() => project[Symbol.dispose]());

const token = 'hunter-2-hunter';

/** Containerizes with fakes; nothing may be left in the store. */
async function run(
  builders: { readonly environment: Record<string, string> },
  { tag = 'plain:v1', ...options }: ContainerizeOptions & { readonly tag?: string } = {},
) {
  const warnings: string[] = [];
  let output = '';
  const onOutput = (text: string) => {
    output += text;
  };
  try {
    const result = await build(tag, {
      home: project.stores.home,
      onWarning: (message) => void warnings.push(message),
      onOutput,
      ...options,
      environment: { TOKEN: token, ...builders.environment, ...options.environment },
    });
    return { ...result, warnings, output, error: undefined };
  } catch (error) {
    if (!isServiceError(error)) throw error;
    return { error: error as ServiceError, warnings, output, references: [], digest: undefined, backend: undefined };
  } finally {
    assert.deepEqual(left(), []);
  }
}

const left = () => {
  const folder = join(project.stores.home, 'tmp');
  return existsSync(folder) ? readdirSync(folder) : [];
};

test('a builder gets its words, the Dockerfile, and secrets as files that nobody else can read', {
  skip: isWindows,
}, async () => {
  using builders = createFakeBuilders(['docker']);
  const references = ['example.com:5000/team/hello:1.0', 'hello:latest'];
  const { error, output, digest, ...result } = await run(builders, {
    tag: 'hello:v1',
    references,
    progress: 'plain',
    platforms: ['linux/amd64'],
    options: { build_arg: ['A=b', 'C=d'], 'no-cache': true, pull: false },
  });
  assert.equal(error, undefined);
  assert.deepEqual([result.backend, result.references, digest], ['docker', references, `sha256:${'a'.repeat(64)}`]);
  assert.match(output, /docker is done/);
  const call = builders.calls().find(({ words }) => words[0] === 'build');
  const words = call?.words.map((word) =>
    word
      .replace(/=\/.*/, '=/…')
      .replace(/src=.*/, 'src=…')
      .replace(/^\/.*/, '/…'),
  );
  assert.deepEqual(words, [
    'build', '--file=/…', '--tag=example.com:5000/team/hello:1.0', '--tag=hello:latest', '--platform=linux/amd64',
    '--progress=plain', '--iidfile=/…', '--build-arg=A=b', '--build-arg=C=d', '--no-cache', '--secret=id=MIRROR,type=file,src=…',
    '--secret=id=TOKEN,type=file,src=…', '/…',
  ]); // biome-ignore format: a list reads as a list
  assert.deepEqual(call?.secrets, { MIRROR: { text: 'eu', mode: 0o600 }, TOKEN: { text: token, mode: 0o600 } });
  assert.match(call?.dockerfile ?? '', /^# Made by bentots/);
  assert.equal(call?.variables.DOCKER_BUILDKIT, '1');
});

test('each builder is spoken to in its own way', { skip: isWindows }, async () => {
  using builders = createFakeBuilders(['docker', 'podman', 'buildah', 'nerdctl', 'buildctl']);
  const wordsOf = async (backend: string, options: ContainerizeOptions = {}) => {
    const before = builders.calls().length;
    const { error } = await run(builders, { backend, references: ['example.com/a:1', 'example.com/a:2'], ...options });
    assert.equal(error, undefined);
    const calls = builders.calls().slice(before);
    return calls.map(({ words }) => words.filter((word) => !/=\/|^\/|iidfile|metadata/.test(word)).join(' '));
  };
  const tags = '--tag=example.com/a:1 --tag=example.com/a:2';
  assert.deepEqual((await wordsOf('podman')).slice(1), [`build ${tags}`]);
  assert.deepEqual((await wordsOf('nerdctl', { push: true })).slice(1), [
    `build ${tags}`,
    'push example.com/a:1',
    'push example.com/a:2',
  ]);
  const platforms = ['linux/amd64', 'linux/arm64'];
  assert.deepEqual((await wordsOf('buildah', { push: true, platforms })).slice(1), [
    'build --layers --manifest=example.com/a:1 --platform=linux/amd64,linux/arm64',
    'tag example.com/a:1 example.com/a:2',
    'manifest push --all example.com/a:1 docker://example.com/a:1',
    'manifest push --all example.com/a:2 docker://example.com/a:2',
  ]);
  assert.deepEqual((await wordsOf('buildx', { push: true, platforms })).slice(1), [
    `buildx build --push ${tags} --platform=linux/amd64,linux/arm64`,
  ]);
  assert.deepEqual((await wordsOf('buildx')).slice(1), [`buildx build --load ${tags}`]);
  assert.deepEqual(
    (await wordsOf('buildctl', { platforms, options: { 'build-arg': ['A=b'], 'no-cache': true } })).slice(1),
    [
      'build --frontend=dockerfile.v0 --opt=filename=Dockerfile --opt=platform=linux/amd64,linux/arm64 --opt=build-arg:A=b ' +
        '--no-cache --output=type=image,"name=example.com/a:1,example.com/a:2" --progress=auto',
    ],
  );
});

test('the first builder that can build is taken; one that cannot says why and what to do', {
  skip: isWindows,
}, async () => {
  using some = createFakeBuilders(['docker', 'buildah'], { 'docker version': 'dead' });
  assert.equal((await run(some)).backend, 'buildah');
  assert.equal((await run(some, { environment: { BENTOML_CONTAINERIZE_BACKEND: 'buildah' } })).backend, 'buildah');
  using none = createFakeBuilders(['docker', 'podman'], {
    'docker version': 'dead',
    'docker buildx': 'dead',
    'podman info': 'deny',
  });
  for (const [backend, problem] of [
    ['docker', /docker version .* ended with exit code 1 \(Cannot connect to the Docker daemon\); start its daemon/],
    ['podman', /you may not use it \(permission denied while trying to connect\); .*--run-as-root/],
    ['buildah', /the program buildah is not on the PATH; install Buildah/],
  ] as const) {
    const { error } = await run(none, { backend });
    assert.equal(error?.code, 'BUILDER_UNAVAILABLE');
    assert.match(error?.message ?? '', problem);
  }
  const { isHealthy, problem } = await health('docker', none);
  assert.deepEqual([isHealthy, /start its daemon/.test(problem ?? '')], [false, true]);
  assert.deepEqual(await health('buildah', some), { backend: 'buildah', isHealthy: true, problem: undefined });
});

test('a builder that fails midway, or takes too long, is told with its last words, and nothing is left', {
  skip: isWindows,
}, async () => {
  using failing = createFakeBuilders(['docker'], { 'docker build': 'fail' });
  const failed = await run(failing, { tag: 'hello:v1' });
  assert.equal(failed.error?.code, 'IMAGE_FAILED');
  assert.match(
    failed.error?.message ?? '',
    /docker ended with exit code 7, after it had said: .*no space left on device/,
  );
  using hanging = createFakeBuilders(['docker'], { 'docker build': 'hang' });
  const { error } = await run(hanging, { timeoutMs: 1500 });
  assert.match(error?.message ?? '', /docker did not end within 1.5 s, and was ended/);
  assert.equal(hanging.calls().at(-1)?.signal, 'SIGINT');
});

test('of several pushes that fail in between it is said what has been pushed', { skip: isWindows }, async () => {
  using builders = createFakeBuilders(['docker'], { 'docker push': 'fail-second' });
  const { error } = await run(builders, { references: ['example.com/a:1', 'example.com/a:2'], push: true });
  assert.match(error?.message ?? '', /could not push it to example.com\/a:2, while example.com\/a:1 had been pushed: /);
});

test('Ctrl-C ends the builder, and the command says so by its exit code', { skip: isWindows }, async () => {
  using builders = createFakeBuilders(['docker'], { 'docker build': 'hang' });
  const env = { ...builders.environment, BENTOML_HOME: project.stores.home };
  await using running = bento(['containerize', 'plain:v1'], { env });
  await running.says('this will take a while');
  running.child.kill('SIGINT');
  const { end, stderr } = await running.finished;
  assert.equal(end, 130, stderr);
  assert.equal(builders.calls().at(-1)?.signal, 'SIGINT');
  assert.deepEqual(left(), []);
});

test('a bento whose variables have names that are none is refused, and nothing is written outside of what is ours', {
  skip: isWindows,
}, async () => {
  const { home } = project.stores;
  await buildBento({ service: project.folder, home, name: 'foreign', version: 'v1' });
  const marker = join(home, 'bentos/foreign/v1/bento.yaml');
  const document = parse(readFileSync(marker, 'utf8'));
  using builders = createFakeBuilders(['docker']);
  for (const env of [
    { name: 'A="x"\nRUN touch /pwned\nUSER 0:0\nENV B', value: '1', stage: 'all' },
    { name: '../../../../escaped', value: 'written by the bento', stage: 'build' },
    { name: 'A B', value: '', stage: 'runtime' },
    { value: 'x' },
    'A=b',
  ]) {
    writeFileSync(marker, stringify({ ...document, envs: [env] }));
    const refused = {
      code: 'STORE_ITEM_INVALID',
      message: /bento\.yaml: its envs have the name .*, which no variable/,
    };
    await assert.rejects(createDockerfile('foreign:v1', { home }), refused);
    const { error } = await run(builders, { tag: 'foreign:v1' });
    assert.equal(error?.code, 'STORE_ITEM_INVALID');
  }
  assert.ok(!existsSync(join(home, 'escaped')) && builders.calls().every(({ words }) => words[0] !== 'build'));
  // A name that every object has is one as any other.
  const envs = [{ name: 'constructor', value: 'c', stage: 'build' }];
  writeFileSync(marker, stringify({ ...document, envs }));
  assert.equal((await run(builders, { tag: 'foreign:v1' })).error, undefined);
  assert.deepEqual(builders.calls().at(-1)?.secrets, { constructor: { text: 'c', mode: 0o600 } });
});

test('on the command line: what was made, how it is run, and old flags with a word about the new ones', {
  skip: isWindows,
}, async () => {
  using builders = createFakeBuilders(['docker']);
  const env = { ...builders.environment, BENTOML_HOME: project.stores.home };
  const words = [
    'containerize',
    'plain',
    '--image-tag',
    'a:1',
    '--docker-image-tag',
    'a:2',
    '--opt',
    'label=x=y',
    '--no-cache',
  ];
  await using running = bento([...words, '--target', 'z', '--opt', 'build-arg:A=b'], { env });
  const { end, stdout, stderr } = await running.finished;
  assert.equal(end, 0, stderr);
  assert.match(
    stdout,
    /^made an OCI image of plain:v1 with docker in [\d.]+ s: sha256:a{64}\n {2}a:1\n {2}a:2\nrun it: docker run --rm -p 3000:3000 a:1\n$/,
  );
  assert.match(stderr, /--no-cache is an old flag; say --opt no-cache\n/);
  assert.match(stderr, /--target is an old flag; say --opt target=z\n/);
  assert.match(stderr, /--docker-image-tag is an old name; say -t\n/);
  const call = builders.calls().find((one) => one.words[0] === 'build');
  for (const word of ['--label=x=y', '--no-cache', '--target=z', '--build-arg=A=b'])
    assert.ok(call?.words.includes(word), word);
});

test('a bento is built and made an image in one go, and neither is passed over in silence if the other fails', {
  skip: isWindows,
}, async () => {
  using builders = createFakeBuilders(['docker']);
  const env = { ...builders.environment, BENTOML_HOME: project.stores.home };
  const run = async (...words: string[]) => {
    await using running = bento(['build', project.folder, ...words], { env });
    return await running.finished;
  };
  const made = await run('--version', 'both', '--containerize');
  assert.equal(made.end, 0, made.stderr);
  assert.match(
    made.stdout,
    /^built hello:both in .*\nmade an OCI image of hello:both with docker in .*\n {2}hello:both\n/s,
  );
  using failing = createFakeBuilders(['docker'], { 'docker build': 'fail' });
  Object.assign(env, failing.environment);
  const failed = await run('--version', 'half', '--containerize');
  assert.deepEqual([failed.end, /^built hello:half in /.test(failed.stdout)], [1, true]);
  assert.match(failed.stderr, /docker could not build it: docker ended with exit code 7/);
  assert.equal((await run('--containerize', '--push')).end, 2);
});

test('a home with a comma in its path has its secrets elsewhere, where they do not stay', {
  skip: isWindows,
}, async () => {
  using builders = createFakeBuilders(['docker']);
  const home = mkdtempSync(join(tmpdir(), 'bentots,home-'));
  try {
    const envs = [{ name: 'TOKEN', stage: 'build', secret: true }] as const;
    await buildBento({ service: project.folder, home, version: 'v1', onWarning: () => {}, envs });
    const { error } = await run(builders, { tag: 'hello:v1', home });
    assert.equal(error, undefined);
    const call = builders.calls().find(({ words }) => words[0] === 'build');
    assert.deepEqual(call?.secrets, { TOKEN: { text: token, mode: 0o600 } });
    const [file = ''] = call?.words.flatMap((word) => /^--secret=.*,src=(.*)$/.exec(word)?.[1] ?? []) ?? [];
    assert.deepEqual([file.includes(','), existsSync(dirname(file))], [false, false]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test('the old names of BentoML are taken, with a warning', { skip: isWindows }, async () => {
  using builders = createFakeBuilders(['docker']);
  const warnings: string[] = [];
  const { references } = await build('plain:v1', {
    home: project.stores.home,
    onWarning: (message) => void warnings.push(message),
    onOutput: () => {},
    tags: ['old:1'],
    subprocess_env: { ...builders.environment, EXTRA: 'x' },
  });
  assert.deepEqual(references, ['old:1']);
  assert.equal(builders.calls().at(-1)?.variables.EXTRA, 'x');
  assert.deepEqual(warnings, ['tags is an old name; say references', 'subprocess_env is an old name; say environment']);
});

test('what cannot be made is refused before a builder is started', { skip: isWindows }, async () => {
  using builders = createFakeBuilders(['docker']);
  const cases: readonly (readonly [ContainerizeOptions & { readonly tag?: string }, string, RegExp])[] = [
    [
      { backend: 'dokcer' },
      'OPTION_INVALID',
      /backend is "dokcer", but must be one of docker, .*did you mean docker\?/,
    ],
    [{ options: { tag: 'a' } }, 'OPTION_INVALID', /--opt is "tag", but must be given with -t/],
    [{ options: { '-v=x': 'a' } }, 'OPTION_INVALID', /--opt is "-v=x", but must be made of small letters/],
    [{ references: ['--evil'] }, 'REFERENCE_INVALID', /--evil/],
    [{ references: [`a@sha256:${'a'.repeat(64)}`] }, 'REFERENCE_INVALID', /it has a digest/],
    [{ push: true }, 'OPTION_INVALID', /push is true, but must be given with a reference/],
    [{ platforms: ['windows/amd64'] }, 'OPTION_INVALID', /platforms/],
    [
      { platforms: ['linux/riscv64'] },
      'IMAGE_FAILED',
      /its base is not there for linux\/riscv64, but for linux\/amd64/,
    ],
    [
      { tag: 'hello:v1', environment: { TOKEN: undefined as never } },
      'IMAGE_FAILED',
      /it needs TOKEN while it is built/,
    ],
    [
      { tag: 'hello:v1', environment: { DOCKER_BUILDKIT: '0' } },
      'IMAGE_FAILED',
      /only BuildKit keeps out of the image/,
    ],
    [{ backend: 'buildx', platforms: ['linux/amd64', 'linux/arm64'] }, 'IMAGE_FAILED', /add --push/],
    [{ tag: 'nothing' }, 'STORE_ITEM_MISSING', /nothing/],
    [{ imageTag: 'x' } as never, 'OPTION_UNKNOWN', /there is no option "imageTag"/],
  ];
  for (const [options, code, message] of cases) {
    const { error } = await run(builders, options);
    assert.equal(error?.code, code, JSON.stringify(options));
    assert.match(error?.message ?? '', message);
  }
  assert.ok(builders.calls().every(({ words }) => words[0] !== 'build' && words[1] !== 'build'));
});
