/** The kinds of generated types whose values JSON cannot say: one row each. */
import fc from 'fast-check';
import { type GeneratedType, plain } from './generated-type.ts';
import { simpleRows } from './rows-simple.ts';
import { Decoded, toDecoded, toTypeText, toWire, type Value } from './values.ts';

/** Values that are of none of these types, in JSON or decoded: a text such as "1" might be a `bigint`. */
export const foreign: fc.Arbitrary<Value> = fc.constantFrom<Value>(null, true, 1.5, 'x y!', {}, { a: 1.5 });

/** A type of one name. */
function named<T>(text: string, values: fc.Arbitrary<T>, toJson: (value: T) => unknown, exact: (value: T) => string) {
  return fc.constant(
    plain(
      text,
      values.map((value) => new Decoded(toJson(value), exact(value), value)),
      foreign,
    ),
  );
}

function typedArray<T extends number | bigint>(
  name: string,
  items: fc.Arbitrary<T>,
  create: (items: readonly T[]) => Iterable<T>,
) {
  const toJson = (item: T) => (typeof item === 'bigint' ? String(item) : item);
  return named(
    name,
    fc.array(items, { maxLength: 4 }).map(create),
    (array) => Array.from(array, toJson),
    () => name,
  );
}

const positiveZero = (value: number) => (value === 0 ? 0 : value);

/** Types whose values are told apart by what JSON says of them: keys of a map, items of a set. */
const keys = fc.oneof(simpleRows.string, simpleRows.number, simpleRows.literals, simpleRows.template);
const distinct = (values: fc.Arbitrary<Value>) =>
  fc.uniqueArray(values, { maxLength: 3, selector: (value) => JSON.stringify(toWire(value)) });

const union = (values: readonly Value[]) => (values.length === 0 ? 'never' : values.map(toTypeText).join(' | '));

function setOf(items: readonly Value[]): Decoded {
  return new Decoded(items.map(toWire), `Set<${union(items)}>`, new Set(items.map(toDecoded)));
}

function mapOf(entries: readonly (readonly [Value, Value])[]): Decoded {
  const [first, second] = [entries.map(([key]) => key), entries.map(([, value]) => value)];
  const made = new Map(entries.map(([key, value]) => [toDecoded(key), toDecoded(value)]));
  const wire = entries.map(([key, value]) => [toWire(key), toWire(value)]);
  return new Decoded(wire, `Map<${union(first)}, ${union(second)}>`, made);
}

const set: fc.Arbitrary<GeneratedType> = fc.tuple(keys, fc.boolean()).map(([item, isReadonly]) => ({
  write: (into) => `${isReadonly ? 'Readonly' : ''}Set<${item.write(into)}>`,
  fits: distinct(item.fits).map(setOf),
  near: fc.oneof(distinct(fc.oneof(item.fits, foreign)).map(setOf), foreign),
}));

/** Every kind, by its name. */
export const decodedRows = {
  date: named(
    'Date',
    fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }),
    (value) => value.toISOString(),
    () => 'Date',
  ),
  url: named(
    'URL',
    fc.webUrl({ withQueryParameters: true }).map((text) => new URL(text)),
    ({ href }) => href,
    () => 'URL',
  ),
  bigint: named('bigint', fc.bigInt(), String, (value) => `${value}n`),
  bytes: named(
    'Uint8Array',
    fc.uint8Array({ maxLength: 6 }),
    (value) => Buffer.from(value).toString('base64'),
    () => 'Uint8Array',
  ),
  int32: typedArray('Int32Array', fc.integer(), (items) => Int32Array.from(items)),
  float32: typedArray('Float32Array', fc.float({ noNaN: true, noDefaultInfinity: true }).map(positiveZero), (items) =>
    Float32Array.from(items),
  ),
  bigint64: typedArray('BigInt64Array', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (items) =>
    BigInt64Array.from(items),
  ),
  set,
} satisfies Record<string, fc.Arbitrary<GeneratedType>>;

/** A map to anything. */
export function mapRow(inner: fc.Arbitrary<GeneratedType>): fc.Arbitrary<GeneratedType> {
  return fc.tuple(keys, inner, fc.boolean()).map(([key, value, isReadonly]) => {
    const entries = (own: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>) =>
      distinct(own)
        .chain((all) => fc.tuple(...all.map((one) => other.map((value) => [one, value] as const))))
        .map(mapOf);
    return {
      write: (into) => `${isReadonly ? 'Readonly' : ''}Map<${key.write(into)}, ${value.write(into)}>`,
      fits: entries(key.fits, value.fits),
      near: fc.oneof(entries(fc.oneof(key.fits, foreign), fc.oneof(value.fits, value.near)), foreign),
    };
  });
}
