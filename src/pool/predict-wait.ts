/** Predicts how long calls wait, from how long their like have run. */

/** What is known of one method. */
export interface MethodLoad {
  /** Calls in its queue. */
  readonly waiting: number;
  /** How long one call of it runs, in milliseconds; undefined before the first has ended. */
  readonly costMs: number | undefined;
  /** How many calls of it all workers together run at once. */
  readonly lanes: number;
}

/**
 * How long it takes to work through everything that waits for the same workers, in milliseconds: each method's calls
 * share its lanes, and the methods share the workers. What has never run counts as nothing, so that the first calls of
 * a service are let in.
 */
export function predictDrainMs(methods: Iterable<MethodLoad>): number {
  let drainMs = 0;
  for (const { waiting, costMs, lanes } of methods) {
    if (costMs !== undefined && lanes > 0) drainMs += (waiting * costMs) / lanes;
  }
  return drainMs;
}

const weight = 0.2; // of the newest: the last ten runs make up nine tenths
const mostGrowth = 4; // a single outlier, such as a first call that loads something, must not shut the others out

/** What a call costs now that one more has run. */
export function learnCost(knownMs: number | undefined, ranMs: number): number {
  if (knownMs === undefined) return ranMs;
  return knownMs + weight * (Math.min(ranMs, Math.max(1, knownMs * mostGrowth)) - knownMs);
}
