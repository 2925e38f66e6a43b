/** Turns JSDoc tags such as `@minimum 0` into keywords of a JSON Schema. */
import { ioKeyword } from '../io/io-type.ts';
import { ioTypeOf } from '../io/io-types.ts';
import { map } from '../io/map.ts';
import { isMediaRange, mediaTypeKeyword } from '../io/media-type.ts';
import { sequence } from '../io/sequence.ts';
import { set } from '../io/set.ts';
import { typedArray } from '../io/typed-array.ts';
import { whyUnsafe } from '../spec/pattern.ts';
import { type Draft, Reference } from './definitions.ts';
import type { Docs, Tag } from './jsdoc.ts';
import { setKey } from './keys.ts';

type Applies = 'number' | 'string' | 'array' | 'file';

interface ConstraintRow {
  readonly applies: Applies;
  readonly read: (text: string) => number | string | boolean | Wrong;
  /** A text that the tag takes. */
  readonly example: string;
}

/** Says what is wrong with the text after a tag. */
class Wrong {
  readonly sentence: string;
  constructor(sentence: string) {
    this.sentence = sentence;
  }
}

const wanted = (what: string) => new Wrong(`but wants ${what}`);

const number = (text: string) => {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : wanted('a number');
};
const positive = (text: string) => {
  const value = number(text);
  return typeof value === 'number' && value > 0 ? value : wanted('a number above 0');
};
const count = (text: string) => {
  const value = number(text);
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? value
    : wanted('a whole number, 0 or more');
};
const flag = (text: string) => (text === '' || text === 'true' ? true : wanted('nothing'));

const stringFormats = new Set(
  (
    'date time date-time iso-time iso-date-time duration uri uri-reference uri-template url email hostname ipv4 ipv6 ' +
    'regex uuid json-pointer json-pointer-uri-fragment relative-json-pointer byte password binary'
  ).split(' '),
);

const format = (text: string) => (stringFormats.has(text) ? text : wanted(`one of ${[...stringFormats].join(', ')}`));
const pattern = (text: string) => {
  const why = text === '' ? 'is empty' : whyUnsafe(text);
  return why === undefined ? text : new Wrong(`which ${why}`);
};

const mediaTypes = (text: string) => {
  const types = text
    .toLowerCase()
    .split(',')
    .map((one) => one.trim());
  return types.every(isMediaRange) ? types.join(', ') : wanted('media types, separated by commas');
};

const rows: ReadonlyMap<string, ConstraintRow> = new Map(
  Object.entries({
    minimum: { applies: 'number', read: number, example: '0' },
    maximum: { applies: 'number', read: number, example: '1' },
    exclusiveMinimum: { applies: 'number', read: number, example: '0' },
    exclusiveMaximum: { applies: 'number', read: number, example: '1' },
    multipleOf: { applies: 'number', read: positive, example: '0.5' },
    integer: { applies: 'number', read: flag, example: '' },
    minLength: { applies: 'string', read: count, example: '1' },
    maxLength: { applies: 'string', read: count, example: '100' },
    pattern: { applies: 'string', read: pattern, example: '^[a-z]+$' },
    format: { applies: 'string', read: format, example: 'uuid' },
    minItems: { applies: 'array', read: count, example: '1' },
    maxItems: { applies: 'array', read: count, example: '32' },
    uniqueItems: { applies: 'array', read: flag, example: '' },
    mediaType: { applies: 'file', read: mediaTypes, example: 'image/*' },
  } satisfies Record<string, ConstraintRow>),
);

const plural = { number: 'numbers', string: 'strings', array: 'arrays', file: 'files' } as const;

/** Keywords that are not called as their tags. */
const keywords: Readonly<Record<string, string>> = { mediaType: mediaTypeKeyword };

/** Whether a tag limits a value, so that it must not be lost. */
export function isConstraint({ name, text }: Tag): boolean {
  return rows.has(name) || (name === 'type' && text === 'integer') || name === 'additionalProperties';
}

/**
 * Writes what a comment says of a value into its schema. The tags of installed packages that mean nothing to us
 * are passed over.
 * @param report is told what is wrong with a tag.
 */
export function applyDocs(schema: Draft | Reference, docs: Docs, report: (tag: Tag, problem: string) => void): void {
  const own = schema instanceof Reference ? schema.siblings : schema;
  if (docs.description !== '') own.description = docs.description;
  const examples: unknown[] = [];
  for (const tag of docs.tags) {
    const problem = applyTag(schema, own, tag, examples);
    if (problem !== undefined && tag.isOwn) report(tag, problem);
  }
  if (examples.length > 0) own.examples = examples;
}

/** Gives what is wrong with the tag. */
function applyTag(schema: Draft | Reference, own: Draft, tag: Tag, examples: unknown[]): string | undefined {
  const { name, text } = tag;
  const constraint = name === 'type' && text === 'integer' ? 'integer' : rows.has(name) ? name : undefined;
  if (constraint !== undefined) {
    return applyConstraint(schema, constraint, name === 'type' ? '' : text, 'tag');
  }
  if (name === 'title') own.title = text;
  else if (name === 'deprecated') own.deprecated = true;
  else if (name === 'example') examples.push(readValue(text)?.value ?? text);
  else if (name === 'default') return applyDefault(schema, own, text);
  else if (name === 'additionalProperties') return applyAdditionalProperties(schema, text);
  return undefined;
}

/**
 * Limits a value.
 * @param form how the author wrote the limit.
 * @returns what is wrong with it.
 */
export function applyConstraint(
  schema: Draft | Reference,
  name: string,
  text: string,
  form: 'tag' | 'brand',
): string | undefined {
  const row = rows.get(name);
  if (!row) return undefined;
  const value = row.read(text);
  const shown = form === 'tag' ? `@${name}` : `the limit ${name}`;
  if (value instanceof Wrong) {
    const example = form === 'tag' ? `; write for example ${`@${name} ${row.example}`.trim()}` : '';
    return `${shown} has the value "${text}", ${value.sentence}${example}`;
  }
  const targets = row.applies === 'file' ? filesIn(schema) : partsOfType(schema, row.applies);
  if (targets.length === 0) {
    const what = form === 'tag' ? 'tag' : 'limit';
    return `${shown} is for ${plural[row.applies]}, and this is ${printType(schema)}; remove the ${what} or change the type`;
  }
  for (const target of targets) {
    if (name === 'integer') setInteger(target);
    else setKey(target, keywords[name] ?? name, value);
  }
  return undefined;
}

/** The parts of a union that a keyword is for; a schema without a type takes every keyword. */
function partsOfType(schema: unknown, wanted: Exclude<Applies, 'file'>): Draft[] {
  if (schema instanceof Reference) {
    const { target } = schema;
    return target && partsOfType(target, wanted).length > 0 ? [schema.siblings] : [];
  }
  if (!isDraft(schema)) return [];
  if (Array.isArray(schema.anyOf)) return schema.anyOf.flatMap((part) => partsOfType(part, wanted));
  const { [ioKeyword]: ioType } = schema;
  if (ioType !== undefined && !(wanted === 'array' && listTypes.includes(ioType))) return [];
  const types = typesOf(schema);
  if (Object.keys(schema).every((key) => annotations.has(key)) || types.includes(wanted)) return [schema];
  return wanted === 'number' && types.includes('integer') ? [schema] : [];
}

/** A file, those in a list of files, and those among the alternatives of a union. */
function filesIn(schema: unknown): Draft[] {
  if (!isDraft(schema)) return [];
  if (ioTypeOf(schema)?.ready?.kinds.includes('file')) return [schema];
  return [...(Array.isArray(schema.anyOf) ? schema.anyOf : []), schema.items].flatMap(filesIn);
}

/** Io types that are written as one item after the other. */
const listTypes: readonly unknown[] = [map.name, set.name, typedArray.name, sequence.name];

const annotations = new Set(['description', 'title', 'deprecated', 'examples', 'default']);

function setInteger(schema: Draft): void {
  const types = typesOf(schema).map((type) => (type === 'number' ? 'integer' : type));
  schema.type = types.length > 1 ? types : (types[0] ?? 'integer');
}

function applyDefault(schema: Draft | Reference, own: Draft, text: string): string | undefined {
  if (own.default !== undefined) return undefined; // an initialiser is what really happens
  const isText = partsOfType(schema, 'string').length > 0;
  const read = readValue(text) ?? (isText && text !== '' ? { value: text } : undefined);
  if (!read) return `@default has the value "${text}", but wants JSON; write for example @default 10`;
  setKey(own, 'default', read.value);
  return undefined;
}

function applyAdditionalProperties(schema: Draft | Reference, text: string): string | undefined {
  if (text !== 'false' && text !== 'true')
    return `@additionalProperties has the value "${text}", but wants false or true`;
  if (schema instanceof Reference) {
    return '@additionalProperties stands where a named type is used; write it above the declaration of that type';
  }
  if (schema.type !== 'object')
    return `@additionalProperties is for objects, and this is ${printType(schema)}; remove the tag`;
  if (schema.additionalProperties === undefined) schema.additionalProperties = text === 'true';
  return undefined;
}

/** JSON, or a string in single quotes as TypeScript writes it. */
function readValue(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    const quoted = /^'([^'\\]*)'$|^`([^`\\$]*)`$/.exec(text);
    return quoted ? { value: quoted[1] ?? quoted[2] } : undefined; // the tag may hold plain text
  }
}

function printType(schema: Draft | Reference): string {
  const draft = schema instanceof Reference ? schema.target : schema;
  if (draft?.[ioKeyword] !== undefined) return `a ${draft[ioKeyword]}`;
  const types = draft ? typesOf(draft) : [];
  return types.length > 0 ? `of the type ${types.join(' or ')}` : 'of another type';
}

function typesOf({ type, anyOf }: Draft): string[] {
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.map(String);
  return Array.isArray(anyOf) ? anyOf.flatMap((part) => (isDraft(part) ? typesOf(part) : [])) : [];
}

function isDraft(value: unknown): value is Draft {
  return typeof value === 'object' && value !== null && !(value instanceof Reference);
}
