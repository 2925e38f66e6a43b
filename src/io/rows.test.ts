import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack, unpack } from './crossing.ts';
import { countItems, cutItems, itemLengthOf, joinItems, likenessOf, rowTypeOf } from './rows.ts';
import { Table } from './table.ts';
import { tableSchema } from './table-type.ts';
import { Tensor } from './tensor.ts';
import { tensorSchema } from './tensor-type.ts';
import { typedArraySchema } from './typed-array.ts';

const numbers = new Tensor(
  'float32',
  Float32Array.from({ length: 24 }, (_, at) => at),
  [2, 4, 3],
);
const words = new Tensor('string', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], [2, 4]);

const values: readonly (readonly [what: string, value: unknown, dim: number])[] = [
  ['an array', [{ a: 1 }, 'b', null, [3]], 0],
  ['a typed array', Float64Array.of(1, 2, 3, 4), 0],
  ['big integers', BigInt64Array.of(1n, 2n, 3n, 4n), 0],
  ['a tensor', numbers, 1],
  ['a tensor of texts', words, 1],
  ['a table', Table.fromColumns({ a: [1, 2, 3, 4], b: ['w', 'x', 'y', 'z'] }), 0],
];

for (const [what, value, dim] of values) {
  test(`${what} that is cut anywhere and put together again is what it was`, () => {
    const crossing = pack(value);
    assert.equal(countItems(crossing, dim), 4);
    const property = fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 4 })), (places) => {
      const cuts = [0, ...places.sort((a, b) => a - b), 4];
      const parts = cuts.slice(1).map((to, at) => cutItems(crossing, cuts[at] as number, to, dim));
      assert.deepEqual(
        parts.map((part) => countItems(part, dim)),
        cuts.slice(1).map((to, at) => to - (cuts[at] as number)),
      );
      assert.equal(new Set(parts.map((part) => likenessOf(part, dim))).size, 1);
      assert.deepEqual(unpack(joinItems(parts, dim)), value);
    });
    fc.assert(property, { seed: 1 });
  });
}

test('a tensor is cut along the dimension that is asked for', () => {
  const cut = (from: number, to: number, dim: number) =>
    (unpack(cutItems(pack(numbers), from, to, dim)) as Tensor).toArray();
  assert.deepEqual(cut(1, 2, 0), [
    [
      [12, 13, 14],
      [15, 16, 17],
      [18, 19, 20],
      [21, 22, 23],
    ],
  ]);
  assert.deepEqual(cut(3, 4, 1), [[[9, 10, 11]], [[21, 22, 23]]]);
});

test('what cannot stand in one row is not alike', () => {
  const shaped = (rows: number, width: number) =>
    pack(new Tensor('float32', new Float32Array(rows * width), [rows, width]));
  assert.equal(likenessOf(shaped(2, 3), 0), likenessOf(shaped(5, 3), 0));
  assert.notEqual(likenessOf(shaped(2, 3), 0), likenessOf(shaped(2, 4), 0));
  assert.notEqual(likenessOf(pack(new Tensor('int8', new Int8Array(3), [1, 3])), 0), likenessOf(shaped(1, 3), 0));
  const table = (columns: object) => pack(Table.fromColumns(columns as never));
  assert.notEqual(likenessOf(table({ a: [1] }), 0), likenessOf(table({ b: [1] }), 0));
  assert.equal(itemLengthOf(shaped(2, 7), 0), 7);
});

test('a value without items has no items', () => {
  for (const value of ['text', 7, null, new Date(), new Uint8Array(3), new Map()])
    assert.equal(countItems(value, 0), undefined);
  assert.equal(countItems(pack(numbers), 3), undefined);
});

test('an empty value of each declared type has no items, and fits the type as far as that says sizes', () => {
  const empty = (schema: object, dim = 0) => rowTypeOf(schema as never)?.empty(schema as never, dim);
  assert.deepEqual(empty({ type: 'array' }), []);
  assert.deepEqual(empty(typedArraySchema('Float32Array')), new Float32Array(0));
  assert.deepEqual((unpack(empty(tensorSchema('float32', ['n', 384], true))) as Tensor).shape, [0, 384]);
  assert.deepEqual((unpack(empty(tensorSchema('float32', ['n', 384, null], true), 1)) as Tensor).shape, [0, 0, 0]);
  assert.deepEqual(unpack(empty(tableSchema({}, { a: {} }, ['a'], undefined))), Table.fromColumns({ a: [] }));
});
