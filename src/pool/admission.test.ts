import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRefusal, decideVictim } from './admission.ts';
import { createWaitingLine } from './waiting-line.ts';

const traffic = { timeoutMs: 60_000, maxQueue: 100 };
const idle = { waiting: 0, running: 0, waitMs: 0, leadMs: 0 };
const refuse = (load: object, timeoutMs = 1000, more: object = {}) => {
  const refusal = decideRefusal('Demo', { ...traffic, ...more }, { ...idle, ...load }, timeoutMs);
  return refusal && [refusal.code, refusal.retryAfterMs];
};

test('a call joins while there is room and time', () => {
  assert.equal(refuse({ waiting: 99, running: 500, waitMs: 700, leadMs: 100 }), undefined);
});

test('a full queue refuses, and says after how long it is worked through', () => {
  assert.deepEqual(refuse({ waiting: 100, waitMs: 700 }), ['QUEUE_FULL', 700]);
});

test('a call that would wait longer than its caller does is refused, until one would not', () => {
  const load = { waiting: 10, waitMs: 2000, leadMs: 400 };
  assert.deepEqual(refuse(load), ['OVERLOADED', 2000], 'a quarter more than what is predicted, since it may be wrong');
  assert.equal(refuse(load, 3000), undefined);
});

test('a call that need not wait may try, however long others of its method have run', () => {
  assert.equal(refuse({ leadMs: 60_000 }), undefined);
});

test('waiting and running calls count together towards the concurrency', () => {
  assert.deepEqual(refuse({ waiting: 3, running: 5 }, 1000, { maxConcurrency: 8 }), ['CONCURRENCY_EXCEEDED', 0]);
  assert.equal(refuse({ waiting: 3, running: 4 }, 1000, { maxConcurrency: 8 }), undefined);
});

/** A line with as many calls of each caller as are said, in that order. */
function lineOf(calls: Readonly<Record<string, number>>) {
  const line = createWaitingLine<string>();
  for (const [caller, count] of Object.entries(calls)) {
    for (let call = 1; call <= count; call++) line.join(`${caller}${call}`, caller);
  }
  return line;
}

test('a flood of one method gives way to a call of another, until both have as many', () => {
  const flooded = lineOf({ a: 10 });
  for (const [waiting, victim] of [
    [0, 'a10'],
    [8, 'a10'],
    [9, undefined],
  ] as const) {
    const own = lineOf({ a: waiting });
    assert.equal(decideVictim([flooded, own], own, 'a'), victim, `${waiting} wait`);
  }
});

test('within a method the caller who has most gives way to one who would have fewer', () => {
  const line = lineOf({ a: 5, b: 2, c: 1 });
  assert.equal(decideVictim([line], line, 'new'), 'a5');
  assert.equal(decideVictim([line], line, 'c'), 'a5');
});

test('nobody gives way to a caller who has as much as others have', () => {
  assert.equal(decideVictim([lineOf({ a: 5, b: 1 })], lineOf({ a: 5, b: 1 }), 'a'), undefined);
  const even = lineOf({ a: 1, b: 1, c: 1 });
  assert.equal(decideVictim([even], even, 'new'), undefined);
  const empty = lineOf({});
  assert.equal(decideVictim([empty], empty, 'new'), undefined);
});
