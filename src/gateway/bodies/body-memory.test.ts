import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBodyMemory } from './body-memory.ts';

const mebibyte = 1024 * 1024;

test('memory that was given back is given again, in the length that is asked for', () => {
  const memory = createBodyMemory();
  const first = memory.take(mebibyte - 5);
  assert.equal(first?.length, mebibyte - 5);
  assert.notEqual(memory.take(mebibyte)?.buffer, first?.buffer, 'nobody has given it back');
  memory.giveBack(first as Uint8Array<ArrayBuffer>);
  const second = memory.take(mebibyte);
  assert.deepEqual([second?.buffer === first?.buffer, second?.length], [true, mebibyte]);
});

test('small bodies and very large ones are given none', () => {
  const memory = createBodyMemory();
  for (const length of [0, 1, 100_000, 9 * mebibyte, Number.NaN])
    assert.equal(memory.take(length), undefined, `${length}`);
});

test('no more is kept than 32 MiB, and nothing that has moved to a thread', () => {
  const memory = createBodyMemory();
  const all = Array.from({ length: 5 }, () => memory.take(8 * mebibyte) as Uint8Array<ArrayBuffer>);
  for (const one of all) memory.giveBack(one);
  const again = Array.from({ length: 5 }, () => memory.take(8 * mebibyte)?.buffer);
  assert.deepEqual(
    again.map((buffer) => all.some((one) => one.buffer === buffer)),
    [true, true, true, true, false],
  );
  const moved = memory.take(mebibyte) as Uint8Array<ArrayBuffer>;
  structuredClone(moved.buffer, { transfer: [moved.buffer] });
  memory.giveBack(moved);
  assert.equal(memory.take(mebibyte)?.length, mebibyte);
});
