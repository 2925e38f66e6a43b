/** Typed arrays of numbers: an array of numbers in JSON, each checked to be one that the array holds. */
import { bigintSchema } from './bigint.ts';
import type { IoType, Schema } from './io-type.ts';
import { Misfit, within } from './misfit.ts';

type Numbers = { readonly length: number; [at: number]: number };

interface Kind {
  readonly item: Schema;
  make(length: number): Numbers | BigInt64Array | BigUint64Array;
}

const whole = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });
const float16 = (globalThis as { Float16Array?: new (length: number) => Numbers }).Float16Array;

const kinds = new Map<string, Kind>([
  ['Int8Array', { item: whole(-128, 127), make: (length) => new Int8Array(length) }],
  ['Int16Array', { item: whole(-32768, 32767), make: (length) => new Int16Array(length) }],
  ['Uint16Array', { item: whole(0, 65535), make: (length) => new Uint16Array(length) }],
  ['Int32Array', { item: whole(-(2 ** 31), 2 ** 31 - 1), make: (length) => new Int32Array(length) }],
  ['Uint32Array', { item: whole(0, 2 ** 32 - 1), make: (length) => new Uint32Array(length) }],
  ['Float32Array', { item: { type: 'number' }, make: (length) => new Float32Array(length) }],
  ['Float64Array', { item: { type: 'number' }, make: (length) => new Float64Array(length) }],
  ['BigInt64Array', { item: big(-(2n ** 63n), 2n ** 63n - 1n), make: (length) => new BigInt64Array(length) }],
  ['BigUint64Array', { item: big(0n, 2n ** 64n - 1n), make: (length) => new BigUint64Array(length) }],
  ...(float16 ? [['Float16Array', { item: { type: 'number' }, make: (length: number) => new float16(length) }]] : []),
] as [string, Kind][]);

/** Names of the types whose values are arrays of numbers; what the platform lacks is not among them. */
export const numberArrays: readonly string[] = [...kinds.keys()];

/** The schema of a typed array. */
export function typedArraySchema(name: string): Schema {
  const { 'x-io-type': _, ...item } = kinds.get(name)?.item ?? {};
  return { type: 'array', items: item, 'x-io-type': 'typed-array', 'x-array': name };
}

function big(least: bigint, most: bigint): Schema {
  const { minimum, maximum } = bigintSchema;
  const digits = most.toString().length + (least < 0n ? 1 : 0);
  return { ...bigintSchema, maxLength: digits, minimum: least < 0n ? minimum : 0, maximum };
}

export const typedArray: IoType = {
  name: 'typed-array',
  tags: numberArrays.map((name) => `[object ${name}]`),
  read(json, schema) {
    const items = json as readonly (number | string)[]; // as the schema says
    const name = String(schema['x-array']);
    const array = kinds.get(name)?.make(items.length) ?? refuse(`must be read where there is a ${name}`);
    if (array instanceof BigInt64Array || array instanceof BigUint64Array) return fillBig(array, items, name);
    for (let at = 0; at < items.length; at++) {
      array[at] = Number(items[at]);
      if (!Number.isFinite(array[at])) within(at, () => refuse(`is too large for a ${name}`));
    }
    return array;
  },
  write: (value: ArrayLike<number | bigint>, inner) => Array.from(value, inner),
  row: {
    hasDimensions: false,
    count: ({ length }: Float32Array) => length,
    likeness: (array: Float32Array) => Object.prototype.toString.call(array),
    cut: (array: Float32Array, from, to) => array.slice(from, to),
    join(arrays: readonly Float32Array[]) {
      const [first] = arrays as readonly [Float32Array];
      const length = arrays.reduce((sum, one) => sum + one.length, 0);
      const joined = new (first.constructor as new (length: number) => Float32Array)(length); // or another of them
      let at = 0;
      for (const one of arrays) {
        joined.set(one, at);
        at += one.length;
      }
      return joined;
    },
    empty: (schema) => kinds.get(String(schema['x-array']))?.make(0),
  },
  typeText: ({ 'x-array': name }) => (kinds.has(String(name)) ? String(name) : 'unknown'),
};

function fillBig(array: BigInt64Array | BigUint64Array, items: readonly (number | string)[], name: string) {
  for (let at = 0; at < items.length; at++) {
    const value = BigInt(items[at] ?? 0);
    array[at] = value;
    if (array[at] !== value) within(at, () => refuse(`is too large for a ${name}`));
  }
  return array;
}

function refuse(problem: string): never {
  throw new Misfit('typed-array', problem);
}
