import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CostModel, createCostModel } from './cost-model.ts';

const lineMs = (size: number) => 5 + 0.1 * size;
const sizes = [1, 64, 8, 32, 3, 17, 50, 2, 40, 11];

function teach(cost: CostModel, runMs: (size: number) => number, batches: number): void {
  for (let batch = 0; batch < batches; batch++) {
    const size = sizes[batch % sizes.length] as number;
    cost.learn(size, runMs(size));
  }
}

function assertNear(seen: number, wanted: number, share: number): void {
  assert.ok(Math.abs(seen - wanted) <= wanted * share, `${seen} is not near ${wanted}`);
}

test('before anything has run it predicts nothing, and after one batch that its like take as long', () => {
  const cost = createCostModel();
  assert.equal(cost.predictMs(8), 0);
  cost.learn(8, 10);
  assertNear(cost.predictMs(8), 10, 0.01);
  assert.ok(cost.predictMs(16) > 10 && cost.predictMs(16) < 20);
});

test('two sizes tell what a launch costs and what an item does', () => {
  const cost = createCostModel();
  teach(cost, lineMs, 4);
  assertNear(cost.launchMs, 5, 0.01);
  assertNear(cost.unitMs, 0.1, 0.01);
  assertNear(cost.predictMs(25), 7.5, 0.01);
});

test('a model that pads to the next power of two is known by its steps', () => {
  const cost = createCostModel();
  const paddedMs = (size: number) => 5 + 0.2 * 2 ** Math.ceil(Math.log2(size));
  teach(cost, paddedMs, 300);
  for (const size of sizes) assertNear(cost.predictMs(size), paddedMs(size), 0.12);
});

test('a stall of a hundred times as long spoils nothing', () => {
  const cost = createCostModel();
  teach(cost, lineMs, 40);
  cost.learn(64, 100 * lineMs(64));
  for (const size of sizes) assertNear(cost.predictMs(size), lineMs(size), 0.2);
  assert.ok(cost.errorMs < 2, `errors of ${cost.errorMs} ms are expected`);
  teach(cost, lineMs, 30);
  for (const size of sizes) assertNear(cost.predictMs(size), lineMs(size), 0.05);
});

test('a first batch that loads for a second is forgotten with the next one', () => {
  const cost = createCostModel();
  cost.learn(4, 1000);
  cost.learn(4, lineMs(4));
  assertNear(cost.predictMs(4), lineMs(4), 0.01);
});

test('a model that has become slower or faster is learned again', () => {
  for (const factor of [0.1, 0.5, 1.5, 20]) {
    const cost = createCostModel();
    teach(cost, lineMs, 300);
    teach(cost, (size) => factor * lineMs(size), 60);
    for (const size of sizes) assertNear(cost.predictMs(size), factor * lineMs(size), 0.12);
  }
});
