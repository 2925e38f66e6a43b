/** Which of those who wait, sorted by urgency, go together next, and who can no longer be helped. */

/** One who waits. */
export interface Candidate {
  /** Items of the batch that it takes. */
  readonly items: number;
  /** When its time is up. */
  readonly expiresAtMs: number;
}

/** What to do next. */
export interface Plan {
  /** The first ones, which will be late whatever is done: they are refused. */
  readonly doomed: number;
  /** How many items the batch takes from there on. */
  readonly items: number;
}

/** What a plan is made for. */
export interface PlanFor {
  readonly nowMs: number;
  readonly maxBatchSize: number;
  /** How long a batch of so many items runs. */
  readonly predictMs: (items: number) => number;
}

/** Batches that a plan looks ahead: how what is further off will fare depends on who comes meanwhile. */
export const lookAhead = 4;

/**
 * Takes as many as there is room for where nobody is late over it. Else as many that all can be answered in time; and
 * where that is impossible gives up those at the head that keep the most others from being answered.
 */
export function plan(waiting: readonly Candidate[], { nowMs, maxBatchSize, predictMs }: PlanFor): Plan {
  const items = toItems(waiting, maxBatchSize * lookAhead);
  const full = Math.min(maxBatchSize, items.length);
  if (full === 0) return { doomed: 0, items: 0 };
  if (isInTime(items, nowMs, maxBatchSize, predictMs)) return { doomed: 0, items: full };
  const first = firstOfSchedule(items, nowMs, maxBatchSize, predictMs);
  if (first > 0) return { doomed: 0, items: first };
  return shed(waiting, items, { nowMs, maxBatchSize, predictMs });
}

/** The deadline of each item, as far as the plan looks ahead. */
function toItems(waiting: readonly Candidate[], most: number): number[] {
  const deadlines: number[] = [];
  for (const { items, expiresAtMs } of waiting) {
    for (let at = 0; at < items && deadlines.length < most; at++) deadlines.push(expiresAtMs);
    if (deadlines.length === most) break;
  }
  return deadlines;
}

/** Whether all are in time if each batch is as large as it may be. */
function isInTime(deadlines: readonly number[], nowMs: number, max: number, predictMs: PlanFor['predictMs']): boolean {
  let endMs = nowMs;
  for (let at = 0; at < deadlines.length; at += max) {
    endMs += predictMs(Math.min(max, deadlines.length - at));
    if (endMs > (deadlines[at] as number)) return false;
  }
  return true;
}

/**
 * How large the first batch is in a schedule that answers everyone in time, in the order of their deadlines; 0 if there is
 * none. Ending sooner is never worse, so the soonest end of each prefix is all that has to be known of it.
 */
function firstOfSchedule(
  deadlines: readonly number[],
  nowMs: number,
  max: number,
  predictMs: PlanFor['predictMs'],
): number {
  const costs = Array.from({ length: Math.min(max, deadlines.length) + 1 }, (_, size) => predictMs(size));
  const ends = new Float64Array(deadlines.length + 1).fill(Number.POSITIVE_INFINITY);
  const firsts = new Int32Array(deadlines.length + 1);
  ends[0] = nowMs;
  for (let end = 1; end <= deadlines.length; end++) {
    for (let size = 1; size <= Math.min(max, end); size++) {
      const begin = end - size;
      const endMs = (ends[begin] as number) + (costs[size] as number);
      if (endMs > (deadlines[begin] as number) || endMs >= (ends[end] as number)) continue;
      ends[end] = endMs;
      firsts[end] = begin === 0 ? size : (firsts[begin] as number);
    }
  }
  return firsts[deadlines.length] as number;
}

/** Finds the first from whom on the next batch answers the most in time; those before them who cannot be are given up. */
function shed(waiting: readonly Candidate[], deadlines: readonly number[], now: PlanFor): Plan {
  const { nowMs, maxBatchSize, predictMs } = now;
  let best = { doomed: 0, items: 0 };
  let at = 0;
  for (const [doomed, { items, expiresAtMs }] of waiting.entries()) {
    if (at >= deadlines.length) break;
    const room = Math.min(maxBatchSize, deadlines.length - at);
    let most = room;
    while (most > 0 && nowMs + predictMs(most) > expiresAtMs) most--;
    if (most > best.items) best = { doomed, items: most };
    if (best.items === maxBatchSize) break;
    at += items;
  }
  // Nobody can be helped any more: all that were looked at are given up.
  return best.items > 0 ? best : { doomed: waiting.length, items: 0 };
}
