/** What decides with which others a call goes, from its arguments in the form that crosses. */
import { ServiceError } from '../errors.ts';
import { isParcel } from '../io/io-type.ts';
import { countItems, itemLengthOf, lengthOf, likenessOf } from '../io/rows.ts';
import type { ApiSpec, BatchingSpec, Measure } from './service-spec.ts';

/** One call of a batchable method, as far as the others that it goes with are concerned. */
export interface BatchFacts {
  readonly items: number;
  /** Calls of different kinds are never in one batch; undefined where it is like no other, or too large to be compared. */
  readonly kind: string | undefined;
  /** Which calls are about as large, or as much work. */
  readonly bucket: number;
  /** How large its items are together, and the largest; only with `bucketBy`. */
  readonly size?: { readonly total: number; readonly largest: number };
}

/**
 * Looks at the arguments of a call.
 * @throws ServiceError `INVALID_INPUT` if its parameters do not have as many items as each other, or too many for a stream.
 */
export function batchFactsOf(api: ApiSpec, batching: BatchingSpec, args: readonly unknown[]): BatchFacts {
  const items = countAll(api, batching, args);
  const { bucketBy, costOf } = batching;
  const kind = kindOf(batching, args);
  if (bucketBy) {
    const size = measure(bucketBy, args, items, batching.inputDim);
    const end = bucketBy.edges.findIndex((edge) => size.largest <= edge);
    return { items, kind, bucket: end < 0 ? bucketBy.edges.length : end, size };
  }
  if (!costOf) return { items, kind, bucket: 0 };
  const { largest } = measure(costOf, args, items, batching.inputDim);
  return { items, kind, bucket: Math.ceil(Math.log2(Math.max(largest, leastCost))) }; // alike within a factor of two
}

const leastCost = 2 ** -20;

function countAll({ kind, body, parameters }: ApiSpec, { places, inputDim }: BatchingSpec, args: readonly unknown[]) {
  let counted: { readonly name: string; readonly items: number } | undefined;
  for (const at of places) {
    if (args[at] === undefined) continue;
    const { name = '' } = parameters[at] ?? {};
    const loc = body === 'fields' ? [name] : [];
    const items = countItems(args[at], inputDim);
    if (items === undefined) throw refuse(loc, `"${name}" has no dimension ${inputDim}, along which its items stand`);
    if (counted && counted.items !== items) {
      throw refuse(
        loc,
        `"${name}" has ${items} items, but "${counted.name}" has ${counted.items}; send as many in both`,
      );
    }
    if (kind === 'stream' && items !== 1) {
      throw refuse(loc, `"${name}" has ${items} items, but a stream answers one; send each in a request of its own`);
    }
    counted = { name, items };
  }
  return counted?.items ?? 0;
}

function refuse(loc: readonly string[], problem: string): ServiceError {
  const detail = [{ loc, msg: problem, type: 'batch' }];
  return new ServiceError('INVALID_INPUT', { problem: `invalid input: ${problem}` }, { detail });
}

const longestKind = 4096; // characters; whoever sends more in common with others goes alone

/** What must be the same in two calls so that one run of the method can be for both. */
function kindOf({ places, inputDim }: BatchingSpec, args: readonly unknown[]): string | undefined {
  let kind = '';
  for (const [at, value] of args.entries()) {
    const isRow = places.includes(at) && value !== undefined;
    const part = isRow ? likenessOf(value, inputDim) : keyOf(value, longestKind - kind.length);
    if (part === undefined) return undefined;
    if (part !== '') kind += `${at}:${part};`;
  }
  return kind.length > longestKind ? undefined : kind;
}

/** A text that is the same for values that are the same, and for no others; undefined if it were too long. */
function keyOf(value: unknown, most: number): string | undefined {
  const parts: string[] = [];
  let left = most;
  const add = (text: string): undefined => {
    left -= text.length;
    if (left >= 0) parts.push(text);
  };
  const addAll = (values: Iterable<unknown>) => {
    for (const one of values) {
      if (left < 0) return;
      visit(one);
      add(',');
    }
  };
  const visit = (one: unknown): undefined => {
    if (typeof one === 'string') return add(one.length > left ? one : JSON.stringify(one));
    if (typeof one === 'bigint') return add(`${one}n`);
    if (typeof one !== 'object' || one === null) return add(Object.is(one, -0) ? '-0' : String(one));
    const tag = Object.prototype.toString.call(one).slice('[object '.length, -1);
    add(`${tag}(`);
    if (Array.isArray(one)) addAll(one);
    else if (one instanceof Map) addAll([...one].flat());
    else if (one instanceof Set) addAll(one);
    else if (ArrayBuffer.isView(one))
      addAll(new Uint8Array(one.buffer, one.byteOffset, Math.min(one.byteLength, most)));
    else if (one instanceof Date) add(String(one.getTime()));
    else if (one instanceof RegExp) add(one.source);
    else for (const key of Object.keys(one).sort()) addAll([key, (one as Readonly<Record<string, unknown>>)[key]]);
    add(')');
  };
  visit(value);
  return left < 0 ? undefined : parts.join('');
}

function measure({ at, fields, by }: Measure, args: readonly unknown[], items: number, dim: number) {
  const row = args[at];
  if (!Array.isArray(row) || isParcel(row)) {
    const largest = itemLengthOf(row, dim) ?? 0;
    return { total: largest * items, largest };
  }
  let total = 0;
  let largest = 0;
  for (const item of row) {
    const value = fields.reduce(step, item);
    const size = by === 'length' ? sizeOf(value) : Number(value);
    if (!(size > 0)) continue; // nothing there, or nothing that can be measured
    total += size;
    largest = Math.max(largest, size);
  }
  return { total, largest };
}

function step(value: unknown, field: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, field);
  return isObject ? (value as Readonly<Record<string, unknown>>)[field] : undefined;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Map || value instanceof Set) return value.size;
  return ArrayBuffer.isView(value) ? value.byteLength : (lengthOf(value) ?? 0);
}
