import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countAhead, learnCost, predictWaitMs } from './predict-wait.ts';

const slow = { waiting: 10, costMs: 100, lanes: 2, isBlocking: true };
const quick = { waiting: 32, costMs: 10, lanes: 16, isBlocking: false };

test('what waits takes its cost, shared by the lanes of its method', () => {
  assert.equal(predictWaitMs(slow, 10, []), 500);
  assert.equal(predictWaitMs(quick, 32, []), 20);
});

test('methods that block a worker take as much time from another as that one takes itself, or as they need', () => {
  assert.equal(predictWaitMs(quick, 32, [slow]), 40);
  assert.equal(predictWaitMs({ ...slow, waiting: 20 }, 20, [slow]), 1500);
  assert.equal(predictWaitMs(slow, 10, [quick]), 500, 'what does not block runs beside it');
});

test('before a call go all of its caller, and of each other caller as many', () => {
  const line = { count: 100, callerCount: 3 };
  assert.deepEqual(
    [0, 10, 90].map((ofCaller) => countAhead(line, ofCaller)),
    [3, 33, 100],
  );
});

test('what has never run, or has no worker, is predicted to take no time', () => {
  assert.equal(predictWaitMs({ ...slow, costMs: undefined }, 50, []), 0);
  assert.equal(predictWaitMs({ ...slow, lanes: 0 }, 50, []), 0);
});

test('a cost is learned from the first run, and follows a lasting change within some ten runs', () => {
  let cost = learnCost(undefined, 100);
  assert.equal(cost, 100);
  for (let run = 0; run < 10; run++) cost = learnCost(cost, 200);
  assert.ok(cost > 180 && cost < 200, String(cost));
  for (let run = 0; run < 20; run++) cost = learnCost(cost, 50);
  assert.ok(cost < 55, String(cost));
});

test('one outlier does not make a cost many times as large', () => {
  assert.ok(learnCost(10, 60_000) < 20);
});

test('a method that took no time at first can become slow', () => {
  let cost = learnCost(undefined, 0);
  for (let run = 0; run < 100; run++) cost = learnCost(cost, 500);
  assert.ok(cost > 450, String(cost));
});
