/** Merges what was said with the table's defaults, once, into a value in which nothing is missing. */
import { ServiceError } from '../errors.ts';
import { nearest } from './nearest.ts';
import type { Option } from './option.ts';

/** Rows by name, or groups of rows. */
export type Rows = { readonly [name: string]: Option<unknown> | Rows };

/** The value of rows in which every option is present. */
export type Resolved<R extends Rows> = {
  readonly [Name in keyof R]: R[Name] extends Option<infer Value>
    ? Value
    : R[Name] extends Rows
      ? Resolved<R[Name]>
      : never;
};

/** The value of rows as somebody writes it: everything may be left out. */
export type Given<R extends Rows> = {
  readonly [Name in keyof R]?:
    | (R[Name] extends Option<infer Value> ? Value : R[Name] extends Rows ? Given<R[Name]> : never)
    | undefined;
};

/**
 * Checks what was said and fills in the rest.
 *
 * @param where begins the message, for example `@service of Embedder`.
 * @throws ServiceError `OPTION_UNKNOWN`, with the nearest name, or `OPTION_INVALID`.
 */
export function resolveOptions<R extends Rows>(rows: R, given: unknown, where: string): Resolved<R> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new ServiceError('OPTION_INVALID', { where, name: 'the options', seen: show(given), wanted: 'an object' });
  }
  refuseUnknown(Object.keys(rows), Object.keys(given), where);
  const said = given as Readonly<Record<string, unknown>>; // any own key is in rows
  const resolved: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(rows)) {
    const value = Object.hasOwn(said, name) ? said[name] : undefined;
    if (!isOption(row)) {
      resolved[name] = resolveOptions(row, value === undefined ? {} : value, `${where}, ${name}`);
      continue;
    }
    resolved[name] = value === undefined ? row.default : accept(row, value, name, where);
  }
  return resolved as Resolved<R>; // one entry a row, each accepted by its row
}

/**
 * Reads the rows that have an environment variable which is set and not empty.
 * @throws ServiceError `OPTION_INVALID` naming the variable.
 */
export function fromEnvironment<R extends Rows>(
  rows: R,
  environment: Readonly<Record<string, string | undefined>>,
): Given<R> {
  const given: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(rows)) {
    if (!isOption(row) || row.env === undefined) continue;
    for (const [variable, read] of Object.entries({ [row.env]: row.fromText, ...row.envBeside })) {
      const text = environment[variable];
      const value = text === undefined || text === '' ? undefined : read(text);
      if (value === undefined) continue;
      given[name] = accept(row, value, variable, 'environment');
      break;
    }
  }
  return given as Given<R>; // each value accepted by its row
}

/** Whether an entry of a table is an option, not a group of them. */
export function isOption(entry: Option<unknown> | Rows): entry is Option<unknown> {
  return entry.kind === 'option';
}

function accept(row: Option<unknown>, value: unknown, name: string, where: string): unknown {
  if (row.accepts(value)) return value;
  throw new ServiceError('OPTION_INVALID', { where, name, seen: show(value), wanted: row.wanted });
}

function refuseUnknown(known: readonly string[], seen: readonly string[], where: string): void {
  for (const name of seen) {
    if (known.includes(name)) continue;
    const guess = nearest(name, known);
    throw new ServiceError('OPTION_UNKNOWN', {
      where,
      name,
      nearest: guess === undefined ? `; there are ${known.join(', ')}` : `; did you mean "${guess}"?`,
    });
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
