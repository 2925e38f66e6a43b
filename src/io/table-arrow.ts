/** Tables as Arrow IPC streams and files; the types of the columns are those that are declared. */
import type { DataType, Vector } from 'apache-arrow';
import { ServiceError } from '../errors.ts';
import { fromBase64, toBase64 } from './base64.ts';
import type { Schema } from './io-type.ts';
import { refuseTreacherous } from './parse-json.ts';
import { namesOf, type TableRow } from './table.ts';
import { type ColumnKind, columnSchema, kindOf } from './table-cell.ts';

/** The package. */
export type Arrow = typeof import('apache-arrow');

// A value takes at least a bit: what is longer says so only, and would have us count for ever. But 250 million bits that
// are all zero are 30 KB when they come, and a text of a dictionary is there once for any number of values. So it is no
// more than a JSON body of 32 MiB could have, or one of the same length.
const mostValues = 2 ** 24;
const mostCharacters = 2 ** 25;

/** An Arrow IPC stream or file → an object of columns, with JSON for what JSON lacks. */
export function readArrow(body: Uint8Array, schema: Schema, arrow: Arrow): unknown {
  try {
    const table = arrow.tableFromIPC(new Uint8Array(body)); // a copy: its numbers want to begin where their size divides
    if (table.schema.fields.length === 0) throw malformed('it has no columns');
    refuseTreacherous(Object.fromEntries(table.schema.fields.map(({ name }) => [name, null])), 'the body');
    const room = roomOf(body);
    const columns = table.schema.fields.flatMap(({ name }): [string, unknown][] => {
      const vector = table.getChild(name);
      if (!vector || !isRead(schema, name)) return [];
      return [[name, toList(vector, kindOf(columnSchema(schema, name), schema), { arrow, name, room })]];
    });
    return Object.fromEntries(columns);
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause;
    throw malformed('it cannot be read as an IPC stream or file', cause);
  }
}

interface Reading {
  readonly arrow: Arrow;
  readonly name: string;
  /** How much more there may be. */
  readonly room: { values: number; characters: number };
}

function roomOf({ length }: Uint8Array): Reading['room'] {
  return {
    values: Math.min(length * 8, Math.max(length / 2, mostValues)),
    characters: Math.max(length, mostCharacters),
  };
}

function isRead({ properties, additionalProperties }: Schema, name: string): boolean {
  return additionalProperties !== undefined || Object.hasOwn((properties ?? {}) as object, name);
}

function toList(vector: Vector, kind: ColumnKind | undefined, reading: Reading): unknown[] {
  take('values', vector, reading);
  return Array.from({ length: vector.length }, (_, at) => toJsonValue(vector.get(at), vector.type, kind, reading));
}

function take<T extends { readonly length: number }>(
  what: keyof Reading['room'],
  given: T,
  { room, name }: Reading,
): T {
  room[what] -= given.length;
  if (room[what] >= 0) return given;
  throw malformed(`its column ${JSON.stringify(name)} has more ${what} than such a body may have`);
}

function toJsonValue(value: unknown, type: DataType, kind: ColumnKind | undefined, reading: Reading): unknown {
  const { DataType: is } = reading.arrow;
  if (value === null || value === undefined) return null;
  if (is.isDictionary(type)) return toJsonValue(value, type.dictionary, kind, reading);
  if (is.isFloat(type) || is.isBool(type)) return value;
  if (is.isInt(type)) return toInteger(value as number | bigint, kind);
  if (is.isTimestamp(type) || is.isDate(type)) return new Date(Number(value)).toISOString();
  if (is.isUtf8(type) || is.isLargeUtf8(type)) return take('characters', value as string, reading);
  if (is.isBinary(type) || is.isLargeBinary(type) || is.isFixedSizeBinary(type)) {
    return toBase64(take('characters', value as Uint8Array, reading));
  }
  if (is.isList(type) || is.isFixedSizeList(type)) return toList(value as Vector, undefined, reading);
  throw malformed(`its column ${JSON.stringify(reading.name)} has the type ${type}, which is not read; cast it`);
}

/** Whole numbers that JSON cannot say exactly are text, as a declared `bigint` takes it. */
function toInteger(value: number | bigint, kind: ColumnKind | undefined): unknown {
  if (typeof value === 'number' || Number.isSafeInteger(Number(value))) return Number(value);
  return kind?.ioType === undefined ? Number(value) : String(value);
}

function malformed(problem: string, cause?: unknown): ServiceError {
  return new ServiceError('MALFORMED_BODY', { problem: `the body is no Arrow data: ${problem}` }, { cause });
}

/** Rows, in JSON as the schema has them → an Arrow IPC stream. */
export function writeArrow(
  rows: readonly TableRow[],
  schema: Schema,
  arrow: Arrow,
  names: readonly string[] = namesOf(rows),
): Uint8Array {
  const columns = names.map((name) => {
    const kind = kindOf(columnSchema(schema, name), schema);
    const { type, convert } = columnType(kind, arrow);
    const values = rows.map((row) => (Object.hasOwn(row, name) && row[name] !== null ? convert(row[name]) : null));
    return [name, arrow.vectorFromArray(values, type)] as const;
  });
  return arrow.tableToIPC(new arrow.Table(Object.fromEntries(columns)), 'stream');
}

interface ColumnType {
  readonly type: DataType;
  convert(json: unknown): unknown;
}

const same = (value: unknown) => value;

function columnType({ types, ioType }: ColumnKind, arrow: Arrow): ColumnType {
  if (ioType === 'date')
    return { type: new arrow.TimestampMillisecond('UTC'), convert: (text) => Date.parse(String(text)) };
  if (ioType === 'bigint') return { type: new arrow.Int64(), convert: (text) => BigInt(String(text)) };
  if (ioType === 'bytes') return { type: new arrow.Binary(), convert: (text) => fromBase64(String(text)) };
  const [only] = types;
  if (types.length === 1 && ioType === undefined) {
    if (only === 'number') return { type: new arrow.Float64(), convert: same };
    if (only === 'integer') return { type: new arrow.Int64(), convert: (value) => BigInt(Number(value)) };
    if (only === 'boolean') return { type: new arrow.Bool(), convert: same };
  }
  const toText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return { type: new arrow.Utf8(), convert: toText };
}
