/** What an image description takes, refuses and gives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isServiceError } from '../errors.ts';
import { Image, type ImageOptions } from './image.ts';
import { baseOf, quoteForShell, toImageInfo } from './image-info.ts';

const refused = (describe: () => unknown): string => {
  try {
    describe();
  } catch (error) {
    if (isServiceError(error)) return error.message;
    throw error;
  }
  return 'taken';
};

test('each distribution has a base, and CUDA one of its own, whose name says which cuDNN it has', () => {
  const base = (options: ImageOptions) => baseOf(new Image(options).toData(), 24);
  const rows: readonly [ImageOptions, string][] = [
    [{}, 'node:24-slim'],
    [{ node: 26 }, 'node:26-slim'],
    [{ distro: 'alpine', node: 22 }, 'node:22-alpine'],
    [{ distro: 'ubi' }, 'registry.access.redhat.com/ubi9/nodejs-24:latest'],
    [{ cuda: '12' }, 'nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04'],
    [{ cuda: 12.6 }, 'nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04'],
    [{ cuda: 'default' }, 'nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04'],
    [{ cuda: '12.1' }, 'nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04'],
    [{ cuda: 11 }, 'nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04'],
    [{ cuda: '11.4.3', distro: 'ubi' }, 'nvidia/cuda:11.4.3-cudnn8-runtime-ubi8'],
    [{ base: 'registry.example.com:5000/team/base:1.2' }, 'registry.example.com:5000/team/base:1.2'],
  ];
  for (const [options, reference] of rows) assert.equal(base(options).reference, reference);
  assert.deepEqual(base({ distro: 'amazonlinux' }), {
    reference: 'public.ecr.aws/amazonlinux/amazonlinux:2023',
    hasNode: false,
    node: 24,
  });
  assert.equal(base({ cuda: 12 }).hasNode, false);
});

test('without a version of Node it is the one that builds, or the newest below it that has a base', () => {
  const node = (options: ImageOptions, own: number) => baseOf(new Image(options).toData(), own).node;
  assert.deepEqual([node({}, 22), node({}, 25), node({}, 30), node({}, 20)], [22, 24, 26, 22]);
  assert.deepEqual([node({ distro: 'ubi' }, 26), node({ node: 22 }, 26)], [24, 22]);
});

test('what does not go together is refused with what does', () => {
  const rows: readonly [ImageOptions, RegExp][] = [
    [{ distro: 'ubi', node: 26 }, /node is "26", but must be 22 or 24 on ubi; debian, alpine, amazonlinux have 26$/],
    [{ distro: 'alpine', cuda: '12' }, /cuda is "12", but must be left out on alpine; debian, ubi have it$/],
    [{ cuda: '12.9' }, /cuda is "12.9", but must be one of 12.8.1, .*, or the beginning of one, such as 12 or 12.6$/],
    [{ cuda: '1' }, /cuda is "1", but must be one of/],
    [{ base: 'x', cuda: '12' }, /cuda is "12", but must be left out where there is a base of your own/],
    [{ base: 'x', node: 24 }, /node is "24", but must be left out where there is a base of your own/],
    [{ distro: 'debain' as 'debian' }, /distro is "debain", but must be one of debian, alpine, ubi, amazonlinux$/],
    [{ node: 20 as 22 }, /node is 20, but must be one of 22, 24, 26$/],
    [{ nodejs: 24 } as never, /there is no option "nodejs"; did you mean "node"\?/],
  ];
  for (const [options, message] of rows)
    assert.match(
      refused(() => new Image(options)),
      message,
    );
  assert.match(
    refused(() => new Image({ base: 'team/base' }).systemPackages('git')),
    /systemPackages is "given", but must be left out, unless distro says what team\/base is/,
  );
  assert.deepEqual(new Image({ base: 'team/base', distro: 'alpine' }).systemPackages('git').toData().distro, 'alpine');
});

test('steps run in their order, dependencies last or where they are asked for', () => {
  const image = new Image({ node: 24 })
    .systemPackages('ffmpeg', 'libstdc++6=12.2*')
    .run('echo "$HOME" && ldconfig')
    .npmPackages('sharp@0.35')
    .pythonPackages('vllm==0.8.5', '--extra-index-url https://example.com/simple')
    .runScript('scripts/set up.sh')
    .systemPackages('git')
    .env({ MODE: 'fast' })
    .labels({ 'org.opencontainers.image.vendor': 'us' });
  assert.deepEqual(
    image.toData().steps.map(({ kind }) => kind),
    ['systemPackages', 'run', 'install', 'runScript', 'systemPackages'],
  );
  assert.deepEqual(
    toImageInfo(image.toData(), 22, () => 'env/docker/script__ab c'),
    {
      base_image: 'node:24-slim',
      python_version: '',
      commands: [
        "apt-get update -q && apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef ffmpeg 'libstdc++6=12.2*' && rm -rf /var/lib/apt/lists/*",
        'echo "$HOME" && ldconfig',
      ],
      python_requirements: 'vllm==0.8.5\n--extra-index-url https://example.com/simple\n',
      post_commands: [
        "chmod +x './env/docker/script__ab c' && './env/docker/script__ab c'",
        'apt-get update -q && apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-confdef git && rm -rf /var/lib/apt/lists/*',
      ],
      build_include: [],
    },
  );
  assert.deepEqual(new Image().run('a').toData().steps.at(-1), {
    kind: 'install',
    npmPackages: [],
    pythonPackages: [],
  });
  assert.match(
    refused(() => image.npmPackages('x')),
    /all packages first, then that step$/,
  );
});

test('a description is never changed: each step gives another one', () => {
  const base = new Image();
  const packages = ['git'];
  const one = base.systemPackages(...packages);
  packages.push('curl');
  assert.deepEqual(base.toData().steps.length, 1);
  assert.deepEqual(one.toData().steps[0], { kind: 'systemPackages', packages: ['git'] });
  const given = { steps: [{ kind: 'systemPackages', packages: ['git'] }] };
  const made = Image.from(given);
  given.steps[0]?.packages.push('$(x)');
  assert.deepEqual(made.toData().steps[0], { kind: 'systemPackages', packages: ['git'] });
  assert.deepEqual(Image.from(one.toData()).toData(), one.toData());
  assert.deepEqual(Image.from(JSON.parse(JSON.stringify(one.toData()))).toData(), one.toData());
});

test('what a shell, a Dockerfile or a package manager would read otherwise is refused', () => {
  const image = new Image();
  const lists = [
    () => image.systemPackages('-o=Acquire::x'),
    () => image.systemPackages('git curl'),
    () => image.systemPackages('git\nRUN x'),
    () => image.systemPackages('git;x'),
    () => image.systemPackages('$(x)'),
    () => image.systemPackages(),
    () => image.systemPackages(1 as never),
    () => image.npmPackages('--registry=http://x'),
    () => image.npmPackages('a b'),
    () => image.npmPackages('../x'),
    () => image.npmPackages('x@https://user:password@example.com/x.tgz'),
    () => image.pythonPackages('-r other.txt'),
    () => image.pythonPackages('--config-settings x'),
    () => image.pythonPackages('a\n--index-url http://x'),
    () => image.pythonPackages('--index-url https://user:password@example.com'),
    () => image.run('a\nUSER root'),
    () => image.run('  '),
    () => image.run(undefined as never),
    () => image.runScript('/etc/passwd'),
    () => image.runScript('../x.sh'),
    () => image.runScript('a/../../x.sh'),
    () => image.runScript('C:\\x.sh'),
    () => image.runScript('-x'),
    () => image.runScript(''),
    () => image.env({ 'A B': '' }),
    () => image.env({ A: 'x\ny' }),
    () => image.env({ A: 1 as never }),
    () => image.labels({ 'a b': '' }),
    () => image.labels([] as never),
    () => new Image({ base: 'node:24\nRUN x' }),
    () => new Image({ base: '--platform=x node' }),
    () => new Image({ base: 'https://example.com/x' }),
    () => new Image({ base: 'user:password@example.com/x' }),
    () => Image.from('debian'),
    () => Image.from({ steps: 'x' }),
    () => Image.from({ steps: [{ kind: 'run', command: 'a\nb' }] }),
    () => Image.from({ steps: [{ kind: 'copy' }] }),
    () => Image.from({ steps: [null] }),
  ];
  for (const list of lists) assert.match(refused(list), /^new Image: .+ but must be .+/, String(list));
});

test('a word for a shell is one word, whatever is in it', { skip: process.platform === 'win32' }, async () => {
  const { execFileSync } = await import('node:child_process');
  const words = fc.sample(fc.string({ unit: fc.constantFrom("'", '"', '$', '`', '\\', ' ', '*', ';', 'a', '=') }), 200);
  const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${words.map(quoteForShell).join(' ')}`], {
    encoding: 'utf8',
  });
  assert.deepEqual(printed.split('\n').slice(0, -1), words);
});
