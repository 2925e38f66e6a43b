/** The Dockerfile, read back by a parser that is not ours. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DockerfileParser, type JSONInstruction } from 'dockerfile-ast';
import fc from 'fast-check';
import { Image, type ImageOptions } from '../spec/image.ts';
import { type Distro, distroNames, distros, nodeVersions } from '../spec/image-tables.ts';
import { isVariableName } from '../spec/variable-name.ts';
import type { ImageSource, ImageVariable } from './builder.ts';
import { type ContextContent, toDockerfile } from './dockerfile.ts';

const source = (image: Image, more: Partial<ImageSource> = {}): ImageSource => ({
  tag: 'hello:v1',
  folder: '/bento',
  image: image.toData(),
  nodeMajor: 24,
  scripts: {},
  variables: [],
  packages: { manager: 'npm', lockfile: 'package-lock.json', project: '' },
  models: [],
  bentots: '/bentots',
  ...more,
});

const content = (image: Image, more: Partial<ContextContent> = {}): ContextContent => {
  const step = image.toData().steps.find(({ kind }) => kind === 'install');
  const extra = step?.kind === 'install' ? step.npmPackages : [];
  const locked = source(image).packages;
  return {
    hasScripts: false,
    modelCount: 0,
    npm: { locked, managerVersion: undefined, isUnlocked: false, extra },
    python: [],
    ...more,
  };
};

const write = (image: Image, more: Partial<ImageSource> = {}, inside: Partial<ContextContent> = {}) =>
  toDockerfile(source(image, more), content(image, inside), { hasMounts: true });

/** Each instruction as the parser has it: its word, its flags, and what follows. */
function read(text: string) {
  const file = DockerfileParser.parse(text);
  assert.deepEqual(file.getDirectives(), []);
  return file.getInstructions().map((instruction) => {
    const { start, end } = instruction.getRange();
    assert.equal(start.line, end.line, 'one line each');
    const flags = 'getFlags' in instruction ? (instruction as JSONInstruction).getFlags().map(String) : [];
    return { word: instruction.getKeyword(), flags, rest: instruction.getRawArgumentsContent() ?? '' };
  });
}

/** What a RUN hands to the shell. */
const commandOf = (rest: string) => {
  const [shell, flag, command, ...more] = JSON.parse(rest.replace(/^(?:--\S+ )*/, '')) as string[];
  assert.deepEqual([shell, flag, more], ['/bin/sh', '-c', []]);
  return command ?? '';
};

const commandsOf = (text: string) =>
  read(text)
    .filter(({ word }) => word === 'RUN')
    .map(({ rest }) => commandOf(rest));

const options: readonly ImageOptions[] = distroNames.flatMap((distro: Distro) => [
  ...nodeVersions.filter((node) => distros[distro].nodeVersions.includes(node)).map((node) => ({ distro, node })),
  ...(distros[distro].cudaBase
    ? [
        { distro, cuda: '12.8' },
        { distro, cuda: '11.7' },
      ]
    : []),
]);

test('layers are in the order in which they change: runtime, system packages, dependencies, each model, code', () => {
  const image = new Image().systemPackages('ffmpeg').npmPackages('sharp@0.35').run('ldconfig');
  const lines = write(image, { scripts: {} }, { modelCount: 2 }).split('\n');
  const at = (part: string) => {
    const found = lines.findIndex((line) => line.includes(part));
    assert.ok(found >= 0, part);
    return found;
  };
  const order = ['FROM node:24-slim', 'COPY bentots/', 'ffmpeg', 'install/ ./', 'npm ci', 'sharp@0.35', 'ldconfig'];
  const places = [...order, 'models/0/ ./', 'models/1/ ./', 'code/ ./', 'USER 1034:1034', 'ENTRYPOINT'].map(at);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('every distribution, Node and CUDA gives a file with one base, caches that are locked, and a start as nobody special', () => {
  for (const option of options) {
    const image = new Image(option).systemPackages('git');
    const instructions = read(write(image, {}, { python: ['uv pip install x'] }));
    const from = instructions.filter(({ word }) => word === 'FROM').map(({ rest }) => rest);
    const bringsNode = option.cuda === undefined && distros[option.distro ?? 'debian'].hasNode;
    assert.equal(from.length, bringsNode ? 1 : 2, JSON.stringify(option));
    const caches = instructions.flatMap(({ flags }) => flags.filter((flag) => flag.includes('type=cache')));
    assert.ok(caches.length >= 2 && caches.every((flag) => /type=cache,sharing=locked,target=\//.test(flag)));
    const last = instructions.slice(-6).map(({ word, rest }) => `${word} ${rest}`);
    assert.deepEqual(
      last.filter((line) => /^(?:USER|STOPSIGNAL|ENTRYPOINT|CMD)/.test(line)),
      ['USER 1034:1034', 'STOPSIGNAL SIGTERM', 'ENTRYPOINT ["/opt/bentots/entrypoint.sh"]', 'CMD []'],
    );
  }
});

test('the base with CUDA is named as NVIDIA names it, which depends on the version', () => {
  const baseOf = (cuda: string) => /^FROM (nvidia\S+)$/m.exec(write(new Image({ cuda })))?.[1];
  assert.equal(baseOf('12.6'), 'nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04');
  assert.equal(baseOf('12.1'), 'nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04');
});

const buildVariable = (name: string, value = ''): ImageVariable => ({ name, value, stage: 'build', isSecret: false });

test('what the build alone knows reaches every command that runs, and all of its parts, and is in no instruction', () => {
  const image = new Image().systemPackages('git').npmPackages('sharp').run('a && b || c');
  const variables = [buildVariable('HF_TOKEN', 'hunter2'), buildVariable('OTHER', 'hunter3')];
  const text = write(image, { variables }, { python: ['uv pip install x'] });
  const runs = read(text).filter(({ word }) => word === 'RUN');
  assert.ok(runs.length >= 6);
  for (const { flags, rest } of runs) {
    assert.deepEqual(
      flags.filter((flag) => flag.includes('secret')),
      ['--mount=type=secret,id=HF_TOKEN', '--mount=type=secret,id=OTHER'],
    );
    assert.match(commandOf(rest), /HF_TOKEN="\$\(cat \/run\/secrets\/HF_TOKEN\)"; export HF_TOKEN; fi\n/);
  }
  assert.match(text, /a && b \|\| c"\]$/m);
  assert.doesNotMatch(text, /hunter/);
});

test('variables that hold while it runs, and secrets, are in no instruction', () => {
  const variables: ImageVariable[] = [
    { name: 'RUNS', value: 'r1', stage: 'runtime', isSecret: false },
    { name: 'KEY', value: '', stage: 'all', isSecret: true },
    { name: 'BOTH', value: 'b1', stage: 'all', isSecret: false },
  ];
  const words = read(write(new Image(), { variables })).filter(({ word }) => word === 'ENV');
  assert.ok(words.some(({ rest }) => rest === 'BOTH="b1"'));
  assert.ok(!words.some(({ rest }) => /RUNS|KEY/.test(rest)));
});

test('without mounts there are none, and system packages leave nothing behind', () => {
  const image = new Image().systemPackages('git');
  const text = toDockerfile(source(image), content(image), { hasMounts: false });
  assert.doesNotMatch(text, /--mount/);
  assert.match(text, /git && rm -rf \/var\/lib\/apt\/lists/);
});

// What has a meaning to a Dockerfile, a shell or both.
const nasty = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('\\', '\n', '\r\n', '"', "'", '$(id)', '`id`', '$', '{X}', '$X', '<<EOF', '<<-E', '0<<E', '# ', '#', ' ', '\t',
        '--mount=type=bind', '--network=host', '[', ']', '"]', ',', 'RUN', 'FROM x', 'USER 0', 'ONBUILD', '&&', '||', ';', '\u2028',
        '\u0085', '\u000b', '\0', '# syntax=evil', '# escape=`', '\\\n', '\ufeff', '%', '!', '\u{1f600}', '\ud800', 'é', 'EOF'),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
); // biome-ignore format: a list reads as a list

/** What the description or the bento has of the text; undefined where it is refused there. */
const attempt = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};

test('no text of a description or a bento makes anything but its own instruction', () => {
  const plain = read(write(new Image().systemPackages('git').run('true'), { variables: [] })).map(({ word }) => word);
  fc.assert(
    fc.property(
      fc.constantFrom(
        'run',
        'env',
        'base',
        'python',
        'label',
        'package',
        'npm',
        'value',
        'secret',
        'project',
        'name',
        'secret name',
      ),
      nasty,
      (kind, text) => {
        const isName = kind === 'name' || kind === 'secret name';
        if (isName && !isVariableName(text)) return; // refused where the bento is read
        const base = new Image().systemPackages('git');
        const image = attempt(() => {
          if (kind === 'run') return base.run(text);
          if (kind === 'env') return base.run('true').env({ NAME: text });
          if (kind === 'label') return base.run('true').labels({ name: text });
          if (kind === 'package') return base.systemPackages(text);
          if (kind === 'base') return new Image({ base: text, distro: 'debian' }).systemPackages('git').run('true');
          if (kind === 'python') return base.pythonPackages(text).run('true');
          if (kind === 'npm') return base.npmPackages(`sharp@${text}`);
          return base.run('true');
        });
        if (!image) return; // refused by the description itself
        const name = isName ? text : 'NAME';
        const stage = kind.startsWith('secret') ? 'build' : 'all';
        const variables: ImageVariable[] =
          isName || kind === 'value' || kind === 'secret'
            ? [{ name, value: isName ? 'value' : text, stage, isSecret: false }]
            : [];
        const packages = { manager: 'npm', lockfile: 'package-lock.json', project: kind === 'project' ? text : '' };
        const npm = { ...content(image).npm, locked: packages };
        const written = write(image, { variables, packages }, { npm });
        const instructions = read(written);
        const added = ['env', 'label', 'value', 'name'].includes(kind) ? ['ENV', 'LABEL'] : ['RUN', 'ENV'];
        const rest = instructions.map(({ word }) => word).filter((word) => !added.includes(word));
        assert.deepEqual(
          rest,
          plain.filter((word) => !added.includes(word)),
        );
        for (const { word, flags, rest: words } of instructions) {
          if (word === 'RUN') {
            commandOf(words);
            assert.ok(
              flags.every(
                (flag) =>
                  flag === `--mount=type=secret,id=${name}` ||
                  /^--mount=type=cache,sharing=locked,target=\/[\w/.]+$/.test(flag),
              ),
            );
          }
        }
        if (kind === 'run') assert.ok(commandsOf(written).includes(text), 'the shell gets the very command');
        if (kind === 'env' || kind === 'label') {
          const [key, keyword] = kind === 'env' ? ['NAME', 'ENV'] : ['name', 'LABEL'];
          const found = instructions.filter(
            ({ word, rest }) => word === keyword && rest.replaceAll('"', '').startsWith(`${key}=`),
          );
          assert.equal(found.length, 1);
          const [, value] = /^"?\w+"?="((?:[^"\\$]|\\["\\$])*)"$/u.exec(found[0]?.rest ?? '') ?? [];
          assert.equal(value?.replace(/\\(["\\$])/g, '$1'), text, 'and the container the very value');
        }
      },
    ),
    {
      numRuns: 1500,
      examples: [
        ['name', 'A="x"\nRUN touch /x\nENV B'],
        ['name', '_A1'],
        ['secret name', '../../escaped'],
        ['secret name', 'A,target=/etc'],
        ['env', '\u0085'],
        ['run', 'a \\'],
      ],
    },
  );
});
