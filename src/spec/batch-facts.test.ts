import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from '../io/crossing.ts';
import { Tensor } from '../io/tensor.ts';
import { batchFactsOf } from './batch-facts.ts';
import type { ApiSpec, BatchingSpec } from './service-spec.ts';

const api = {
  kind: 'unary',
  body: 'fields',
  parameters: [{ name: 'texts' }, { name: 'options' }],
} as unknown as ApiSpec;
const batching = { places: [0], inputDim: 0 } as unknown as BatchingSpec;
const kindOf = (options: unknown) => batchFactsOf(api, batching, [['a'], options]).kind;

test('calls with the same in what is no array are of one kind, in whatever order its keys come', () => {
  for (const [one, other] of [
    [undefined, undefined],
    ['en', 'en'],
    [
      { a: 1, b: [true, null, 'x'] },
      { b: [true, null, 'x'], a: 1 },
    ],
    [new Map([['a', 1n]]), new Map([['a', 1n]])],
    [Float32Array.of(1, 2), Float32Array.of(1, 2)],
    [new Date(7), new Date(7)],
  ]) {
    assert.equal(kindOf(one), kindOf(other));
    assert.notEqual(kindOf(one), undefined);
  }
});

test('calls that differ in it, be it by a type alone, are of two kinds', () => {
  const different = [
    undefined, null, 'null', 1, '1', 1n, '1n', 0, -0, true, 'true', [], [[]], ['a', 'b'], ['a,b'], ['a', ['b']], {}, { a: 1 },
    { a: '1' }, { a: undefined }, { 'a",1': 1 }, new Set(['a', 'b']), new Map(), new Date(1), Uint8Array.of(1), Int8Array.of(1),
    [/file/, 'a'], ['file', 'a'], 'Object("a",1,)',
  ]; // biome-ignore format: a list reads as a list
  const kinds = different.map(kindOf);
  assert.equal(new Set(kinds).size, different.length);
});

test('what is too large to be compared is like nothing else', () => {
  assert.equal(kindOf('x'.repeat(5000)), undefined);
  assert.equal(kindOf(new Uint8Array(100_000)), undefined);
  assert.equal(kindOf(Array.from({ length: 5000 }, () => 0)), undefined);
});

test('tensors are of one kind if they can be put in one row', () => {
  const kind = (...shape: [number, number]) =>
    batchFactsOf(api, batching, [pack(new Tensor('float32', new Float32Array(shape[0] * shape[1]), shape)), 1]).kind;
  assert.equal(kind(1, 4), kind(3, 4));
  assert.notEqual(kind(1, 4), kind(1, 5));
});

test('the largest item decides on the bucket, by its length or its value, and what cannot be measured is small', () => {
  const edges = [4, 16];
  const by = (bucketBy: object, args: readonly unknown[]) =>
    batchFactsOf(
      api,
      { ...batching, bucketBy: { at: 0, fields: [], by: 'length', edges, ...bucketBy } } as BatchingSpec,
      args,
    );
  assert.deepEqual(by({}, [['abc', 'abcdef']]), {
    items: 2,
    kind: '',
    bucket: 1,
    size: { total: 9, largest: 6 },
  });
  const bucketOf = (bucketBy: object, ...items: unknown[]) => by(bucketBy, [items]).bucket;
  assert.deepEqual([bucketOf({}, 'abcd'), bucketOf({}, 'x'.repeat(17))], [0, 2]);
  assert.equal(bucketOf({ fields: ['a', 'b'] }, { a: { b: [1, 2, 3, 4, 5] } }), 1);
  assert.equal(bucketOf({ fields: ['a'], by: 'value' }, { a: 99 }), 2);
  assert.equal(bucketOf({ fields: ['toString'] }, {}, null, 7), 0);
  assert.equal(by({}, [pack(new Tensor('float32', new Float32Array(20), [2, 10]))]).bucket, 1);
});

test('items of about the same cost go together', () => {
  const bucket = (cost: number) =>
    batchFactsOf(api, { ...batching, costOf: { at: 0, fields: [], by: 'value' } } as BatchingSpec, [[cost]]).bucket;
  assert.deepEqual([100, 120, 128, 129, 250, 0, -1, Number.NaN].map(bucket), [7, 7, 7, 8, 8, -20, -20, -20]);
});
