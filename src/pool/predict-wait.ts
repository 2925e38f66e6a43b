/** Predicts how long calls wait, from how long their like have run. */

/** What is known of one method. */
export interface MethodLoad {
  /** Calls in its queue. */
  readonly waiting: number;
  /** How long one call of it runs, in milliseconds; undefined before the first has ended. */
  readonly costMs: number | undefined;
  /** How many calls of it all workers together run at once. */
  readonly lanes: number;
  /** Whether its calls keep those of other methods out of their worker. */
  readonly isBlocking: boolean;
}

/**
 * How many calls of its own method go before one more of a caller: the whole queue, but of each other caller only as
 * many as it has itself, since callers take turns.
 */
export function countAhead(line: { readonly count: number; readonly callerCount: number }, ofCaller: number): number {
  return Math.min(line.count, (ofCaller + 1) * line.callerCount);
}

/**
 * How long a call waits, in milliseconds, behind that many of its own method. Methods that it has to share workers with
 * get as much time as its own does until then, if they have as much to do. What has never run counts as nothing, so
 * that the first calls of a service are let in.
 */
export function predictWaitMs(own: MethodLoad, ahead: number, others: Iterable<MethodLoad>): number {
  return withOthersMs(workMs(own, ahead), others);
}

/** The same where it is known how long it takes without the others. */
export function withOthersMs(ownMs: number, others: Iterable<MethodLoad>): number {
  let waitMs = ownMs;
  for (const other of others) if (other.isBlocking) waitMs += Math.min(workMs(other, other.waiting), ownMs);
  return waitMs;
}

function workMs({ costMs, lanes }: MethodLoad, calls: number): number {
  return costMs === undefined || lanes === 0 ? 0 : (calls * costMs) / lanes;
}

const weight = 0.2; // of the newest: the last ten runs make up nine tenths
const mostGrowth = 4; // a single outlier, such as a first call that loads something, must not shut the others out

/** What a call costs now that one more has run. */
export function learnCost(knownMs: number | undefined, ranMs: number): number {
  if (knownMs === undefined) return ranMs;
  return knownMs + weight * (Math.min(ranMs, Math.max(1, knownMs * mostGrowth)) - knownMs);
}
