import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapItems } from './map-items.ts';

/** A source that counts how often it is ended. */
function createSource(items: readonly number[]) {
  const seen = { returns: 0 };
  async function* generate() {
    try {
      yield* items;
    } finally {
      seen.returns++;
    }
  }
  return { seen, source: generate() };
}

test('items are what the check makes of them, at once or later', async () => {
  const { source } = createSource([1, 2]);
  const seen: unknown[] = [];
  for await (const item of mapItems(source, (one) => (one === 1 ? 'one' : Promise.resolve('two')))) seen.push(item);
  assert.deepEqual(seen, ['one', 'two']);
});

test('a list is a source, too', async () => {
  const seen: unknown[] = [];
  for await (const item of mapItems([1, 2], (one) => Number(one) * 2)) seen.push(item);
  assert.deepEqual(seen, [2, 4]);
});

test('an item that does not pass ends the source', async () => {
  const { source, seen } = createSource([1, 2, 3]);
  const iterator = mapItems(source, (item) => {
    if (item === 2) throw new Error('two');
    return item;
  })[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { done: false, value: 1 });
  await assert.rejects(iterator.next(), /two/);
  assert.equal(seen.returns, 1);
});

test('whoever leaves early ends the source', async () => {
  const { source, seen } = createSource([1, 2]);
  for await (const _item of mapItems(source, (one) => one)) break;
  assert.equal(seen.returns, 1);
});
