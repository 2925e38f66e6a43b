import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Candidate, type PlanFor, plan } from './plan.ts';

const alone = { slots: 1, hasOtherFree: false };
const line = (launchMs: number, unitMs: number) => (items: number) => (items === 0 ? 0 : launchMs + unitMs * items);

/** Whether any way of cutting them into batches, in any order, answers all of them in time. */
function canAllBeInTime(waiting: readonly Candidate[], now: PlanFor): boolean {
  if (waiting.length === 0) return true;
  for (let mask = 1; mask < 1 << waiting.length; mask++) {
    const batch = waiting.filter((_, at) => mask & (1 << at));
    if (batch.length > now.maxBatchSize) continue;
    const endMs = now.nowMs + now.predictMs(batch.length);
    if (batch.some(({ expiresAtMs }) => expiresAtMs < endMs)) continue;
    const rest = waiting.filter((_, at) => !(mask & (1 << at)));
    if (canAllBeInTime(rest, { ...now, nowMs: endMs })) return true;
  }
  return false;
}

/** Follows the plans to the end; says how many were late or given up. */
function follow(waiting: readonly Candidate[], now: PlanFor): number {
  let left = waiting;
  let { nowMs } = now;
  let lost = 0;
  while (left.length > 0) {
    const { doomed, items } = plan(left, { ...now, nowMs });
    assert.ok(items <= now.maxBatchSize && (items > 0 || doomed > 0), 'it goes on');
    const batch = left.slice(doomed, doomed + items);
    nowMs += now.predictMs(items);
    lost += doomed + batch.filter(({ expiresAtMs }) => expiresAtMs < nowMs).length;
    left = left.slice(doomed + items);
  }
  return lost;
}

test('whoever can be answered in time by any schedule is answered in time', () => {
  const cases = fc.record({
    deadlines: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
    maxBatchSize: fc.integer({ min: 1, max: 4 }),
    launchMs: fc.integer({ min: 0, max: 10 }),
    unitMs: fc.integer({ min: 1, max: 6 }),
  });
  let feasible = 0;
  const property = fc.property(cases, ({ deadlines, maxBatchSize, launchMs, unitMs }) => {
    const waiting = deadlines.sort((a, b) => a - b).map((expiresAtMs) => ({ items: 1, expiresAtMs }));
    const now = { nowMs: 0, maxBatchSize, predictMs: line(launchMs, unitMs), ...alone };
    if (!canAllBeInTime(waiting, now)) return;
    feasible++;
    assert.equal(follow(waiting, now), 0);
  });
  fc.assert(property, { numRuns: 2000, seed: 1 });
  assert.ok(feasible > 300, `${feasible} cases could be met`);
});

test('one who is late anyway does not take others along', () => {
  const now = { nowMs: 0, maxBatchSize: 8, predictMs: line(10, 1), ...alone };
  const late = { items: 1, expiresAtMs: 5 };
  const others = Array.from({ length: 8 }, () => ({ items: 1, expiresAtMs: 18 }));
  assert.deepEqual(plan([late, ...others], now), { doomed: 1, items: 8 });
});

test('a full batch of later ones is worth more than a small one of the most urgent', () => {
  const now = { nowMs: 0, maxBatchSize: 8, predictMs: line(10, 1), ...alone };
  const urgent = { items: 1, expiresAtMs: 12 };
  const others = Array.from({ length: 12 }, () => ({ items: 1, expiresAtMs: 20 }));
  assert.deepEqual(plan([urgent, ...others], now), { doomed: 1, items: 8 });
});

test('who has more items than a batch holds gets a batch of them', () => {
  const now = { nowMs: 0, maxBatchSize: 4, predictMs: line(1, 1), ...alone };
  assert.deepEqual(plan([{ items: 10, expiresAtMs: 1000 }], now), { doomed: 0, items: 4 });
});
