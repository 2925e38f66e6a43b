/** What can be said of a bento before it is built, checked key by key. */
import { nearest } from '../config/nearest.ts';
import { isServiceError, ServiceError } from '../errors.ts';
import { Image, type ImageData } from '../spec/image.ts';
import { isVariableName } from '../spec/variable-name.ts';
import { Tag } from '../tag.ts';

/** An environment variable of a bento. */
export interface BentoVariable {
  readonly name: string;
  /** Empty for a secret. */
  readonly value: string;
  /** Whether it holds while the bento is built, while it runs, or both. */
  readonly stage: 'all' | 'build' | 'runtime';
  /** Whether its value is left to the environment, and never kept. */
  readonly isSecret: boolean;
}

/** A model that a bento has beside those that its services ask for. */
export interface BentoExtraModel {
  readonly tag: Tag;
  /** Another name, which BentoML's `models.get` takes. */
  readonly alias: string | undefined;
}

/** What a project says about its bento. */
export interface BuildSettings {
  /** `file:Class`, from the project's folder. */
  readonly service: string | undefined;
  readonly name: string | undefined;
  /** A text, or `file:` and a path in the project. */
  readonly description: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Patterns of the files that belong to it, as in a `.gitignore`; undefined where nothing is said. */
  readonly include: readonly string[] | undefined;
  /** Patterns of the files that do not, although they are included. */
  readonly exclude: readonly string[];
  readonly models: readonly BentoExtraModel[];
  readonly envs: readonly BentoVariable[];
  /** Template arguments. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Description of the OCI image as data; it goes before the one of the service. */
  readonly image: ImageData | undefined;
  /** BentoML's words for it, and for Python's packages. */
  readonly docker: Readonly<Record<string, unknown>>;
  readonly python: Readonly<Record<string, unknown>>;
  /** What is said and means nothing here. */
  readonly warnings: readonly string[];
}

/** What was said, and where. */
export interface Said {
  /** `manifest` is a package.json, where a package may say of itself what images leave out. */
  readonly kind: 'bentofile' | 'manifest' | 'options';
  readonly rows: Readonly<Record<string, unknown>>;
  placeOfKey(name: string): string;
  placeOfValue(name: string): string;
}

export const noSettings: BuildSettings = {
  service: undefined,
  name: undefined,
  description: undefined,
  labels: {},
  include: undefined,
  exclude: [],
  models: [],
  envs: [],
  args: {},
  image: undefined,
  docker: {},
  python: {},
  warnings: [],
};

// What BentoML's has, since the same file may serve a Python service, too; and `image`.
const knownKeys = [
  'service', 'name', 'description', 'labels', 'include', 'exclude', 'docker', 'python', 'conda', 'models', 'envs', 'args',
  'image',
]; // biome-ignore format: a list reads as a list
const dockerKeys = [
  'distro', 'python_version', 'cuda_version', 'env', 'system_packages', 'setup_script', 'base_image', 'dockerfile_template',
]; // biome-ignore format: a list reads as a list
const pythonKeys = [
  'requirements_txt', 'packages', 'lock_packages', 'pack_git_packages', 'index_url', 'no_index', 'trusted_host',
  'find_links', 'extra_index_url', 'pip_args', 'wheels', 'is_src_layout',
]; // biome-ignore format: a list reads as a list
const stages = ['all', 'build', 'runtime'] as const;

/** @throws ServiceError `BENTOFILE_INVALID` naming the place. */
export function toBuildSettings(said: Said): BuildSettings {
  const known = said.kind === 'manifest' ? [...knownKeys, 'developmentOnly'] : knownKeys;
  for (const name of Object.keys(said.rows)) {
    if (known.includes(name)) continue;
    const place = said.placeOfKey(name);
    if (name === 'version') {
      throw invalid(place, '"version" is no key of a bentofile, since every build has its own; give it with --version');
    }
    throw unknown(place, name, knownKeys, said.kind === 'options' ? 'no option of build()' : 'no key of a bentofile');
  }
  const conda = readRows(said, 'conda');
  return {
    service: readText(said, 'service'),
    name: readText(said, 'name'),
    description: readText(said, 'description'),
    labels: readLabels(said),
    include: readPatterns(said, 'include'),
    exclude: readPatterns(said, 'exclude') ?? [],
    models: readList(said, 'models').map((entry) => toModel(entry, said)),
    envs: readList(said, 'envs').map((entry) => toVariable(entry, said)),
    args: readRows(said, 'args'),
    image: readImage(said),
    docker: readKnownRows(said, 'docker', dockerKeys),
    python: readKnownRows(said, 'python', pythonKeys),
    warnings:
      Object.keys(conda).length === 0
        ? []
        : [`${said.placeOfKey('conda')}: conda is left out: Node has no packages in it; npm's come from the lockfile`],
  };
}

function readText({ rows, placeOfValue }: Said, name: string): string | undefined {
  const value = rows[name] ?? undefined;
  if (value === undefined || (typeof value === 'string' && value !== '')) return value as string | undefined;
  throw invalid(placeOfValue(name), `${name} must be a text, but is ${show(value)}`);
}

function readRows({ rows, placeOfValue }: Said, name: string): Readonly<Record<string, unknown>> {
  const value = rows[name] ?? {};
  if (isRows(value)) return value;
  throw invalid(placeOfValue(name), `${name} must be a map of keys and values, but is ${show(value)}`);
}

function readKnownRows(said: Said, name: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  const rows = readRows(said, name);
  for (const key of Object.keys(rows)) {
    if (!known.includes(key)) throw unknown(said.placeOfValue(name), key, known, `no key of ${name}`);
  }
  return rows;
}

function readList({ rows, placeOfValue }: Said, name: string): readonly unknown[] {
  const value = rows[name] ?? [];
  if (Array.isArray(value)) return value;
  throw invalid(placeOfValue(name), `${name} must be a list, but is ${show(value)}`);
}

function readImage({ rows, placeOfValue }: Said): ImageData | undefined {
  const value = rows.image ?? undefined;
  if (value === undefined) return undefined;
  try {
    return (value instanceof Image ? value : Image.from(value)).toData();
  } catch (cause) {
    if (!isServiceError(cause)) throw cause;
    throw new ServiceError('BENTOFILE_INVALID', { place: placeOfValue('image'), problem: cause.message }, { cause });
  }
}

function readLabels(said: Said): Readonly<Record<string, string>> {
  const entries = Object.entries(readRows(said, 'labels')).map(([key, value]): [string, string] => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return [key, String(value)];
    throw invalid(said.placeOfValue('labels'), `the label ${key} must be a text, but is ${show(value)}`);
  });
  return Object.fromEntries(entries);
}

function readPatterns(said: Said, name: 'include' | 'exclude'): readonly string[] | undefined {
  const value = said.rows[name];
  const place = said.placeOfValue(name);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((pattern) => typeof pattern === 'string')) {
    const seen = Array.isArray(value) ? 'a list with something else in it' : JSON.stringify(value);
    throw invalid(place, `${name} must be a list of patterns, such as ["data/**"], but is ${seen}`);
  }
  const outside = value.find((pattern) => pattern.startsWith('../'));
  if (outside === undefined) return value;
  throw invalid(place, `"${outside}" leads out of the project; ${name} is about files beside and below this one`);
}

function toModel(entry: unknown, said: Said): BentoExtraModel {
  const place = said.placeOfValue('models');
  const row = typeof entry === 'string' ? { tag: entry } : entry;
  if (!isRows(row) || typeof row.tag !== 'string') {
    throw invalid(place, `a model must be a tag, such as iris:v1, or a map with one, but is ${show(entry)}`);
  }
  for (const key of Object.keys(row)) {
    const known = ['tag', 'alias', 'filter']; // the last is for BentoML's models pull
    if (!known.includes(key)) throw unknown(place, key, known, 'no key of a model');
  }
  if (row.alias !== undefined && typeof row.alias !== 'string') {
    throw invalid(place, `the alias of a model must be a text, but is ${show(row.alias)}`);
  }
  return { tag: Tag.parse(row.tag), alias: row.alias };
}

function toVariable(entry: unknown, said: Said): BentoVariable {
  const place = said.placeOfValue('envs');
  if (!isRows(entry))
    throw invalid(place, `an env must be a map, such as { name: LEVEL, value: info }, but is ${show(entry)}`);
  for (const key of Object.keys(entry)) {
    const known = ['name', 'value', 'stage', 'secret'];
    if (!known.includes(key)) throw unknown(place, key, known, 'no key of an env');
  }
  const { name, value = '', stage = 'all', secret = false } = entry;
  if (!isVariableName(name)) {
    throw invalid(place, `the name of an env must be of letters, digits and underscores, but is ${show(name)}`);
  }
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    throw invalid(place, `the value of ${name} must be a text, but is ${show(value)}`);
  }
  const known = stages.find((one) => one === stage);
  if (known === undefined)
    throw invalid(place, `the stage of ${name} must be one of ${stages.join(', ')}, but is ${show(stage)}`);
  if (typeof secret !== 'boolean')
    throw invalid(place, `secret of ${name} must be true or false, but is ${show(secret)}`);
  if (secret && value !== '') {
    throw invalid(
      place,
      `${name} is a secret and has a value here; leave the value out and give it in the environment`,
    );
  }
  return { name, value: String(value), stage: known, isSecret: secret };
}

function unknown(place: string, name: string, known: readonly string[], what: string): ServiceError {
  const guess = nearest(name, known);
  const remedy = guess === undefined ? `there are ${known.join(', ')}` : `did you mean "${guess}"?`;
  return invalid(place, `"${name}" is ${what}; ${remedy}`);
}

function show(value: unknown): string {
  return typeof value === 'object'
    ? Array.isArray(value)
      ? 'a list'
      : value === null
        ? 'nothing'
        : 'a map'
    : JSON.stringify(value);
}

function isRows(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(place: string, problem: string): ServiceError<'BENTOFILE_INVALID'> {
  return new ServiceError('BENTOFILE_INVALID', { place, problem });
}
