/** Docker and its like: programs that build an OCI image of a folder with a Dockerfile. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../config/expand-path.ts';
import { programEnvironment } from '../config/program-environment.ts';
import { ServiceError } from '../errors.ts';
import type { Builder, BuiltImage, ImageRequest } from './builder.ts';
import { planContext, writeContext } from './context.ts';
import { toDockerfile } from './dockerfile.ts';
import { buildSecrets } from './image-layout.ts';
import { type BuildWords, toBuildctlWords, toWords } from './program-options.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

/** What tells such programs apart. */
interface ProgramRow {
  readonly name: string;
  readonly program: string;
  /** What comes before the words of a build. */
  readonly build: readonly string[];
  /** A question that it answers with success only if it can build. */
  readonly health: readonly string[];
  readonly install: string;
  /** What to do where whatever does its work does not answer. */
  readonly start: string;
  /** Environment where ours says nothing else. */
  readonly defaults: Environment;
  readonly platforms?: readonly NodeJS.Platform[];
  /** Whether several platforms get a list of manifests, which is tagged and pushed as such. */
  readonly hasManifestLists: boolean;
  /** Whether one push of the build itself sends every reference; else each is pushed after it. */
  readonly pushes: boolean;
  toWords(build: BuildWords): readonly string[];
}

const dockerDefaults = { DOCKER_BUILDKIT: '1', DOCKER_SCAN_SUGGEST: 'false' };
const buildahDefaults = { BUILDAH_FORMAT: 'oci' };
const asDocker = (build: BuildWords) => toWords(build, { hasProgress: true, hasManifestLists: false });
const asBuildah = (build: BuildWords) => toWords(build, { hasProgress: false, hasManifestLists: true });

const rows: readonly ProgramRow[] = [
  {
    name: 'docker',
    program: 'docker',
    build: ['build'],
    health: ['version', '--format', '{{.Client.Version}} {{.Server.Version}}'],
    install: 'install Docker',
    start: 'start its daemon, or let DOCKER_HOST say where it is',
    defaults: dockerDefaults,
    hasManifestLists: false,
    pushes: false,
    toWords: asDocker,
  },
  {
    name: 'podman',
    program: 'podman',
    build: ['build'],
    health: ['info', '--format', '{{.Version.Version}}'],
    install: 'install Podman',
    start: 'start its machine: podman machine start',
    defaults: buildahDefaults,
    hasManifestLists: true,
    pushes: false,
    toWords: asBuildah,
  },
  {
    name: 'buildah',
    program: 'buildah',
    build: ['build'],
    health: ['info'],
    install: 'install Buildah',
    start: 'see that its storage can be written',
    defaults: buildahDefaults,
    platforms: ['linux', 'freebsd'],
    hasManifestLists: true,
    pushes: false,
    // Else all of it would be one layer, sent whole for every change of the code.
    toWords: (build) => [...(build.request.options.has('layers') ? [] : ['--layers']), ...asBuildah(build)],
  },
  {
    name: 'nerdctl',
    program: 'nerdctl',
    build: ['build'],
    health: ['version'],
    install: 'install nerdctl',
    start: 'start containerd and buildkitd',
    defaults: {},
    platforms: ['linux', 'freebsd', 'darwin'],
    hasManifestLists: false,
    pushes: false,
    toWords: asDocker,
  },
  {
    name: 'buildx',
    program: 'docker',
    build: ['buildx', 'build'],
    health: ['buildx', 'inspect'],
    install: 'install Docker with its plugin buildx',
    start: 'start its daemon or its builder: docker buildx ls lists them',
    defaults: dockerDefaults,
    hasManifestLists: false,
    pushes: true,
    toWords: (build) => [...outputOfBuildx(build.request), ...asDocker(build)],
  },
  {
    name: 'buildctl',
    program: 'buildctl',
    build: ['build'],
    health: ['debug', 'workers'],
    install: 'install BuildKit',
    start: 'start buildkitd, or let BUILDKIT_HOST say where it is',
    defaults: {},
    platforms: ['linux', 'freebsd', 'darwin'],
    hasManifestLists: false,
    pushes: true,
    toWords: toBuildctlWords,
  },
];

/** In the order in which one is looked for. */
export const programBuilders: readonly Builder[] = rows.map((row) => ({
  name: row.name,
  findProblem: (environment) => findProblem(row, environment),
  build: (request) => buildWith(row, request),
}));

const healthMs = 10_000;

async function findProblem(row: ProgramRow, environment: Environment): Promise<string | undefined> {
  const { program, health, install, start, platforms } = row;
  if (platforms && !platforms.includes(process.platform)) return `there is none for ${process.platform}`;
  const end = await ask(row, health, environment);
  if (end.kind === 'done') return row.name === 'docker' ? findProblemOfDocker(end.output, row, environment) : undefined;
  if (end.kind === 'missing') return `the program ${program} is not on the PATH; ${install}`;
  const [said = ''] = lastWords(end.output);
  if (/permission denied/i.test(end.output))
    return `you may not use it (${said}); let yourself be added to its group, or use --run-as-root`;
  if (/is not a docker command|unknown command/i.test(end.output)) return `${said}; ${install}`;
  return `${program} ${health.join(' ')} ${end.how}${said === '' ? '' : ` (${said})`}; ${start}`;
}

/** From 23 on Docker's own program leaves BuildKit to a plugin. */
async function findProblemOfDocker(versions: string, row: ProgramRow, environment: Environment) {
  if (!usesBuildKit(row, environment)) return undefined;
  const [client = 0, server = 0] = versions.trim().split(' ').map(Number.parseFloat);
  const orElse = 'or set DOCKER_BUILDKIT=0 to build without';
  if (server < 18.09) return `its server is of version ${server}, which has no BuildKit; get a newer one, ${orElse}`;
  if (client < 23) return undefined;
  const end = await ask(row, ['buildx', 'version'], environment);
  return end.kind === 'done' ? undefined : `it lacks its plugin buildx; install that, ${orElse}`;
}

function ask(
  { program, defaults }: ProgramRow,
  words: readonly string[],
  environment: Environment,
): Promise<ProgramEnd> {
  return runProgram({
    program,
    words,
    environment: programEnvironment(defaults, environment),
    signal: new AbortController().signal,
    timeoutMs: healthMs,
    onOutput: () => {},
    asks: false,
  });
}

async function buildWith(row: ProgramRow, request: ImageRequest): Promise<BuiltImage> {
  const { source, scratch, signal, references, options } = request;
  const hasMounts = usesBuildKit(row, request.environment);
  refuseWhatItCannot(row, request, hasMounts);
  const context = await planContext(source, request.warn);
  const folder = join(scratch, 'context');
  const dockerfile = 'Dockerfile';
  await mkdir(folder);
  await writeContext(context, toDockerfile(source, context, { hasMounts }), folder, signal);
  const secretFiles = await writeSecrets(request);
  const digestFile = join(scratch, 'digest');
  const words = row.toWords({ request, folder, dockerfile, digestFile, secretFiles });
  await call(row, [...row.build, ...words], request, 'build it');
  const digest = await readDigest(digestFile);
  const isList = request.platforms.length > 1 && row.hasManifestLists;
  if (isList) {
    for (const reference of references.slice(1)) {
      await call(row, ['tag', references[0] ?? '', reference], request, `tag it ${reference}`);
    }
  }
  if (request.isPushed && !row.pushes) {
    for (const [at, reference] of references.entries()) {
      const push = isList ? ['manifest', 'push', '--all', reference, `docker://${reference}`] : ['push', reference];
      const done = at === 0 ? '' : `, while ${references.slice(0, at).join(', ')} had been pushed`;
      await call(row, push, request, `push it to ${reference}${done}`);
    }
  }
  return { references: options.has('output') ? [] : references, digest };
}

/** Without BuildKit Docker mounts nothing while it builds. */
function usesBuildKit({ defaults, name }: ProgramRow, environment: Environment): boolean {
  if (name !== 'docker') return true;
  return !/^(?:0|false)$/i.test(programEnvironment(defaults, environment).DOCKER_BUILDKIT ?? '');
}

function refuseWhatItCannot({ name }: ProgramRow, request: ImageRequest, hasMounts: boolean): void {
  const { source, platforms, isPushed, options } = request;
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
  const secrets = buildSecrets(source);
  if (!hasMounts && secrets.length > 0) {
    const problem = `it has variables for the build alone (${secrets.join(', ')}), which only BuildKit keeps out of the image`;
    throw refuse(`${problem}; leave DOCKER_BUILDKIT out`);
  }
  if (name === 'buildx' && platforms.length > 1 && !isPushed && !options.has('output')) {
    throw refuse(
      'an image of several platforms has to go somewhere; add --push, or --opt output=type=oci,dest=image.tar',
    );
  }
}

/** Without a place to go, buildx would keep what it has made to itself. */
function outputOfBuildx({ isPushed, options }: ImageRequest): readonly string[] {
  if (isPushed) return ['--push'];
  return ['load', 'output'].some((name) => options.has(name)) ? [] : ['--load'];
}

/** Each in a file of its own, for nobody else to read: words and variables of programs are seen by others. */
async function writeSecrets({ secrets, secretScratch }: ImageRequest): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const [name, value] of secrets) {
    const file = join(secretScratch, name);
    await writeFile(file, value, { mode: 0o600, flag: 'wx' });
    files.set(name, file);
  }
  return files;
}

async function call(row: ProgramRow, words: readonly string[], request: ImageRequest, what: string): Promise<void> {
  const { isRoot, signal, timeoutMs, onOutput, secrets, source } = request;
  const names = Object.keys(row.defaults).join(',');
  const [program = '', ...before] = isRoot
    ? ['sudo', ...(names === '' ? [] : [`--preserve-env=${names}`]), row.program]
    : [row.program];
  const environment = programEnvironment(row.defaults, request.environment);
  const run = { program, words: [...before, ...words], environment, signal, timeoutMs, onOutput, asks: isRoot };
  const end = await runProgram(run);
  if (end.kind === 'done') return;
  const problem = `${row.name} could not ${what}: ${describeEnd(end, program, onOutput === undefined)}`;
  throw new ServiceError('IMAGE_FAILED', { bento: source.tag, problem: hide(problem, secrets) });
}

function describeEnd(end: Exclude<ProgramEnd, { kind: 'done' }>, program: string, isShown: boolean): string {
  if (end.kind === 'missing') return `the program ${program} is not on the PATH`;
  const said = lastWords(end.output).slice(0, 5).reverse();
  if (said.length > 0) return `${program} ${end.how}, after it had said: ${said.join(' | ')}`;
  return `${program} ${end.how}${isShown ? '; what it has printed says why' : ''}`;
}

/** The last lines, the very last one first. */
function lastWords(output: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a line is none of it
  const lines = output.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').split(/[\r\n]+/);
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .reverse();
}

function hide(text: string, secrets: ReadonlyMap<string, string>): string {
  let hidden = text;
  for (const value of secrets.values()) if (value.length > 2) hidden = hidden.replaceAll(value, '…');
  return hidden;
}

/** A digest by itself, or in the document of buildctl. */
async function readDigest(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => ''); // some write none
  return /sha256:[0-9a-f]{64}/.exec(text)?.[0];
}
