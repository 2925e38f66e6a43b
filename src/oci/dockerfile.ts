/** Writes the Dockerfile of a bento: pure, and of no text in it can anything but its own instruction be made. */
import type { ImageStep } from '../spec/image.ts';
import { baseOf, quoteForShell } from '../spec/image-info.ts';
import { type Distro, distros } from '../spec/image-tables.ts';
import { never } from '../spec/never.ts';
import type { ImageSource } from './builder.ts';
import {
  authorVariables,
  buildSecrets,
  entrypointFile,
  healthCheck,
  imageLayout,
  imageUser,
  labelsOf,
  nodePath,
  ownVariables,
} from './image-layout.ts';
import { type InstallPlan, toInstalls } from './install-packages.ts';

/** What is in the folder that the builder gets beside the Dockerfile. */
export interface ContextContent {
  /** Whether there are scripts that steps run. */
  readonly hasScripts: boolean;
  /** Folders of models: `models/0`, `models/1`, … */
  readonly modelCount: number;
  readonly npm: InstallPlan;
  /** Commands that install Python packages, for a shell in the folder of the bento. */
  readonly python: readonly string[];
}

/** Folders of the context. */
export const contextLayout = {
  bentots: 'bentots',
  steps: 'steps',
  install: 'install',
  models: 'models',
  code: 'code',
} as const;

/** What a builder understands. */
export interface DockerfileStyle {
  /** Caches and secrets that are mounted: everything but Docker without BuildKit. */
  readonly hasMounts: boolean;
}

/** The layers in the order in which they change: runtime, system packages, dependencies, each model, code. */
export function toDockerfile(source: ImageSource, content: ContextContent, style: DockerfileStyle): string {
  const { image } = source;
  const base = baseOf(image, source.nodeMajor);
  const writer: Writer = { source, style, run: createRun(source, style) };
  const { run } = writer;
  const at = image.steps.findIndex(({ kind }) => kind === 'install');
  const toRun = (step: ImageStep) => runStep(step, writer);
  const own = `${imageUser.id}:${imageUser.id}`;
  const files = content.hasScripts ? [`COPY --chown=${own} ${contextLayout.steps}/ ./`] : [];
  const lines = [
    '# Made by bentots. What is to change here is the description of the image, and not this file.',
    ...(base.hasNode ? [] : [`FROM ${distros.debian.base(base.node)} AS node`, '']),
    `FROM ${base.reference}`,
    'USER 0:0',
    ...(base.hasNode ? [] : nodeFiles),
    ...setVariables({ ...ownVariables, NODE_PATH: nodePath(source) }),
    ...setVariables(authorVariables(source)),
    `WORKDIR ${imageLayout.bento}`,
    `COPY ${contextLayout.bentots}/ ${imageLayout.bentots}/`,
    run(prepare(base.hasNode)),
    ...files,
    ...image.steps.slice(0, at).map(toRun),
    ...installPackages(content, own, writer),
    ...image.steps.slice(at + 1).map(toRun),
    ...Array.from({ length: content.modelCount }, (_, index) => {
      return `COPY --chown=${own} ${contextLayout.models}/${index}/ ./`;
    }),
    `COPY --chown=${own} ${contextLayout.code}/ ./`,
    ...Object.entries(labelsOf(source)).map(([name, value]) => `LABEL ${quote(name)}=${quote(value)}`),
    ...setVariables({ HOME: imageLayout.home }),
    `EXPOSE ${imageLayout.port}`,
    `USER ${own}`,
    'STOPSIGNAL SIGTERM',
    toHealthCheck(),
    `ENTRYPOINT ${toJson([`${imageLayout.bentots}/${entrypointFile}`])}`,
    'CMD []',
  ];
  return `${lines.join('\n')}\n`;
}

// The programs of Node as its own images have them, for a base with the C library of the same kind.
const nodeFiles = [
  'COPY --from=node /usr/local/bin/node /usr/local/bin/node',
  'COPY --from=node /usr/local/lib/node_modules/npm/ /usr/local/lib/node_modules/npm/',
];

/** The user, by the two files that every distribution has: programs that add one are not in every base. */
function prepare(hasNode: boolean): string {
  const { name, id } = imageUser;
  const npm = 'ln -sf ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm';
  const noNode = "echo 'the base of this OCI image has no Node: take one that brings it, or name none' >&2; exit 1";
  return [
    'set -e',
    ...(hasNode ? [] : [npm]),
    `command -v node >/dev/null || { ${noNode}; }`,
    `if ! grep -q '^${name}:' /etc/passwd; then`,
    `  echo '${name}:x:${id}:${id}::${imageLayout.home}:/bin/sh' >> /etc/passwd`,
    `  echo '${name}:x:${id}:' >> /etc/group`,
    'fi',
    'mkdir -p /usr/local/bin',
    `ln -sf ${imageLayout.bentots}/bin/bento.js /usr/local/bin/bento`,
    `chown ${id}:${id} ${imageLayout.home} ${imageLayout.bento}`,
    '/usr/local/bin/bento --version', // which refuses a Node that is too old
  ].join('\n');
}

interface Mount {
  readonly target: string;
}

type Run = (command: string, caches?: readonly Mount[]) => string;

interface Writer {
  readonly source: ImageSource;
  readonly style: DockerfileStyle;
  readonly run: Run;
}

/**
 * An instruction that runs a command. As JSON it is one line whatever the command is: no continued line, no here-document,
 * no flag, no comment can come of it. What the build alone knows is exported first, so that all of the command has it.
 */
function createRun(source: ImageSource, { hasMounts }: DockerfileStyle): Run {
  const secrets = buildSecrets(source);
  const mounts = secrets.map((name) => `--mount=type=secret,id=${name}`);
  const shown = Object.entries(authorVariables(source)).filter(([, value]) => !isOneLine(value));
  const exports = [
    ...shown.map(([name, value]) => `export ${name}=${quoteForShell(value)}`),
    // Who builds may lack one that is needed only while it runs.
    ...secrets.map((name) => {
      const file = `${imageLayout.secrets}/${name}`;
      return `if [ -f ${file} ]; then ${name}="$(cat ${file})"; export ${name}; fi`;
    }),
  ];
  return (command, caches = []) => {
    const kept = caches.map(({ target }) => `--mount=type=cache,sharing=locked,target=${target}`);
    const flags = hasMounts ? [...kept, ...mounts] : [];
    return ['RUN', ...flags, toJson(['/bin/sh', '-c', [...exports, command].join('\n')])].join(' ');
  };
}

function runStep(step: ImageStep, writer: Writer): string {
  const { source, run } = writer;
  switch (step.kind) {
    case 'systemPackages':
      return installSystem(step.packages, writer);
    case 'run':
      return run(step.command);
    case 'runScript': {
      const file = quoteForShell(`./${source.scripts[step.path]}`);
      return run(`chmod +x ${file} && ${file}`);
    }
    case 'install':
      return run('true'); // it has a place of its own
    default:
      return never(step);
  }
}

// Where a distribution keeps what it has fetched; locked, since two builds at once would break it.
const systemCaches: Readonly<Record<Distro, readonly Mount[]>> = {
  debian: [{ target: '/var/cache/apt' }, { target: '/var/lib/apt' }],
  alpine: [],
  ubi: [{ target: '/var/cache/dnf' }],
  amazonlinux: [{ target: '/var/cache/dnf' }],
};

function installSystem(packages: readonly string[], { source, style: { hasMounts }, run }: Writer): string {
  const { distro = 'debian' } = source.image;
  const [command, end] = distros[distro].install;
  const caches = hasMounts ? systemCaches[distro] : [];
  // What lies in a cache is in no layer, so that there is nothing to clean up; Debian's images would empty it.
  const begin = caches.length > 0 && distro === 'debian' ? 'rm -f /etc/apt/apt.conf.d/docker-clean && ' : '';
  const words = `${begin}${command} ${packages.map(quoteForShell).join(' ')}`;
  return run(caches.length > 0 ? words : `${words} ${end}`.trimEnd(), caches);
}

function installPackages({ npm, python }: ContextContent, own: string, writer: Writer): readonly string[] {
  const { run } = writer;
  const installs = toInstalls(npm);
  if (installs.length === 0 && python.length === 0) return [];
  return [
    `COPY --chown=${own} ${contextLayout.install}/ ./`,
    ...installs.map(({ command, cache }) => run(command, [{ target: cache }])),
    ...(python.length > 0 ? installPython(python, writer) : []),
  ];
}

// Debian has what makes environments in a package of its own.
const pythonOf: Readonly<Record<Distro, readonly string[]>> = {
  debian: ['python3', 'python3-venv'],
  alpine: ['python3', 'py3-pip'],
  ubi: ['python3.12', 'python3.12-pip'],
  amazonlinux: ['python3.12', 'python3.12-pip'],
};

function installPython(commands: readonly string[], writer: Writer): readonly string[] {
  const { run } = writer;
  const { distro } = writer.source.image;
  const { python } = imageLayout;
  const newest = '$(command -v python3.12 || command -v python3)';
  const noPython = "echo 'the base has no Python: name its distro, or take one that brings it' >&2; exit 1";
  const make = [
    `python="${newest}" || { ${noPython}; }`,
    `"$python" -m venv ${python} && ${python}/bin/pip install --quiet --disable-pip-version-check uv`,
  ].join('\n');
  return [
    ...(distro === undefined ? [] : [installSystem(pythonOf[distro], writer)]),
    run(make, [{ target: '/root/.cache' }]),
    ...setVariables({
      VIRTUAL_ENV: python,
      UV_PROJECT_ENVIRONMENT: python,
      UV_COMPILE_BYTECODE: '1',
      UV_LINK_MODE: 'copy',
    }),
    `ENV PATH=${python}/bin:$PATH`,
    ...commands.map((command) => run(command, [{ target: '/root/.cache' }])),
  ];
}

/** Those that a line can say; `bento serve` sets the others, and commands get them with what is secret. */
function setVariables(variables: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(variables).flatMap(([name, value]) =>
    isOneLine(value) ? [`ENV ${name}=${quote(value)}`] : [],
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the description of an image refuses the same ones
const isOneLine = (value: string) => !/[\0-\x08\x0a-\x1f\x7f\u2028\u2029]/.test(value);

/** A value between quotes, in which nothing is filled in: https://docs.docker.com/reference/dockerfile/#environment-replacement */
const quote = (value: string) => `"${value.replace(/["\\$]/g, '\\$&')}"`;

/** No here-document begins without this sign, which JSON can say in another way. */
const toJson = (words: readonly string[]) =>
  `[${words.map((word) => JSON.stringify(word).replaceAll('<', '\\u003c')).join(', ')}]`.replace(
    /[\x7f-\u009f\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function toHealthCheck(): string {
  const { command, intervalMs, timeoutMs, startPeriodMs, retries } = healthCheck;
  const flags = [
    `--interval=${intervalMs / 1000}s`,
    `--timeout=${timeoutMs / 1000}s`,
    `--start-period=${startPeriodMs / 1000}s`,
    `--retries=${retries}`,
  ];
  return `HEALTHCHECK ${flags.join(' ')} CMD ${toJson(command)}`;
}
