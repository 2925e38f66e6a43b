import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRetryAfter } from './retry-after.ts';

test('what is known is spread by a quarter to both sides, in whole seconds', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((chance) => decideRetryAfter(8000, chance)),
    [6, 8, 10],
  );
});

test('it is never less than a second and never more than a minute', () => {
  assert.equal(decideRetryAfter(3, 0), 1);
  assert.equal(decideRetryAfter(3_600_000, 1), 60);
});

test('where nothing is known some come back after one second, the others after two', () => {
  assert.deepEqual([decideRetryAfter(undefined, 0), decideRetryAfter(undefined, 1)], [1, 2]);
});
