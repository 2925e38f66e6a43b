/** Which of several lanes, whose requests cannot go together, is served first so that nobody in any of them is late. */
import { type Candidate, lookAhead } from './plan.ts';

/** One who waits, and by when it wants its turn: later than its time is up, if it gives way as long as it can. */
interface InTurn extends Candidate {
  readonly dueMs: number;
}

/** Those who may go together. */
export interface LaneView {
  /** In the order of their turns. */
  readonly waiting: readonly InTurn[];
  /** How long a batch of so many of its items runs. */
  readonly predictMs: (items: number) => number;
}

/** What a plan is made for. */
interface PlanFor {
  readonly nowMs: number;
  readonly maxBatchSize: number;
  /** Workers that take batches in turn. */
  readonly slots: number;
}

/** The next batch. */
export interface NextOfLanes {
  /** Place of the lane among those given. */
  readonly lane: number;
  readonly items: number;
}

const mostStates = 1024; // that a schedule is searched for: beyond that it is cut more coarsely, or not at all

interface Units {
  /** When the time of each unit of items is up, that is of the nearest of them. */
  readonly expireMs: readonly number[];
  /** By when each wants its turn. */
  readonly dueMs: readonly number[];
  /** How long a batch of so many units runs. */
  readonly runMs: readonly number[];
}

/**
 * Finds the first batch of a schedule that answers everyone in time. Gives nothing where full batches in turn do so, too,
 * or no schedule does: then it need not be known what waits elsewhere. Within a lane the order of deadlines is the best one, and
 * ending sooner is never worse: so all that has to be known is the soonest end for each number of those served in each lane.
 */
export function planAcross(lanes: readonly LaneView[], now: PlanFor): NextOfLanes | undefined {
  if (lanes.length < 2) return undefined;
  const unit = unitFor(lanes, now);
  if (unit > now.maxBatchSize) return undefined;
  const inTurn = lanes.map((lane) => toUnits(lane, unit, now));
  if (areInTime(inTurn, now)) return undefined;
  const sorted = inTurn.map((units) => ({ ...units, expireMs: units.expireMs.toSorted((one, other) => one - other) }));
  const first = search(sorted, now);
  return first && { lane: first.lane, items: Math.min(first.units * unit, now.maxBatchSize) };
}

/** How many items are looked at as one, so that there are not too many states. */
function unitFor(lanes: readonly LaneView[], { maxBatchSize }: PlanFor): number {
  const counts = lanes.map(({ waiting }) =>
    Math.min(
      lookAhead * maxBatchSize,
      waiting.reduce((sum, { items }) => sum + items, 0),
    ),
  );
  let unit = 1;
  while (counts.reduce((states, count) => states * (1 + Math.ceil(count / unit)), 1) > mostStates) unit *= 2;
  return unit;
}

function toUnits({ waiting, predictMs }: LaneView, unit: number, { maxBatchSize }: PlanFor): Units {
  const each: InTurn[] = [];
  for (const one of waiting) {
    for (let item = 0; item < one.items && each.length < lookAhead * maxBatchSize; item++) each.push(one);
  }
  const count = Math.ceil(each.length / unit);
  const least = (timeOf: (one: InTurn) => number) =>
    Array.from({ length: count }, (_, at) => Math.min(...each.slice(at * unit, (at + 1) * unit).map(timeOf)));
  const most = Math.min(count, Math.floor(maxBatchSize / unit));
  return {
    expireMs: least(({ expiresAtMs }) => expiresAtMs),
    dueMs: least(({ dueMs }) => dueMs),
    runMs: Array.from({ length: most + 1 }, (_, size) => predictMs(size * unit)),
  };
}

/** Whether all are in time if whoever's turn it is goes first, with as many as there is room for. */
function areInTime(lanes: readonly Units[], { nowMs, slots }: PlanFor): boolean {
  const served = lanes.map(() => 0);
  let beginMs = nowMs;
  for (;;) {
    let next = -1;
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const [at, { dueMs }] of lanes.entries()) {
      const headMs = dueMs[served[at] as number] ?? Number.POSITIVE_INFINITY;
      if (headMs < soonestMs) [next, soonestMs] = [at, headMs];
    }
    const lane = lanes[next];
    if (!lane) return true;
    const from = served[next] as number;
    const size = Math.min(lane.runMs.length - 1, lane.dueMs.length - from);
    const runMs = lane.runMs[size] as number;
    for (let at = from; at < from + size; at++) if ((lane.expireMs[at] as number) < beginMs + runMs) return false;
    served[next] = from + size;
    beginMs += runMs / slots;
  }
}

/** Looks at each state, one number of those served in each lane, after all from which it can be reached. */
function search(lanes: readonly Units[], { nowMs, slots }: PlanFor) {
  const strides: number[] = [];
  let states = 1;
  for (const { expireMs } of lanes) {
    strides.push(states);
    states *= expireMs.length + 1;
  }
  const ends = new Float64Array(states).fill(Number.POSITIVE_INFINITY); // when the worker is free again
  const firsts: ({ readonly lane: number; readonly units: number } | undefined)[] = Array(states);
  ends[0] = nowMs;
  for (let state = 1; state < states; state++) {
    for (const [lane, { expireMs, runMs }] of lanes.entries()) {
      const stride = strides[lane] as number;
      const served = Math.floor(state / stride) % (expireMs.length + 1);
      let soonestMs = Number.POSITIVE_INFINITY;
      for (let units = 1; units < runMs.length && units <= served; units++) {
        const before = state - units * stride;
        soonestMs = Math.min(soonestMs, expireMs[served - units] as number);
        const beginMs = ends[before] as number;
        const ranMs = runMs[units] as number;
        if (beginMs + ranMs > soonestMs || beginMs + ranMs / slots >= (ends[state] as number)) continue;
        ends[state] = beginMs + ranMs / slots;
        firsts[state] = before === 0 ? { lane, units } : firsts[before];
      }
    }
  }
  return firsts[states - 1];
}
