/** `model.yaml`: what is known of a model, as BentoML reads and writes it. */
import { nearest } from '../config/nearest.ts';
import { ServiceError } from '../errors.ts';
import { Tag } from '../tag.ts';
import { readInstant, readMap, readRows, readText } from './marker.ts';
import { ownVersion, printInstant } from './own-marks.ts';
import { type Plain, parseYaml, printYaml } from './python-yaml.ts';
import type { StoreKind, StoreRecord } from './store.ts';

/** A value that can be kept with a model. Python has counterparts of all of them. */
export type MetadataValue = Plain;

/** What a model was made with. */
export interface ModelContext {
  /** For example `onnx`. */
  readonly frameworkName: string;
  /** Versions by the name of the package. */
  readonly frameworkVersions: Readonly<Record<string, string>>;
  readonly bentomlVersion: string;
  /** Empty where no Python was there. */
  readonly pythonVersion: string;
}

/** What `model.yaml` says. */
export interface ModelRecord extends StoreRecord {
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** The Python module that saved it, for example `bentoml.onnx`; empty if none did. */
  readonly module: string;
  readonly options: Readonly<Record<string, MetadataValue>>;
  readonly context: ModelContext;
  /** By the name of a method of the model, as BentoML's runners used them. */
  readonly signatures: Readonly<Record<string, MetadataValue>>;
  readonly apiVersion: string;
}

/** How a method of a model is called, as BentoML's runners used it. */
export interface ModelSignature {
  /** Whether several inputs can be stacked into one call. @default false */
  readonly batchable?: boolean;
  /** Along which dimension, of the input and of the output. @default 0 */
  readonly batchDim?: number | readonly [input: number, output: number];
}

/** What can be said of a model that is created. */
export interface ModelDetails {
  /** Short texts by which models are told apart. */
  readonly labels?: Readonly<Record<string, string | number | boolean>>;
  /**
   * Plain data: texts, numbers, booleans, dates, bigints, arrays and objects of them. Typed arrays are kept as arrays.
   * Nothing may be null: BentoML for Python reads no store in which a model has that.
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The Python module that loads it, for example `bentoml.onnx`. @default '' */
  readonly module?: string;
  /** What that module is told when it loads. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The framework that it was made with. */
  readonly context?: Partial<Pick<ModelContext, 'frameworkName' | 'frameworkVersions'>>;
  /** By the name of a method of the model. */
  readonly signatures?: Readonly<Record<string, ModelSignature>>;
  /** Of the layout of the files, as the module numbers it. @default 'v1' */
  readonly apiVersion?: string;
}

export const modelKind: StoreKind<ModelRecord> = {
  noun: 'model',
  folder: 'models',
  marker: 'model.yaml',
  extension: 'bentomodel',
  remedy: 'create or import it first',
  parse: parseModel,
};

function parseModel(text: string): ModelRecord {
  const rows = readRows(parseYaml(text));
  const context = readMap(rows, 'context');
  return {
    tag: new Tag(readText(rows, 'name'), readText(rows, 'version')),
    ...readInstant(rows),
    module: readText(rows, 'module', ''),
    labels: toTexts(readMap(rows, 'labels')),
    options: readMap(rows, 'options'),
    metadata: readMap(rows, 'metadata'),
    context: {
      frameworkName: readText(context, 'framework_name', ''),
      // Before 1.0 there were pip_dependencies in its place.
      frameworkVersions: toTexts(readMap(context, 'framework_versions')),
      bentomlVersion: readText(context, 'bentoml_version', ''),
      pythonVersion: readText(context, 'python_version', ''),
    },
    signatures: readMap(rows, 'signatures'),
    apiVersion: readText(rows, 'api_version', 'v1'),
  };
}

const toTexts = (rows: Readonly<Record<string, Plain>>) =>
  Object.fromEntries(Object.entries(rows).map(([key, value]) => [key, String(value)]));

const known = ['labels', 'metadata', 'module', 'options', 'context', 'signatures', 'apiVersion'] as const;

/**
 * The text of a new `model.yaml`, with all keys, in BentoML's order.
 * @param where begins the message of an error.
 * @throws ServiceError `OPTION_UNKNOWN` or `OPTION_INVALID`
 */
export function printModel(tag: Tag, nowMs: number, details: ModelDetails, where: string): string {
  for (const name of Object.keys(details)) {
    if (known.some((one) => one === name)) continue;
    const guess = nearest(name, known);
    const hint = guess === undefined ? `; there are ${known.join(', ')}` : `; did you mean "${guess}"?`;
    throw new ServiceError('OPTION_UNKNOWN', { where, name, nearest: hint });
  }
  const { labels = {}, metadata = {}, module = '', options = {}, context = {}, signatures = {} } = details;
  const { apiVersion = 'v1' } = details;
  const rowsOf = (name: string, value: unknown) => toRows(value, { where, name });
  return printYaml({
    name: tag.name,
    version: String(tag.version),
    module: toText(module, { where, name: 'module' }),
    labels: printLabels(labels, where),
    options: rowsOf('options', options),
    metadata: toRows(metadata, { where, name: 'metadata', isNullRefused: true }),
    context: {
      framework_name: toText(context.frameworkName ?? '', { where, name: 'context.frameworkName' }),
      framework_versions: toTexts(rowsOf('context.frameworkVersions', context.frameworkVersions ?? {})),
      bentoml_version: ownVersion(),
      python_version: '',
    },
    signatures: printSignatures(signatures, where),
    api_version: toText(apiVersion, { where, name: 'apiVersion' }),
    creation_time: printInstant(nowMs),
  });
}

interface Place {
  readonly where: string;
  readonly name: string;
  /** Python refuses the whole store for one null in the metadata of one model. */
  readonly isNullRefused?: boolean;
}

/** Python refuses the whole store for one signature that it does not know. */
function printSignatures(signatures: object, where: string): { readonly [key: string]: Plain } {
  const entries = Object.entries(signatures).map(([method, signature]): [string, Plain] => {
    const name = `signatures.${method}`;
    const { batchable = false, batchDim = 0, ...more } = toRows(signature, { where, name });
    const dimensions = Array.isArray(batchDim) ? batchDim : [batchDim, batchDim];
    const isRight = typeof batchable === 'boolean' && dimensions.length === 2 && dimensions.every(Number.isInteger);
    if (!isRight || Object.keys(more).length > 0) {
      throw invalid({ where, name }, signature, 'batchable, true or false, and batchDim, a whole number or two');
    }
    return [method, batchable ? { batchable, batch_dim: dimensions } : { batchable }];
  });
  return Object.fromEntries(entries);
}

function printLabels(labels: object, where: string): Readonly<Record<string, string>> {
  const entries = Object.entries(labels).map(([key, value]) => {
    if (['string', 'number', 'boolean'].includes(typeof value)) return [key, String(value)] as const;
    throw invalid({ where, name: `labels.${key}` }, value, 'a text');
  });
  return Object.fromEntries(entries);
}

function toText(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  throw invalid(place, value, 'a text');
}

function toRows(value: unknown, place: Place): { readonly [key: string]: Plain } {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  if (isMap) return toPlain(value, place, 0) as { readonly [key: string]: Plain }; // of an object comes an object
  throw invalid(place, value, 'an object');
}

const deepest = 100; // PyYAML reads with one stack frame a level

function toPlain(value: unknown, place: Place, depth: number): Plain {
  if (depth > deepest) throw invalid(place, value, `at most ${deepest} levels deep, and not part of itself`);
  if (value === null && place.isNullRefused) throw invalid(place, value, 'left out, since Python has no null there');
  if (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value)) return value as Plain;
  const below = (key: string | number, one: unknown) =>
    toPlain(one, { ...place, name: `${place.name}.${key}` }, depth + 1);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value;
  if (Array.isArray(value)) return value.map((one, at) => below(at, one));
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return [...(value as unknown as Iterable<number | bigint>)];
  if (value instanceof Map) return toPlain(Object.fromEntries(value), place, depth);
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null) throw invalid(place, value, 'plain data');
  const entries = Object.entries(value as object).filter(([, one]) => one !== undefined); // as in JSON
  return Object.fromEntries(entries.map(([key, one]) => [key, below(key, one)]));
}

function invalid(place: Place, value: unknown, wanted: string): ServiceError<'OPTION_INVALID'> {
  const named = typeof value === 'object' && value !== null ? value.constructor?.name : typeof value;
  const seen =
    typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : value === null ? 'null' : `of type ${named}`;
  return new ServiceError('OPTION_INVALID', { where: place.where, name: place.name, seen, wanted });
}
