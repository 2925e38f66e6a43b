import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFairShare } from './fair-share.ts';

/** Hands out one worker's time to methods that always have something waiting; gives the time that each got. */
function share(costs: Readonly<Record<string, number>>, forMs: number): Record<string, number> {
  const fair = createFairShare();
  const methods = Object.entries(costs).map(([name, costMs]) => ({ name, costMs, dueMs: 0, gotMs: 0 }));
  for (let spentMs = 0; spentMs < forMs; ) {
    const next = methods.reduce((best, method) => (method.dueMs < best.dueMs ? method : best));
    fair.charge(next, next.costMs);
    next.gotMs += next.costMs;
    spentMs += next.costMs;
  }
  return Object.fromEntries(methods.map(({ name, gotMs }) => [name, gotMs]));
}

test('methods get the same time, not the same number of calls', () => {
  const { slow = 0, quick = 0 } = share({ slow: 100, quick: 1 }, 10_000);
  assert.ok(Math.abs(slow - quick) <= 100, `${slow} ms and ${quick} ms`);
});

test('who was away does not catch up on the time that others had', () => {
  const fair = createFairShare();
  const busy = { dueMs: 0 };
  const back = { dueMs: 0 };
  for (let call = 0; call < 50; call++) fair.charge(busy, 10);
  fair.enter(back);
  assert.equal(back.dueMs, 490, 'its turn comes with the next one of the other, not fifty times before it');
});
