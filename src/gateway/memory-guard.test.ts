import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createMemoryGuard } from './memory-guard.ts';

test('memory is not low for a process that has just begun', () => {
  assert.equal(createMemoryGuard(1).isLow(), false);
});

test('memory is low above the ratio', () => {
  assert.equal(createMemoryGuard(Number.MIN_VALUE).isLow(), true);
});

test('a limit of the cgroup counts, and no limit does not', (t) => {
  const rss = process.memoryUsage.rss();
  const constrained = t.mock.method(process, 'constrainedMemory', () => rss * 1.5);
  assert.equal(createMemoryGuard(0.5).isLow(), true);
  for (const none of [0, 2 ** 64]) {
    constrained.mock.mockImplementation(() => none);
    assert.equal(createMemoryGuard(0.9).isLow(), false);
  }
});

test('the guard looks at most ten times a second', (t) => {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const look = t.mock.method(process, 'constrainedMemory', () => 0);
  const guard = createMemoryGuard(0.8);
  for (let n = 0; n < 50; n++) guard.isLow();
  nowMs += 99;
  guard.isLow();
  assert.equal(look.mock.callCount(), 1);
  nowMs += 1;
  guard.isLow();
  assert.equal(look.mock.callCount(), 2);
  mock.restoreAll();
});
