/** Reads what a build left in a bento for whoever serves it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isServiceError, ServiceError } from '../errors.ts';
import { isReflectedModule } from '../reflect/reflected-shape.ts';
import type { ImageData } from '../spec/image.ts';
import type { ModuleTypes } from '../spec/join.ts';
import type { ReflectedModule } from '../spec/reflected.ts';
import type { ModelInfo, SchemaSource } from '../spec/service-spec.ts';
import { isVariableName } from '../spec/variable-name.ts';
import { type BentoRecord, bentoKind } from '../store/bento-record.ts';
import { readRecord } from '../store/store.ts';
import type { BentoVariable } from './build-settings.ts';

/** Where things lie in a bento. */
export const layout = {
  /** The author's files. */
  source: 'src',
  /** Models that it brings. */
  models: 'models',
  /** What is ours alone. */
  own: 'bentots',
  /** In that folder. */
  module: 'service.mjs',
  types: 'types.json',
  manifest: 'build.json',
} as const;

/** What this program writes and reads; another number is for another version of it. */
const format = 1;

/** What `build.json` says. */
export interface BuildManifest {
  readonly format: number;
  /** Version of bentots. */
  readonly bentots: string;
  /** Version of Node that built it. */
  readonly node: string;
  /** The service: its file from the project's folder, with slashes, and its name among the exports. */
  readonly service: { readonly file: string; readonly exportName: string };
  /** What `@model` fields get in place of what the code says: versions are fixed. Paths start at the bento. */
  readonly models: Readonly<Record<string, ModelInfo>>;
  /** Names of environment variables and arguments whose values were not kept. */
  readonly secrets: { readonly envs: readonly string[]; readonly args: readonly string[] };
  /** How its packages are installed, from `env/node`; null where it needs none, or where they were not locked. */
  readonly packages: { readonly manager: string; readonly lockfile: string; readonly project: string } | null;
  /** The OCI image that is made of it, and where the build has put its scripts, by their path in the project. */
  readonly image?: { readonly description: ImageData; readonly scripts: Readonly<Record<string, string>> };
  /** SHA-256 of what was built: the same for the same input. */
  readonly digest: string;
}

/** A bento that can be served. */
export interface BuiltBento {
  /** Its tag. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly record: BentoRecord;
  readonly manifest: BuildManifest;
  readonly types: ModuleTypes;
  readonly variables: readonly BentoVariable[];
  /** Template arguments that it was built with, but for secrets. */
  readonly args: Readonly<Record<string, unknown>>;
}

/** Whether a folder is a bento, whoever built it. */
export function isBento(folder: string): boolean {
  return existsSync(join(folder, bentoKind.marker));
}

/** @throws ServiceError `BENTO_UNSERVABLE`, or `STORE_ITEM_INVALID` if its files are broken. */
export async function loadBuiltBento(folder: string): Promise<BuiltBento> {
  const record = await readRecord(bentoKind, folder);
  const name = String(record.tag);
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('BENTO_UNSERVABLE', { bento: name, problem }, { cause });
  const own = join(folder, layout.own);
  if (!existsSync(join(own, layout.manifest))) {
    const by = record.bentomlVersion === '' ? '' : ` ${record.bentomlVersion}`;
    throw refuse(
      `BentoML${by} for Python built it, and its service ${record.service} is Python; serve it with bentoml serve ${name}`,
    );
  }
  const manifest = readJson(join(own, layout.manifest), isManifest);
  if (manifest.format !== format) {
    const by = `bentots ${manifest.bentots} built it, in a form (${manifest.format}) that this version does not read (${format})`;
    throw refuse(`${by}; build it again, or serve it with that version`);
  }
  const types = readJson(join(own, layout.types), isModuleTypes);
  return {
    name,
    folder,
    record,
    manifest,
    types: moveTypes(types, { module: (file) => join(own, file), source: (file) => join(folder, layout.source, file) }),
    variables: toVariables(record.document.envs, manifest.secrets.envs, join(folder, bentoKind.marker)),
    args: isRows(record.document.args) ? record.document.args : {},
  };
}

/** The text of `build.json`. */
export function printManifest(manifest: Omit<BuildManifest, 'format'>): string {
  return `${JSON.stringify({ format, ...manifest } satisfies BuildManifest, null, 2)}\n`;
}

/** What is known of the types of a service, with its files in other places. */
export function moveTypes(
  types: ModuleTypes,
  to: {
    /** Where a file lies that is imported. */
    readonly module: (file: string) => string;
    /** Where a file lies that people read. */
    readonly source: (file: string) => string;
  },
): ModuleTypes {
  const file = to.module(types.file);
  if (!types.services) return { file, warnings: [] };
  const moveFrom = (from: SchemaSource | undefined) => (from ? { from: { ...from, file: to.module(from.file) } } : {});
  const services: ReflectedModule['services'] = types.services.map((service) => ({
    ...service,
    source: { ...service.source, file: to.source(service.source.file) },
    methods: service.methods.map((method) => ({
      ...method,
      source: { ...method.source, file: to.source(method.source.file) },
      parameters: method.parameters.map((parameter) => ({ ...parameter, ...moveFrom(parameter.from) })),
    })),
  }));
  return { file, services, warnings: [] };
}

function readJson<T>(file: string, is: (value: unknown) => value is T): T {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('STORE_ITEM_INVALID', { place: file, problem }, { cause });
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (is(value)) return value;
    throw refuse('it is not what a build writes; build or import the bento again');
  } catch (cause) {
    if (isServiceError(cause)) throw cause;
    throw refuse(`it cannot be read (${(cause as Error).message}); build or import the bento again`, cause);
  }
}

function isManifest(value: unknown): value is BuildManifest {
  if (!isRows(value)) return false;
  const { service, models, secrets } = value;
  return (
    typeof value.format === 'number' &&
    typeof value.bentots === 'string' &&
    isRows(service) &&
    typeof service.file === 'string' &&
    typeof service.exportName === 'string' &&
    isRows(models) &&
    Object.values(models).every((info) => isRows(info) && typeof info.kind === 'string') &&
    isRows(secrets) &&
    isTexts(secrets.envs) &&
    isTexts(secrets.args) &&
    (value.image === undefined || (isRows(value.image) && isRows(value.image.scripts))) &&
    (value.packages === null || isPackages(value.packages))
  );
}

/** Whoever installs them looks into these places. */
function isPackages(value: unknown): boolean {
  if (!isRows(value)) return false;
  const { manager, lockfile, project } = value;
  const isInside = (path: unknown) =>
    typeof path === 'string' && !/^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(path);
  return typeof manager === 'string' && isInside(lockfile) && isInside(project);
}

function isModuleTypes(value: unknown): value is ModuleTypes {
  return isReflectedModule(value) || (isRows(value) && typeof value.file === 'string' && value.services === undefined);
}

/** Names become words of a Dockerfile and of shells, and names of files. */
function toVariables(value: unknown, secrets: readonly string[], place: string): BentoVariable[] {
  return (Array.isArray(value) ? value : []).map((entry: unknown) => {
    const { name, value: text, stage } = isRows(entry) ? entry : {};
    if (!isVariableName(name)) {
      const seen = JSON.stringify(String(name).slice(0, 80));
      const problem = `its envs have the name ${seen}, which no variable can have; build or import the bento again`;
      throw new ServiceError('STORE_ITEM_INVALID', { place, problem });
    }
    const known = stage === 'build' || stage === 'runtime' ? stage : 'all';
    return { name, value: String(text ?? ''), stage: known, isSecret: secrets.includes(name) };
  });
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function isRows(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
