/** Builds a bento: a project, described and bundled, becomes one item of the store, whole or not at all. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { stringify } from 'yaml';
import { ServiceError } from '../errors.ts';
import { copyOf } from '../sdk/copy.ts';
import { compareContracts } from '../spec/compare-contracts.ts';
import { toContract } from '../spec/contract.ts';
import type { ImageData } from '../spec/image.ts';
import { toImageInfo } from '../spec/image-info.ts';
import type { ModuleTypes } from '../spec/join.ts';
import type { JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { type BentoDetails, type BentoRecord, bentoKind, printBento } from '../store/bento-record.ts';
import type { Plain } from '../store/python-yaml.ts';
import { openStore, type StoreItem, type StorePlace } from '../store/store.ts';
import { explained } from '../store/store-error.ts';
import { makeVersion, Tag } from '../tag.ts';
import { toBentoName } from './bento-name.ts';
import { bringModels, type ModelPlan, planModels } from './bring-models.ts';
import type { BuildSettings } from './build-settings.ts';
import { type BuildManifest, layout, moveTypes, printManifest } from './built-bento.ts';
import { bundle, bundledEnding } from './bundle.ts';
import { digestFolder, type FolderContent } from './content-digest.ts';
import { copyProject } from './copy-project.ts';
import { describeImage } from './describe-image.ts';
import { findLockedPackages, type LockedPackages } from './lockfile.ts';
import { copyPythonLocks } from './python-locks.ts';
import { readDescription, readInside, toReadme } from './readme.ts';

/** What a service is, as far as that is known without starting it. */
export interface Described {
  readonly spec: ServiceSpec;
  readonly types: ModuleTypes;
}

/** What a build needs of the folders above. */
export interface BuildTools {
  /** Loads the service of a file and says what it is. */
  describe(file: string, choice: string | undefined, context: BuildContext): Promise<Described>;
  /** The same of a bento that was built, in a folder. */
  describeBuilt(folder: string, context: BuildContext): Promise<Described>;
  toOpenApi(spec: ServiceSpec): JsonSchema;
  toSchemaDocument(spec: ServiceSpec): string;
  /** The tsconfig of a file, with standard decorators. */
  tsconfigOf(file: string): string | undefined;
}

/** With what a service is loaded while it is built. */
export interface BuildContext {
  readonly args: Readonly<Record<string, unknown>>;
  readonly variables: readonly { readonly name: string; readonly value: string }[];
}

/** What is being done. */
export type BuildStep = 'describe' | 'copy' | 'bundle' | 'models' | 'digest' | 'check';

/** What is built, and where to. */
export interface BuildRequest {
  /** Absolute folder of the project; no link. */
  readonly folder: string;
  /** Absolute file of the service; no link. */
  readonly file: string;
  readonly choice: string | undefined;
  readonly settings: BuildSettings;
  readonly version: string | undefined;
  readonly store: StorePlace;
  onStep(step: BuildStep): void;
  warn(message: string): void;
}

/** A bento that was built. */
export interface Built {
  readonly item: StoreItem<BentoRecord>;
  readonly content: FolderContent;
}

/**
 * @throws ServiceError with what the author has to mend: `BUILD_FAILED`, `LOCKFILE_MISMATCH`, `SOURCE_BROKEN`,
 *   `TYPE_UNSUPPORTED` and what else loading a service raises, `MODEL_MISSING`, `TAG_INVALID`, `STORE_ITEM_EXISTS`,
 *   `STORE_FAILED`.
 */
export async function buildBento(request: BuildRequest, tools: BuildTools): Promise<Built> {
  const { folder, file, choice, settings, store, onStep, warn } = request;
  const { args, envs } = settings;
  const packages = findLockedPackages(folder, warn);
  const description = readDescription(settings.description, folder);
  const context = { args, variables: envs.filter(({ stage, isSecret }) => stage !== 'runtime' && !isSecret) };
  onStep('describe');
  const described = await tools.describe(file, choice, context);
  const { spec } = described;
  const name = new Tag(settings.name ?? toBentoName(spec.name)).name;
  const tag = toTag(name, request.version, store.nowMs());
  const image = describeImage(settings, spec.image, folder, warn);
  const serviceFolder = dirname(file);
  const { models: extra } = settings;
  const models = await planModels({ spec, extra, projectFolder: folder, serviceFolder, store, warn });
  let content: FolderContent | undefined;
  const item = await openStore(bentoKind, store).create(tag, async (to) => {
    onStep('copy');
    await explained(`copy the files of ${folder}`, () => copyFiles(request, models, to));
    onStep('bundle');
    await writeCode(request, described, tools, to);
    await writeDocuments(spec, description, tools, to);
    await copyPackages(packages, to);
    await copyPythonLocks({ folder, requirements: settings.python.requirements_txt, to });
    await copyScripts(folder, image, to);
    onStep('models');
    await bringModels(models, to);
    onStep('digest');
    content = await writeRecord({ request, spec, tag, image, models, packages, tools }, to);
    onStep('check');
    await checkBuilt(request, spec, () => tools.describeBuilt(to, context));
  });
  if (!content) throw new Error('the store made an item without filling it');
  return { item, content };
}

function toTag(name: string, version: string | undefined, nowMs: number): Tag {
  const tag = new Tag(name, version ?? makeVersion(nowMs));
  if (!tag.isLatest) return tag;
  const problem = 'it would be hidden by what latest means; leave the version out to get a new one';
  throw new ServiceError('TAG_INVALID', { tag: JSON.stringify(String(tag)), problem });
}

async function copyFiles(
  { folder, settings, store, warn }: BuildRequest,
  models: ModelPlan,
  to: string,
): Promise<void> {
  const { include = ['*'], exclude } = settings;
  await copyProject({
    folder,
    rules: { include, exclude },
    without: [store.home],
    with: models.inProject,
    to: join(to, layout.source),
    warn,
  });
}

/** The bundle, and what the types say, with the bundle in the place of the sources. */
async function writeCode(
  { folder, file }: BuildRequest,
  { types }: Described,
  tools: BuildTools,
  to: string,
): Promise<void> {
  const modules = new Map([[file, basename(layout.module, bundledEnding)]]);
  for (const source of schemaFiles(types)) {
    if (!modules.has(source)) modules.set(source, `schemas-${modules.size}`);
  }
  const entries = Object.fromEntries([...modules].map(([source, name]) => [name, source]));
  const files = await bundle({ folder, entries, tsconfig: tools.tsconfigOf(file) });
  const own = join(to, layout.own);
  await mkdir(own, { recursive: true });
  for (const { name, contents } of files) await writeFile(join(own, name), contents, { flag: 'wx' });
  const moved = moveTypes(types, {
    module: (source) => `${modules.get(source)}${bundledEnding}`,
    source: (source) => toSlashes(relative(folder, source)),
  });
  await writeFile(join(own, layout.types), JSON.stringify(moved));
}

function schemaFiles({ services = [] }: ModuleTypes): readonly string[] {
  return services.flatMap(({ methods }) =>
    methods.flatMap(({ parameters }) => parameters.flatMap(({ from }) => from?.file ?? [])),
  );
}

async function writeDocuments(
  spec: ServiceSpec,
  description: string | undefined,
  tools: BuildTools,
  to: string,
): Promise<void> {
  await mkdir(join(to, 'apis'));
  await writeFile(join(to, 'apis/openapi.yaml'), stringify(tools.toOpenApi(spec), { aliasDuplicateObjects: false }));
  const schema = JSON.stringify(JSON.parse(tools.toSchemaDocument(spec)), null, 2);
  await writeFile(join(to, 'apis/schema.json'), `${schema}\n`);
  await writeFile(join(to, 'README.md'), description ?? toReadme(spec));
}

async function copyPackages(packages: LockedPackages | undefined, to: string): Promise<void> {
  for (const path of packages?.files ?? []) {
    const at = join(to, 'env/node', path);
    await mkdir(dirname(at), { recursive: true });
    await copyFile(join(packages?.root ?? '', path), at);
  }
}

/** Named for what is in them: where they lay on this machine is nobody's business. */
const scriptAt = (text: string) => `env/docker/script__${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;

function placeScripts(folder: string, { steps }: ImageData): Readonly<Record<string, string>> {
  const paths = steps.flatMap((step) => (step.kind === 'runScript' ? [step.path] : []));
  return Object.fromEntries(paths.map((path) => [path, scriptAt(readInside(folder, path))]));
}

async function copyScripts(folder: string, { steps }: ImageData, to: string): Promise<void> {
  for (const step of steps) {
    if (step.kind !== 'runScript') continue;
    const text = readInside(folder, step.path);
    await mkdir(join(to, 'env/docker'), { recursive: true });
    await writeFile(join(to, scriptAt(text)), text, { mode: 0o755 });
  }
}

interface RecordParts {
  readonly request: BuildRequest;
  readonly spec: ServiceSpec;
  readonly tag: Tag;
  readonly image: ImageData;
  readonly models: ModelPlan;
  readonly packages: LockedPackages | undefined;
  readonly tools: BuildTools;
}

/** `bento.yaml` and `build.json`, after everything else, whose digest they say. */
async function writeRecord(parts: RecordParts, to: string): Promise<FolderContent> {
  const { request, tag } = parts;
  const details = toDetails(parts);
  const manifest = toManifest(parts);
  const { node: _builtBy, ...lasting } = manifest;
  const content = await digestFolder(to, { details, lasting });
  const text = printManifest({ ...manifest, digest: content.digest });
  await writeFile(join(to, layout.own, layout.manifest), text, { flag: 'wx' });
  await writeFile(join(to, bentoKind.marker), printBento(tag, request.store.nowMs(), details), { flag: 'wx' });
  return content;
}

function toDetails({ request, spec, image, models, tools }: RecordParts): BentoDetails {
  const { folder, file, settings } = request;
  const { timeoutMs, maxConcurrency } = spec.settings.traffic;
  const traffic = {
    timeout: timeoutMs / 1000,
    ...(maxConcurrency === undefined ? {} : { max_concurrency: maxConcurrency }),
  };
  const ownMajor = Number(process.versions.node.split('.')[0]);
  return {
    service: `${toSlashes(relative(folder, file))}:${spec.name}`,
    labels: settings.labels,
    models: models.extra,
    entryService: spec.name,
    services: [{ name: spec.name, models: models.ofService, config: { workers: spec.settings.workers, traffic } }],
    envs: settings.envs.map(({ name, value, stage }) => ({ name, value, stage })),
    schema: JSON.parse(tools.toSchemaDocument(spec)) as Plain,
    args: withoutSecrets(spec, settings.args),
    image: toImageInfo(image, ownMajor, (path) => scriptAt(readInside(folder, path))) as unknown as Plain, // texts and lists of them
  };
}

function withoutSecrets(spec: ServiceSpec, args: Readonly<Record<string, unknown>>): { readonly [key: string]: Plain } {
  const secrets = spec.arguments.filter(({ isSecret }) => isSecret).map(({ name }) => name);
  const kept = Object.entries(args).filter(([name]) => !secrets.includes(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(kept))) as { readonly [key: string]: Plain };
}

function toManifest({ request, spec, image, models, packages }: RecordParts): Omit<BuildManifest, 'format' | 'digest'> {
  const { folder, file, settings } = request;
  const { version } = copyOf(import.meta.url);
  return {
    bentots: version,
    node: process.versions.node,
    service: { file: toSlashes(relative(folder, file)), exportName: spec.exportName },
    models: models.pinned,
    secrets: {
      envs: settings.envs.filter(({ isSecret }) => isSecret).map(({ name }) => name),
      args: spec.arguments.filter(({ isSecret }) => isSecret).map(({ name }) => name),
    },
    packages: packages ? { manager: packages.manager, lockfile: packages.lockfile, project: packages.project } : null,
    image: { description: image, scripts: placeScripts(folder, image) },
  };
}

/** What was bundled must be what the author wrote. */
async function checkBuilt(
  { folder }: BuildRequest,
  spec: ServiceSpec,
  describe: () => Promise<Described>,
): Promise<void> {
  const built = await describe().catch((cause: Error) => {
    const problem = `the bundled service does not load: ${cause.message}`;
    throw new ServiceError('BUILD_FAILED', { folder, problem }, { cause });
  });
  const [change] = compareContracts(toContract(spec), toContract(built.spec));
  if (!change) return;
  const problem = `the bundled service is another one than its sources: ${change.where} ${change.what}; does its code look at where it lies?`;
  throw new ServiceError('BUILD_FAILED', { folder, problem });
}

const toSlashes = (path: string) => path.split(sep).join('/');
