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
  /** Workers that take batches in turn. */
  readonly slots: number;
  /** Whether another one is free as well, and takes who is left here. */
  readonly hasOtherFree: boolean;
}

/** Batches that a plan looks ahead: how what is further off will fare depends on who comes meanwhile. */
export const lookAhead = 4;

const mostUnits = 256; // that a schedule is searched for: with larger batches it is cut more coarsely

/**
 * Takes as many as there is room for where nobody is late over it. Else as many that all can be answered in time; and
 * where that is impossible gives up those at the head that keep the most others from being answered. Whoever is alone is
 * let try, however long its like have run: without it nothing would ever be learned again.
 */
export function plan(waiting: readonly Candidate[], now: PlanFor): Plan {
  const { nowMs, maxBatchSize, predictMs } = now;
  const [first] = waiting;
  if (
    first &&
    waiting.length === 1 &&
    first.items <= maxBatchSize &&
    nowMs + predictMs(first.items) <= first.expiresAtMs
  )
    return { doomed: 0, items: first.items }; // most of those who come alone
  const deadlines = toDeadlines(waiting, maxBatchSize * lookAhead);
  if (deadlines.length === 0) return { doomed: 0, items: 0 };
  if (areInTime(deadlines, now)) return { doomed: 0, items: Math.min(maxBatchSize, deadlines.length) };
  const size = firstOfSchedule(deadlines, now);
  if (size > 0) return { doomed: 0, items: size };
  const best = shed(waiting, deadlines.length, now);
  if (best.items > 0) return best;
  const last = waiting.at(-1) as Candidate; // there is one, since there are deadlines
  if (last.expiresAtMs <= nowMs) return { doomed: waiting.length, items: 0 };
  return { doomed: waiting.length - 1, items: Math.min(maxBatchSize, last.items) };
}

/** The deadline of each item, as far as the plan looks ahead. */
function toDeadlines(waiting: readonly Candidate[], most: number): number[] {
  const deadlines: number[] = [];
  for (const { items, expiresAtMs } of waiting) {
    for (let at = 0; at < items && deadlines.length < most; at++) deadlines.push(expiresAtMs);
    if (deadlines.length === most) break;
  }
  return deadlines;
}

/** Whether batches of full size are in time for all, or any others in this order. */
export function canBeInTime(waiting: readonly Candidate[], now: PlanFor, sizes: 'full' | 'any'): boolean {
  const deadlines = toDeadlines(waiting, now.maxBatchSize * lookAhead);
  return areInTime(deadlines, now) || (sizes === 'any' && firstOfSchedule(deadlines, now) > 0);
}

/** Whether all are in time if each batch is as large as it may be. */
function areInTime(deadlines: readonly number[], { nowMs, maxBatchSize, predictMs, slots }: PlanFor): boolean {
  let beginMs = nowMs;
  for (let at = 0; at < deadlines.length; at += maxBatchSize) {
    const items = Math.min(maxBatchSize, deadlines.length - at);
    const runMs = predictMs(items);
    for (let one = at; one < at + items; one++) if ((deadlines[one] as number) < beginMs + runMs) return false;
    beginMs += runMs / slots;
  }
  return true;
}

/**
 * How large the first batch is in a schedule that answers everyone in time, in the order of their deadlines; 0 if there is
 * none. Ending sooner is never worse, so the soonest end of each prefix is all that has to be known of it.
 */
function firstOfSchedule(deadlines: readonly number[], { nowMs, maxBatchSize, predictMs, slots }: PlanFor): number {
  const unit = Math.max(1, Math.ceil(deadlines.length / mostUnits));
  const units = Math.ceil(deadlines.length / unit);
  const most = Math.min(units, Math.max(1, Math.floor(maxBatchSize / unit)));
  const costs = Float64Array.from({ length: most + 1 }, (_, size) => predictMs(Math.min(maxBatchSize, size * unit)));
  const tightest = Float64Array.from({ length: units }, (_, at) =>
    deadlines.slice(at * unit, (at + 1) * unit).reduce((least, one) => Math.min(least, one)),
  );
  const ends = new Float64Array(units + 1).fill(Number.POSITIVE_INFINITY); // when the worker is free again
  const firsts = new Int32Array(units + 1);
  ends[0] = nowMs;
  for (let end = 1; end <= units; end++) {
    let dueMs = Number.POSITIVE_INFINITY;
    for (let size = 1; size <= Math.min(most, end); size++) {
      const begin = end - size;
      const runMs = costs[size] as number;
      dueMs = Math.min(dueMs, tightest[begin] as number);
      const beginMs = ends[begin] as number;
      if (beginMs + runMs > dueMs || beginMs + runMs / slots >= (ends[end] as number)) continue;
      ends[end] = beginMs + runMs / slots;
      firsts[end] = begin === 0 ? size : (firsts[begin] as number);
    }
  }
  return Math.min((firsts[units] as number) * unit, maxBatchSize, deadlines.length);
}

/** Finds the first from whom on the next batch answers the most in time; those before them who cannot be are given up. */
function shed(waiting: readonly Candidate[], known: number, now: PlanFor): Plan {
  const { nowMs, maxBatchSize, predictMs, hasOtherFree } = now;
  let best = { doomed: 0, items: 0 };
  let nextMs = predictMs(1); // what a batch of one more than the best would take
  let at = 0;
  for (const [doomed, { items, expiresAtMs }] of waiting.entries()) {
    const most = Math.min(maxBatchSize, known - at);
    let size = best.items;
    while (size < most && nowMs + nextMs <= expiresAtMs) nextMs = Math.max(nextMs, predictMs(++size + 1));
    if (size > best.items) best = { doomed, items: size };
    if (best.items >= most || (best.items > 0 && hasOtherFree)) break;
    at += items;
  }
  return best;
}
