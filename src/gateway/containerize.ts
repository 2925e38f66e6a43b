/** Makes OCI images of bentos for programs and for the command line. */
import { rmSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { type BuiltBento, isBento, layout, loadBuiltBento } from '../build/built-bento.ts';
import { containerizeOptions } from '../config/build-options.ts';
import type { Environment } from '../config/expand-path.ts';
import { programEnvironment } from '../config/program-environment.ts';
import { fromEnvironment, type Given, resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import type { ImageProgress, ImageSource } from '../oci/builder.ts';
import { chooseBuilder, findBuilder } from '../oci/choose-builder.ts';
import { planContext, writeContext } from '../oci/context.ts';
import { toDockerfile } from '../oci/dockerfile.ts';
import { buildSecrets } from '../oci/image-layout.ts';
import { assertOptions } from '../oci/program-options.ts';
import { parseReference } from '../registry/reference.ts';
import { copyOf } from '../sdk/copy.ts';
import { Image } from '../spec/image.ts';
import { distros } from '../spec/image-tables.ts';
import { bentoKind } from '../store/bento-record.ts';
import { openBentos } from '../store/bentos.ts';
import { type StoreOptions, toPlace } from '../store/open-options.ts';
import { openStaging } from '../store/staging.ts';

/** The Dockerfile of a bento. */
export interface BentoDockerfile {
  /** Tag of the bento. */
  readonly tag: string;
  readonly text: string;
  /** Writes the folder in which it is built, with the file itself; it has to be empty, or not to be there. */
  writeContext(folder: string, signal: AbortSignal): Promise<void>;
}

/**
 * The Dockerfile that a builder gets.
 * @param bento its tag, or its folder.
 * @throws ServiceError `STORE_ITEM_MISSING`, `BENTO_UNSERVABLE`, `IMAGE_FAILED`
 */
export async function createDockerfile(bento: string, options: StoreOptions = {}): Promise<BentoDockerfile> {
  const source = await findSource(bento, options);
  const context = await planContext(source, toPlace(options).warn);
  const text = toDockerfile(source, context, { hasMounts: true });
  return {
    tag: source.tag,
    text,
    async writeContext(folder, signal) {
      await mkdir(folder, { recursive: true });
      const [there] = await readdir(folder);
      if (there !== undefined) {
        const problem = `${folder} is not empty: it has ${there}; name a new folder`;
        throw new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
      }
      await writeContext(context, text, folder, signal);
    },
  };
}

/** What can be said of how an OCI image is made; defaults stand in the options reference. */
export interface ContainerizeOptions extends StoreOptions, Given<typeof containerizeOptions> {
  /** References that it gets, such as `registry.example.com/team/embedder:1.4`. @default the tag of the bento */
  readonly references?: readonly string[];
  /** What the builder alone understands, as its options are called: `{ 'build-arg': ['A=b'], 'no-cache': true }`. */
  readonly options?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Environment variables of the builder, beside ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Ends the builder. */
  readonly signal?: AbortSignal;
  /** Is told what the builder prints. @default it goes to standard error */
  readonly onOutput?: (text: string) => void;
  /** Is told how much of what our own builder fetches or sends is there. */
  readonly onProgress?: (progress: ImageProgress) => void;
  /** @deprecated BentoML's old name for `references`. */
  readonly tags?: string | readonly string[];
  /** @deprecated BentoML's old name for `environment`. */
  readonly subprocess_env?: Readonly<Record<string, string>>;
}

/** An OCI image of a bento. */
export interface ContainerizeResult {
  /** Tag of the bento. */
  readonly bento: string;
  /** Name of the builder. */
  readonly backend: string;
  /** Empty where an option of the builder says where it goes. */
  readonly references: readonly string[];
  /** `sha256:…`, as the builder says it; undefined where it says none. */
  readonly digest: string | undefined;
  /** Absolute path of the file or folder that the native builder has written; undefined for others, or if it was pushed. */
  readonly place?: string | undefined;
}

/**
 * Makes an OCI image of a bento, whole or not at all.
 *
 * @param bento its tag, or its folder.
 * @example
 * ```ts
 * const { references } = await build('embedder:latest', { references: ['registry.example.com/team/embedder:1.4'], push: true });
 * ```
 * @throws ServiceError `BUILDER_UNAVAILABLE` saying how to get a builder, `IMAGE_FAILED` with what it said,
 *   `REFERENCE_INVALID`, `OPTION_INVALID`, `OPTION_UNKNOWN`, `STORE_ITEM_MISSING`, `BENTO_UNSERVABLE`
 */
export async function containerize(bento: string, options: ContainerizeOptions = {}): Promise<ContainerizeResult> {
  const {
    home,
    onWarning,
    references: named,
    options: own = {},
    environment: said,
    signal,
    onOutput,
    onProgress = () => {},
    ...more
  } = options;
  const { tags, subprocess_env: oldEnvironment, ...given } = more;
  const place = toPlace(options);
  const deprecated = (old: string, name: string) => place.warn(`${old} is an old name; say ${name}`);
  if (tags !== undefined) deprecated('tags', 'references');
  if (oldEnvironment !== undefined) deprecated('subprocess_env', 'environment');
  const environment = said ?? oldEnvironment ?? {};
  const everything = programEnvironment({}, environment);
  const settings = resolveOptions(
    containerizeOptions,
    { ...fromEnvironment(containerizeOptions, everything), ...given },
    where,
  );
  const words = toBuilderOptions(own);
  assertOptions(words, where);
  const references = named ?? (tags === undefined ? [] : [tags].flat());
  for (const reference of references) refuseDigest(reference);
  const { backend, platforms, push, progress, runAsRoot, timeoutMs } = settings;
  if (push && references.length === 0) {
    const wanted = 'given with a reference that says which registry: -t registry.example.com/team/name:1.0';
    throw new ServiceError('OPTION_INVALID', { where, name: 'push', seen: 'true', wanted });
  }
  const source = await findSource(bento, options);
  assertPlatforms(source, platforms);
  const secrets = findSecrets(source, everything);
  const builder = await chooseBuilder(backend, environment, where);
  await using staging = await openStaging(place.home, join(place.home, bentoKind.folder), place.nowMs());
  const secretScratch = await mkdtemp(join(findSecretPlace(source, staging.folder), 'bentots-secrets-'));
  const remove = () => {
    for (const folder of [secretScratch, staging.folder]) rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', remove); // a second Ctrl-C ends at once, and what is secret must not stay
  try {
    const built = await builder.build({
      source,
      references: references.length > 0 ? references : [source.tag],
      platforms,
      isPushed: push,
      progress,
      isRoot: runAsRoot,
      environment,
      timeoutMs,
      options: words,
      secrets,
      scratch: staging.folder,
      secretScratch,
      signal: signal ?? new AbortController().signal,
      onOutput,
      onProgress,
      warn: place.warn,
    });
    return { bento: source.tag, backend: builder.name, ...built };
  } finally {
    process.off('exit', remove);
    await rm(secretScratch, { recursive: true, force: true });
  }
}

const where = 'build()';

/** Whether a builder can make OCI images here. */
export interface BuilderHealth {
  readonly backend: string;
  readonly isHealthy: boolean;
  /** Why not, and what to do. */
  readonly problem: string | undefined;
}

/**
 * Looks whether a builder can make OCI images here.
 *
 * @example
 * ```ts
 * const { isHealthy, problem } = await health('docker');
 * if (!isHealthy) console.error(problem);
 * ```
 * @throws ServiceError `OPTION_INVALID` if there is none of that name.
 */
export async function checkBuilder(
  backend: string,
  { environment = {} }: Pick<ContainerizeOptions, 'environment'> = {},
): Promise<BuilderHealth> {
  const problem = await findBuilder(backend, 'health()').findProblem(environment);
  return { backend, isHealthy: problem === undefined, problem };
}

/** As the builder calls them; what is false is not said. */
function toBuilderOptions(own: NonNullable<ContainerizeOptions['options']>): ReadonlyMap<string, readonly string[]> {
  const said = Object.entries(own).filter(([, value]) => value !== false);
  return new Map(
    said.map(([name, value]) => [name.replaceAll('_', '-'), value === true ? [] : [value].flat().map(String)]),
  );
}

function refuseDigest(reference: string): void {
  const { digest } = parseReference(reference);
  if (digest === undefined) return;
  const problem = 'it has a digest, which comes of what is made; leave it out';
  throw new ServiceError('REFERENCE_INVALID', { reference: JSON.stringify(reference), problem });
}

/** A base of the author's may be for any. */
function assertPlatforms({ image, tag }: ImageSource, platforms: readonly string[]): void {
  if (image.base !== undefined) return;
  const row = distros[image.distro ?? 'debian'];
  const known = image.cuda === undefined ? row.platforms : row.cudaPlatforms;
  const wrong = platforms.find((platform) => !known.includes(platform));
  if (wrong === undefined) return;
  const problem = `its base is not there for ${wrong}, but for ${known.join(', ')}; take another distro, or a base of your own`;
  throw new ServiceError('IMAGE_FAILED', { bento: tag, problem });
}

/** The environment goes before what the bento says; one that must be given while it runs need not be there now. */
function findSecrets(source: ImageSource, environment: Environment): ReadonlyMap<string, string> {
  const names = buildSecrets(source);
  const found = source.variables.flatMap(({ name, value, isSecret, stage }) => {
    if (!names.includes(name)) return [];
    const given = Object.hasOwn(environment, name) ? environment[name] : undefined; // not what every object has
    const text = given ?? (isSecret ? undefined : value);
    if (text !== undefined) return [[name, text] as const];
    if (stage === 'all') return [];
    const problem = `it needs ${name} while it is built, which is a secret; set it in the environment`;
    throw new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
  });
  return new Map(found);
}

/** In the folder that is removed also after a process was killed, unless its path has a comma. */
function findSecretPlace({ tag }: ImageSource, scratch: string): string {
  const place = [scratch, tmpdir()].find((path) => !path.includes(','));
  if (place !== undefined) return place;
  const problem = `the paths of its home and of ${tmpdir()} have commas, at which builders cut; let TMPDIR name a folder without`;
  throw new ServiceError('IMAGE_FAILED', { bento: tag, problem });
}

/** A path goes before a tag, as where it is served. */
async function findSource(bento: string, options: StoreOptions): Promise<ImageSource> {
  const absolute = resolve(bento);
  const isFolder = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() && isBento(absolute);
  const folder = isFolder ? absolute : (await openBentos(options).get(bento)).folder;
  return toSource(await loadBuiltBento(folder));
}

async function toSource({ name, folder, manifest, variables }: BuiltBento): Promise<ImageSource> {
  const { image, packages, node, bentots } = manifest;
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('IMAGE_FAILED', { bento: name, problem }, { cause });
  if (!image) throw refuse(`bentots ${bentots} built it, before bentos kept what their images are; build it again`);
  let description: ReturnType<Image['toData']>;
  try {
    description = Image.from(image.description).toData(); // the file may have come from anywhere
  } catch (cause) {
    throw refuse(`its description of the image is broken: ${(cause as Error).message}; build it again`, cause);
  }
  for (const step of description.steps) {
    if (step.kind === 'runScript' && !/^env\/docker\/script__[0-9a-f]{32}$/.test(image.scripts[step.path] ?? ''))
      throw refuse(`it lacks the script ${step.path} that its image runs; build it again`);
  }
  return {
    tag: name,
    folder,
    image: description,
    nodeMajor: Number.parseInt(node, 10),
    scripts: image.scripts,
    variables,
    packages: packages ?? undefined,
    models: await findModels(folder, manifest),
    bentots: copyOf(import.meta.url).folder,
  };
}

/** Folders of the bento with one model each. */
async function findModels(folder: string, { models, service }: BuiltBento['manifest']): Promise<readonly string[]> {
  const foldersIn = async (path: string) => {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch(() => []); // there may be none
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${path}/${name}`);
  };
  const brought = await foldersIn(layout.models);
  const versions = await Promise.all(
    brought.map(async (path) => (posix.basename(path).startsWith('models--') ? [path] : await foldersIn(path))),
  );
  const at = posix.dirname(posix.join(layout.source, service.file));
  const local = Object.values(models).flatMap(({ kind, path }) =>
    kind === 'localFolder' && typeof path === 'string' ? [posix.join(at, path)] : [],
  );
  // A model that is the folder of the code itself is no layer of its own.
  const isApart = (path: string) => path.startsWith(`${layout.source}/`) && !`${at}/`.startsWith(`${path}/`);
  const inSource = local.filter((path) => isApart(path) && !local.some((one) => path.startsWith(`${one}/`)));
  return [...new Set([...versions.flat(), ...(await foldersIn(`${layout.own}/${layout.models}`)), ...inSource])].sort();
}
