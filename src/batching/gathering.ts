/** Learns how long it takes until all are back who come back, and for how long it pays to wait for that. */
import { average, binOf, bins, endsMs } from './delay-bins.ts';

/** What is known of how callers gather, so many of them at a time. */
export interface Gathering {
  /** @param gatheredMs after the answer; undefined if they were not all there when the next one was given. */
  seen(gatheredMs: number | undefined, elapsedMs: number): void;
  /** For how long after an answer it pays to wait for all, if one batch of them saves that much; 0 if it does not. */
  patienceMs(savedMs: number): number;
  /** Whether it is known not to pay. Now and then it says otherwise, so that it comes to be known if that has changed. */
  isVain(savedMs: number): boolean;
}

const memory = 0.05; // weight of the newest time: the last forty make up nine tenths
const leastOpen = 0.01; // of the times, that tell how the rest of them goes on
const enough = 8; // times, before they forbid what they have been seen to be vain for
const triedEvery = 50; // times that it is forbidden

/** Creates one that has seen nothing. */
export function createGathering(): Gathering {
  /** What part was not complete when each bin began, and what part became so in it. */
  const open = new Float64Array(bins);
  const complete = new Float64Array(bins);
  let count = 0;
  let forbidden = 0;

  /** Waits up to the end of the bin after which waiting on would cost more than it is likely to save. */
  const patienceMs = (savedMs: number): number => {
    let beginMs = 0;
    let left = 1; // the part that is not complete
    let waitedMs = 0;
    let leastMs = savedMs;
    let bestMs = 0;
    for (let bin = 0; bin < bins && waitedMs < leastMs; bin++) {
      const part = open[bin] as number;
      if (part < leastOpen) break;
      const completes = Math.min(1, (complete[bin] as number) / part);
      const endMs = endsMs[bin] as number;
      waitedMs += left * (1 - completes / 2) * (endMs - beginMs);
      left *= 1 - completes;
      beginMs = endMs;
      const costMs = waitedMs + left * savedMs;
      if (costMs >= leastMs) continue;
      leastMs = costMs;
      bestMs = endMs;
    }
    return bestMs;
  };

  return {
    patienceMs,
    seen(gatheredMs, elapsedMs) {
      const weight = Math.max(memory, 1 / ++count);
      const last = binOf(gatheredMs ?? elapsedMs);
      const hasGathered = gatheredMs !== undefined;
      for (let bin = 0; bin < bins; bin++) {
        // Where the next answer cuts it off nothing is known of how it would have gone on.
        average(open, bin, Number(bin < last || (bin === last && hasGathered)), weight);
        average(complete, bin, Number(bin === last && hasGathered), weight);
      }
    },
    isVain(savedMs) {
      if (count < enough || patienceMs(savedMs) > 0) return false;
      return ++forbidden % triedEvery !== 0;
    },
  };
}
