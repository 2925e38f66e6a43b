import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learnCost, predictDrainMs } from './predict-wait.ts';

test('what waits takes its cost, shared by the lanes of its method, over all methods', () => {
  const slow = { waiting: 10, costMs: 100, lanes: 2 };
  const quick = { waiting: 32, costMs: 10, lanes: 16 };
  assert.equal(predictDrainMs([slow]), 500);
  assert.equal(predictDrainMs([slow, quick]), 520);
});

test('what has never run, or has no worker, is predicted to take no time', () => {
  assert.equal(predictDrainMs([{ waiting: 50, costMs: undefined, lanes: 1 }]), 0);
  assert.equal(predictDrainMs([{ waiting: 50, costMs: 10, lanes: 0 }]), 0);
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
