/** Tables as CSV (RFC 4180), with a row of names first; the declared columns say what a text means. */
import { ServiceError } from '../errors.ts';
import type { Schema } from './io-type.ts';
import { parseJson, refuseTreacherous } from './parse-json.ts';
import { namesOf, type TableRow } from './table.ts';
import { type ColumnKind, columnSchema, kindOf } from './table-cell.ts';
import { decodeUtf8 } from './utf-8.ts';

type Csv = typeof import('csv-parse/sync');

/**
 * CSV → an array of rows. Numbers, true and false are read where they are declared; an empty text is null where that is
 * declared, and is left out where the column may be; everything that is no text is JSON.
 */
export function readCsv(body: Uint8Array, schema: Schema, { parse }: Csv, jsonDepthLimit: number): unknown {
  const [names, ...lines] = parseLines(decodeUtf8(body), parse);
  if (!names) return [];
  const met = new Set<string>();
  const duplicate = names.find((name) => met.size === met.add(name).size);
  if (duplicate !== undefined) throw malformed(`it has two columns with the name ${JSON.stringify(duplicate)}`);
  const kinds = names.map((name) => kindOf(columnSchema(schema, name), schema));
  const required = (schema.required ?? []) as readonly string[];
  const mayLack = names.map((name) => !required.includes(name) && Object.hasOwn(schema.properties ?? {}, name));
  const toCellValue = (text: string, at: number) => toValue(text, kinds[at], mayLack[at] ?? false, jsonDepthLimit);
  const rows = lines.map((cells) => {
    const entries = names.map((name, at) => [name, toCellValue(cells[at] ?? '', at)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  });
  if (met.has('__proto__') || met.has('constructor')) refuseTreacherous(rows, 'the body');
  return rows;
}

/** Rows → CSV; what is no text, number, true or false is JSON in its cell. */
export function writeCsv(rows: readonly TableRow[], names: readonly string[] = namesOf(rows)): string {
  const lines = [names, ...rows.map((row) => names.map((name) => (Object.hasOwn(row, name) ? row[name] : undefined)))];
  return lines.map((cells) => `${cells.map(toCell).join(',')}\r\n`).join('');
}

function parseLines(text: string, parse: Csv['parse']): string[][] {
  try {
    return parse(text, { skip_empty_lines: true });
  } catch (cause) {
    throw malformed((cause as Error).message.slice(0, 200), cause);
  }
}

function malformed(problem: string, cause?: unknown): ServiceError {
  return new ServiceError('MALFORMED_BODY', { problem: `the body is not valid CSV: ${problem}` }, { cause });
}

// Each character can stand in one place only: else a text of many digits that is no number takes time by their square.
const number = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const truths: Readonly<Record<string, boolean>> = { true: true, false: false };

function toValue(text: string, kind: ColumnKind | undefined, mayLack: boolean, jsonDepthLimit: number): unknown {
  if (!kind) return text;
  const { takesNull, takesText, types, ioType } = kind;
  if (text === '' && takesNull) return null;
  if (text === '' && mayLack && (!takesText || ioType !== undefined)) return undefined;
  if (takesText || types.length === 0) return text;
  if (types.some((type) => type === 'number' || type === 'integer') && number.test(text)) return Number(text);
  if (types.includes('boolean')) return truths[text.toLowerCase()] ?? text; // pandas writes True
  if (!types.includes('array') && !types.includes('object')) return text;
  try {
    return parseJson(new TextEncoder().encode(text), jsonDepthLimit);
  } catch {
    return text; // the schema says what it should have been
  }
}

function toCell(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /["\r\n,]/.test(text) || text === '' ? `"${text.replaceAll('"', '""')}"` : text;
}
