/** How many of a trace could be answered in time by someone who knows what will come. */
import type { Arrival } from '../../src/batching/simulate.ts';
import type { Cost } from './models.ts';

/** A worker that is free from then on, and has answered so many in time. */
interface State {
  readonly freeAtMs: number;
  readonly answered: number;
}

const mostStates = 12; // per request: more of them find hardly more (0.05 % with 200 and steps of 1)
const sizeStep = 8;

/**
 * Looks for the best schedule of a trace of single items who all wait as long as each other, on one worker. Since who came first
 * expires first, every batch is of some who came one after the other, and nothing is gained by passing over one who would
 * still be in time: all that is to be chosen is how large each batch is.
 */
export function scheduleClairvoyantly(trace: readonly Arrival[], cost: Cost, maxBatchSize: number): number {
  const costs = Float64Array.from({ length: maxBatchSize + 1 }, (_, items) => (items === 0 ? 0 : cost(items)));
  const states: State[][] = Array.from({ length: trace.length + 1 }, () => []);
  states[0] = [{ freeAtMs: 0, answered: 0 }];
  let best = 0;
  for (let first = 0; first < trace.length; first++) {
    for (const { freeAtMs, answered } of thin(states[first] as State[])) {
      best = Math.max(best, answered);
      let from = first;
      for (let items = 1; items <= maxBatchSize; items++) {
        const next = trace[from + items];
        const isThere = items < maxBatchSize && next !== undefined && next.atMs <= freeAtMs;
        if (isThere && items % sizeStep > 0) continue; // of those who are there already as many as may be, or nearly so
        // The first ones for whom a batch of that size is too late are given up.
        let endMs = 0;
        for (; from + items <= trace.length; from++) {
          const last = trace[from + items - 1] as Arrival;
          endMs = Math.max(freeAtMs, last.atMs) + (costs[items] as number);
          if (endMs <= (trace[from] as Arrival).expiresAtMs) break;
        }
        if (from + items > trace.length) break;
        states[from + items]?.push({ freeAtMs: endMs, answered: answered + items });
      }
    }
    states[first] = [];
  }
  for (const { answered } of states[trace.length] as State[]) best = Math.max(best, answered);
  return best;
}

/** Leaves out those that others beat in both, and of what is left all but some, evenly. */
function thin(states: State[]): State[] {
  states.sort((one, other) => one.freeAtMs - other.freeAtMs || other.answered - one.answered);
  let most = -1;
  const kept = states.filter(({ answered }) => {
    if (answered <= most) return false;
    most = answered;
    return true;
  });
  if (kept.length <= mostStates) return kept;
  const step = (kept.length - 1) / (mostStates - 1);
  return Array.from({ length: mostStates }, (_, at) => kept[Math.round(at * step)] as State);
}
