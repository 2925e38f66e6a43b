/** Learns how long it takes until all are back who come back, and for how long it pays to wait for that. */
import { binOf, bins, endsMs } from './delay-bins.ts';

/** What is known of how callers gather, so many of them at a time. */
export interface Gathering {
  /** @param gatheredMs after the answer; undefined if they were not all there when the next one was given. */
  seen(gatheredMs: number | undefined, elapsedMs: number): void;
  /** For how long after an answer it pays to wait for all, if one batch of them saves that much; 0 if it does not. */
  patienceMs(savedMs: number): number;
  /** Whether it is known not to pay. Now and then it says otherwise, so that it comes to be known if that has changed. */
  isVain(savedMs: number): boolean;
}

const forgetting = 0.95; // of what was seen, with each time: the last forty-five make up nine tenths
const heaviest = 1e6; // that a time may weigh before all are made lighter: cheaper than with each of them
const leastOpen = 0.01; // of the times, that tell how the rest of them goes on
const enough = 8; // times, before they forbid what they have been seen to be vain for
const triedEvery = 50; // times that it is forbidden

/** Creates one that has seen nothing. */
export function createGathering(): Gathering {
  /** How much weighs what was complete in each bin, and what the next answer cut off in it: nothing is known of how it went on. */
  const complete = new Float64Array(bins);
  const cutOff = new Float64Array(bins);
  let total = 0;
  let weight = 1; // of the newest
  let count = 0;
  let forbidden = 0;

  const lighten = () => {
    for (let bin = 0; bin < bins; bin++) {
      complete[bin] = (complete[bin] as number) / weight;
      cutOff[bin] = (cutOff[bin] as number) / weight;
    }
    total /= weight;
    weight = 1;
  };

  /** Waits up to the end of the bin after which waiting on would cost more than it is likely to save. */
  const patienceMs = (savedMs: number): number => {
    let beginMs = 0;
    let left = 1; // the part that is not complete
    let waitedMs = 0;
    let leastMs = savedMs;
    let bestMs = 0;
    let open = total; // that was seen up to here without being complete
    for (let bin = 0; bin < bins && waitedMs < leastMs; bin++) {
      open -= cutOff[bin] as number;
      if (open < leastOpen * total) break;
      const completes = Math.min(1, (complete[bin] as number) / open);
      open -= complete[bin] as number;
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
      const ends = gatheredMs === undefined ? cutOff : complete;
      const last = binOf(gatheredMs ?? elapsedMs);
      ends[last] = (ends[last] as number) + weight;
      total += weight;
      count++;
      weight /= forgetting;
      if (weight > heaviest) lighten();
    },
    isVain(savedMs) {
      if (count < enough || patienceMs(savedMs) > 0) return false;
      return ++forbidden % triedEvery !== 0;
    },
  };
}
