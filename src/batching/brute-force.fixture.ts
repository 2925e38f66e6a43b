/** Small cases in which all are there already: whether any schedule at all is in time, and how a batcher does. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Batch } from './batch.ts';
import { createBatcher } from './batcher.ts';

/** One who waits. */
interface Waiting {
  readonly items: number;
  readonly expiresAtMs: number;
  readonly kind: string;
}

/** All who wait, and what serves them. */
interface Case {
  readonly waiting: readonly Waiting[];
  readonly maxBatchSize: number;
  readonly slots: number;
  readonly launchMs: number;
  readonly unitMs: number;
}

const runMsOf = ({ launchMs, unitMs }: Case, items: number) => launchMs + unitMs * items;

/** What is drawn from: how many kinds there are, and how many batches run at once. */
export interface Drawn {
  readonly kinds: number;
  readonly slots: number;
  readonly mostItems: number;
}

function casesOf({ kinds, slots, mostItems }: Drawn): fc.Arbitrary<Case> {
  return fc.record({
    waiting: fc.array(
      fc.record({
        items: fc.integer({ min: 1, max: mostItems }),
        expiresAtMs: fc.integer({ min: 1, max: 70 }).map((ms) => ms + 0.5), // runs end at whole milliseconds
        kind: fc.integer({ min: 1, max: kinds }).map(String),
      }),
      { minLength: 1, maxLength: mostItems > 1 ? 4 : 6 },
    ),
    maxBatchSize: fc.integer({ min: 1, max: 4 }),
    slots: fc.integer({ min: 1, max: slots }),
    launchMs: fc.integer({ min: 0, max: 10 }),
    unitMs: fc.integer({ min: 1, max: 6 }),
  });
}

/** Checks so many cases; gives how many of them could be met at all. */
export function checkDeadlines(drawn: Drawn, runs: number): number {
  let met = 0;
  const property = fc.property(casesOf(drawn), (one) => {
    if (!canAllBeInTime(one)) return;
    met++;
    assert.equal(countLost(one), 0);
  });
  fc.assert(property, { numRuns: runs, seed: 1 });
  return met;
}

/** Tries every order, and every way of cutting them into batches, on workers of which each takes the next one when it likes. */
function canAllBeInTime(one: Case): boolean {
  const { waiting, maxBatchSize, slots } = one;
  const left = waiting.map(({ items }) => items);
  const search = (freeAtMs: readonly number[]): boolean => {
    if (left.every((items) => items === 0)) return true;
    const [nowMs, ...others] = freeAtMs;
    if (nowMs === undefined) return false;
    for (const kind of new Set(waiting.map((request) => request.kind)))
      if (fill(kind, 0, [], nowMs, others)) return true;
    return search(others); // this one has had enough
  };
  /** Has the batch take some items of each request, one request after the other. */
  const fill = (
    kind: string,
    at: number,
    taken: readonly number[],
    nowMs: number,
    others: readonly number[],
  ): boolean => {
    const items = taken.reduce((sum, count) => sum + count, 0);
    const request = waiting[at];
    if (!request) {
      const endMs = nowMs + runMsOf(one, items);
      const isLate = taken.some((count, of) => count > 0 && (waiting[of] as Waiting).expiresAtMs < endMs);
      return items > 0 && !isLate && search([...others, endMs].sort((a, b) => a - b));
    }
    const most = request.kind === kind ? Math.min(left[at] as number, maxBatchSize - items) : 0;
    for (let count = most; count >= 0; count--) {
      left[at] = (left[at] as number) - count;
      const isFound = fill(kind, at + 1, [...taken, count], nowMs, others);
      left[at] = (left[at] as number) + count;
      if (isFound) return true;
    }
    return false;
  };
  return search(Array.from({ length: slots }, () => 0));
}

const lessons = 150; // until nothing is left of the first error

/** How many a batcher that knows its costs gives up, or answers too late. */
function countLost(one: Case): number {
  const { waiting, maxBatchSize, slots } = one;
  const batcher = createBatcher<Waiting>({ maxBatchSize, maxWaitMs: 0 });
  batcher.slots = slots;
  for (let lesson = 0; lesson < lessons; lesson++) {
    const size = 1 + (lesson % maxBatchSize);
    batcher.costOf(0).learn(size, runMsOf(one, size));
  }
  for (const value of waiting) batcher.add({ ...value, value, priority: 0, bucket: 0 }, 0);
  const left = new Map(waiting.map((value) => [value, value.items]));
  const running: { readonly batch: Batch<Waiting>; readonly endsAtMs: number }[] = [];
  let lost = 0;
  for (let nowMs = 0; ; ) {
    while (running.length < slots) {
      const next = batcher.next(nowMs);
      lost += next.doomed.length;
      if (next.kind !== 'batch') break;
      running.push({ batch: next.batch, endsAtMs: nowMs + runMsOf(one, next.batch.items) });
    }
    const ended = running.sort((a, b) => a.endsAtMs - b.endsAtMs).shift();
    if (!ended) return lost;
    nowMs = ended.endsAtMs;
    batcher.ended(ended.batch, undefined, nowMs);
    for (const { entry, items } of ended.batch.pieces) {
      const more = (left.get(entry.value) as number) - items;
      left.set(entry.value, more);
      if (more === 0 && nowMs > entry.value.expiresAtMs) lost++;
    }
  }
}
