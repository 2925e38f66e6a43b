import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRefusal } from './admission.ts';

const traffic = { timeoutMs: 60_000, maxQueue: 100 };
const idle = { waiting: 0, running: 0, drainMs: 0 };
const refuse = (load: object, timeoutMs = 1000, more: object = {}) => {
  const refusal = decideRefusal('Demo', { ...traffic, ...more }, { ...idle, ...load }, timeoutMs);
  return refusal && [refusal.code, refusal.retryAfterMs];
};

test('a call joins while there is room and time', () => {
  assert.equal(refuse({ waiting: 99, running: 500, drainMs: 1000 }), undefined);
});

test('a full queue refuses, and says after how long it is worked through', () => {
  assert.deepEqual(refuse({ waiting: 100, drainMs: 700 }), ['QUEUE_FULL', 700]);
});

test('a call that would wait longer than its caller does is refused, until one would not', () => {
  assert.deepEqual(refuse({ waiting: 10, drainMs: 2500 }), ['OVERLOADED', 1500]);
  assert.equal(refuse({ waiting: 10, drainMs: 2500 }, 3000), undefined);
});

test('waiting and running calls count together towards the concurrency', () => {
  assert.deepEqual(refuse({ waiting: 3, running: 5 }, 1000, { maxConcurrency: 8 }), ['CONCURRENCY_EXCEEDED', 0]);
  assert.equal(refuse({ waiting: 3, running: 4 }, 1000, { maxConcurrency: 8 }), undefined);
});
