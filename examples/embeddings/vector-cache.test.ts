import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VectorCache } from './vector-cache.ts';

/** A cache over an encoder that writes down what it is given. */
function createCache(capacity: number): { cache: VectorCache; encoded: string[][] } {
  const encoded: string[][] = [];
  const cache = new VectorCache(async (texts) => {
    encoded.push([...texts]);
    return texts.map((text) => [text.length]);
  }, capacity);
  return { cache, encoded };
}

test('vectors come in the order of the texts, and only new texts are encoded', async () => {
  const { cache, encoded } = createCache(8);
  assert.deepEqual(await cache.encode(['a', 'bb']), [[1], [2]]);
  assert.deepEqual(await cache.encode(['ccc', 'bb', 'a']), [[3], [2], [1]]);
  assert.deepEqual(encoded, [['a', 'bb'], ['ccc']]);
});

test('a text that is given twice is encoded once', async () => {
  const { cache, encoded } = createCache(8);
  assert.deepEqual(await cache.encode(['a', 'a']), [[1], [1]]);
  assert.deepEqual(encoded, [['a']]);
});

test('past its capacity the cache forgets what was not used for longest', async () => {
  const { cache, encoded } = createCache(2);
  await cache.encode(['a', 'bb']);
  await cache.encode(['a']);
  await cache.encode(['ccc']);
  await cache.encode(['a', 'bb']);
  assert.deepEqual(encoded.at(-1), ['bb']);
});

test('more texts than the cache holds are all answered', async () => {
  const { cache } = createCache(1);
  assert.deepEqual(await cache.encode(['a', 'bb', 'ccc']), [[1], [2], [3]]);
});
