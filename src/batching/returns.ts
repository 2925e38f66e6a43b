/** Learns whether those who are answered come back at once, and how soon: then it pays to wait for them. */

import { average, binOf, bins, endsMs } from './delay-bins.ts';
import { createGathering, type Gathering } from './gathering.ts';

/** Who is about to come back. */
export interface Expected {
  readonly items: number;
  /**
   * Until when it pays to wait for them; in the past if it does not.
   * @param savedMs what one batch of all takes less than two.
   * @param together how many they are with those who are there: as many will be waited for again after that batch.
   */
  untilMs(savedMs: number, together: number): number;
}

/** What is known of how callers come back. */
export interface Returns {
  /** So many items have been answered. */
  answered(items: number, nowMs: number): void;
  /** So many items have come. */
  came(items: number, nowMs: number): void;
  /** How many more are expected of those who were answered last, and for how long. */
  expected(nowMs: number): Expected;
  /** What part of those who are answered come back at once. */
  readonly share: number;
}

const memory = 0.05; // weight of the newest answer: the last forty make up nine tenths
const leastShare = 0.5; // fewer may be chance
const leastSeen = 0.15; // of the answers, after which was looked for so long: fewer are pauses, and say nothing of busy times
const leastGain = 1.02; // that a later end of the burst must bring: its tail is long and thin
const anythingMs = 1e6; // saved: nobody is waited for whom it does not pay for then

/**
 * Creates a learner that expects nobody. After each answer it counts when items come. Callers who wait for their answer
 * before they ask again come in a burst, and then nobody does until the next answer; callers who know nothing of each other
 * come as often late as soon. So what comes late is what would have come anyway, and only what comes soon beyond that counts.
 */
export function createReturns(): Returns {
  let windows: Windows | undefined; // large, and most kinds of requests are never answered twice
  const gatherings = new Map<number, Gathering>(); // by how many are awaited
  let answeredItems = 0;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let awaited = 0; // items, of those that were answered
  let cameSince = 0;
  let gatheredMs: number | undefined; // after the answer, when all who were awaited had come
  let burst: Burst = { share: 0, withinMs: 0 };

  const gatheringOf = (items: number): Gathering => {
    const known = gatherings.get(sizeClassOf(items)) ?? createGathering();
    gatherings.set(sizeClassOf(items), known);
    return known;
  };
  const missing = (nowMs: number): number => {
    const left = Math.max(0, awaited - cameSince);
    if (left === 0 || nowMs - answeredAtMs < burst.withinMs) return left;
    const longestMs = gatherings.get(sizeClassOf(awaited))?.patienceMs(anythingMs) ?? 0;
    return nowMs - answeredAtMs < longestMs ? left : 0;
  };

  return {
    answered(items, nowMs) {
      const elapsedMs = nowMs - answeredAtMs;
      const alsoMissing = missing(nowMs); // of the answer before: another worker has given this one
      windows ??= createWindows();
      if (answeredItems > 0 && elapsedMs > 0) {
        if (awaited > 0) gatheringOf(awaited).seen(gatheredMs, elapsedMs);
        burst = windows.close(answeredItems, elapsedMs);
      }
      answeredItems = items + alsoMissing;
      awaited = burst.share < leastShare ? 0 : Math.round(answeredItems * burst.share);
      answeredAtMs = nowMs;
      cameSince = 0;
      gatheredMs = undefined;
    },
    came(items, nowMs) {
      windows?.came(items, nowMs - answeredAtMs);
      cameSince += items;
      if (gatheredMs === undefined && cameSince >= awaited) gatheredMs = nowMs - answeredAtMs;
    },
    expected: (nowMs) => ({
      items: missing(nowMs),
      untilMs(savedMs, together) {
        const patienceMs = gatherings.get(sizeClassOf(awaited))?.patienceMs(savedMs) ?? 0;
        const later = gatherings.get(sizeClassOf(together));
        return later?.isVain(savedMs) ? answeredAtMs : answeredAtMs + patienceMs;
      },
    }),
    get share() {
      return burst.share;
    },
  };
}

/** Numbers of callers that gather alike: the more there are, the longer the last one takes. */
function sizeClassOf(items: number): number {
  return Math.round(2 * Math.log2(items));
}

/** Who comes soon after an answer beyond what comes anyway, per item of it, and how soon. */
interface Burst {
  readonly share: number;
  readonly withinMs: number;
}

/** What was seen between one answer and the next, over many of them. */
interface Windows {
  came(items: number, delayMs: number): void;
  close(answeredItems: number, elapsedMs: number): Burst;
}

function createWindows(): Windows {
  const current = new Float64Array(bins);
  /** Items per answered item that came within each bin. */
  const came = new Float64Array(bins);
  /** How long there was to come within each bin, in milliseconds per answered item. */
  const open = new Float64Array(bins);
  /** What part of each bin was over before the next answer. */
  const seen = new Float64Array(bins);
  let weight = 1;

  return {
    came(items, delayMs) {
      const bin = binOf(delayMs);
      current[bin] = (current[bin] as number) + items;
    },
    close(answeredItems, elapsedMs) {
      let beginMs = 0;
      for (let bin = 0; bin < bins; bin++) {
        const endMs = endsMs[bin] as number;
        const openMs = Math.max(0, Math.min(elapsedMs, endMs) - beginMs);
        average(came, bin, (current[bin] as number) / answeredItems, weight);
        average(open, bin, openMs / answeredItems, weight);
        average(seen, bin, openMs / (endMs - beginMs), weight);
        beginMs = endMs;
      }
      current.fill(0);
      weight = memory;
      return findBurst(came, open, seen);
    },
  };
}

/** Finds the end of the burst: where what came up to it stands out most from what would have come anyway. */
function findBurst(came: Float64Array, open: Float64Array, seen: Float64Array): Burst {
  let last = 0;
  let laterItems = 0;
  let laterMs = 0;
  while (last < bins && (seen[last] as number) >= leastSeen) {
    laterItems += came[last] as number;
    laterMs += open[last] as number;
    last++;
  }
  let items = 0;
  let spentMs = 0;
  let most = 0;
  let withinMs = 0;
  for (let bin = 0; bin < last - 1; bin++) {
    const part = seen[bin] as number; // as if each had been looked at to its end
    items += (came[bin] as number) / part;
    spentMs += (open[bin] as number) / part;
    laterItems -= came[bin] as number;
    laterMs -= open[bin] as number;
    const perMs = Math.max(0, laterItems) / laterMs;
    const share = items - perMs * spentMs;
    if (share <= most * leastGain) continue;
    most = share;
    withinMs = endsMs[bin] as number;
  }
  return { share: Math.min(1, most), withinMs };
}
