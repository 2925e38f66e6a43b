/** Reads the parts that `model.yaml` and `bento.yaml` have in common, as leniently as BentoML does. */
import type { Plain } from './python-yaml.ts';

/** The keys of a document, or of a map in one. */
export type MarkerRows = Readonly<Record<string, Plain>>;

/** @throws Error if a document is no map. */
export function readRows(document: unknown): MarkerRows {
  if (isMap(document)) return document;
  throw new Error('it is malformed: a map of keys and values is wanted');
}

/**
 * A text; numbers are taken for one, since old files have versions without quotes.
 * @throws Error if it is missing and has no fallback.
 */
export function readText(rows: MarkerRows, key: string, fallback?: string): string {
  const value = rows[key] ?? fallback;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  throw new Error(value === undefined ? `the field ${key} is missing` : `the field ${key} is no text`);
}

/** A map; a missing one is empty. @throws Error if it is something else. */
export function readMap(rows: MarkerRows, key: string): MarkerRows {
  const value = rows[key] ?? {};
  if (isMap(value)) return value;
  throw new Error(`the field ${key} is no map`);
}

/** A list; a missing one is empty. @throws Error if it is something else. */
export function readList(rows: MarkerRows, key: string): readonly Plain[] {
  const value = rows[key] ?? [];
  if (Array.isArray(value)) return value;
  throw new Error(`the field ${key} is no list`);
}

/** When it was made; a file without it is older than any that says it. @throws Error if it is no time. */
export function readInstant(rows: MarkerRows): { readonly creationTime: Date; readonly createdMicros: number } {
  const value = rows.creation_time ?? new Date(0);
  if (value instanceof Date) return { creationTime: value, createdMicros: value.getTime() * 1000 };
  const creationTime = new Date(typeof value === 'string' ? withZone(value) : Number.NaN);
  if (Number.isNaN(creationTime.getTime())) throw new Error('the field creation_time is no time');
  const [, below = ''] = /\.\d{3}(\d{1,3})/.exec(String(value)) ?? []; // what a Date has no room for
  return { creationTime, createdMicros: creationTime.getTime() * 1000 + Number(below.padEnd(3, '0')) };
}

/** Python writes a time without a zone where none was given; it is one in UTC. */
const withZone = (text: string) => (/(?:Z|[-+]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);

export function isMap(value: unknown): value is MarkerRows {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !(value instanceof Date) && !ArrayBuffer.isView(value);
}
