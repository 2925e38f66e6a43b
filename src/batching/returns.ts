/** Learns whether those who are answered come back at once, and how soon: then it pays to wait for them. */

/** Who is about to come back. */
export interface Expected {
  readonly items: number;
  /** By when. */
  readonly byMs: number;
  /** How long after their answer that is. */
  readonly afterMs: number;
}

/** What is known of how callers come back. */
export interface Returns {
  /** So many items have been answered. */
  answered(items: number, nowMs: number): void;
  /** So many items have come. */
  came(items: number, nowMs: number): void;
  /** How many more are expected from those who were answered last, and by when nine tenths of them have been seen. */
  expected(nowMs: number): Expected;
  /** What part of those who are answered come back at once. */
  readonly share: number;
}

// Delays after an answer in half octaves, from 31 µs up to 4 s.
const firstBinMs = 1 / 32;
const binsPerOctave = 2;
const bins = 17 * binsPerOctave + 1;
const memory = 0.05; // weight of the newest answer: the last forty make up nine tenths
const leastShare = 0.5; // fewer may be chance

function binOf(delayMs: number): number {
  return Math.min(bins - 1, Math.max(0, Math.ceil(binsPerOctave * Math.log2(delayMs / firstBinMs))));
}

function endOf(bin: number): number {
  return firstBinMs * 2 ** (bin / binsPerOctave);
}

/**
 * Creates a learner that expects nobody. After each answer it counts when items come. Callers who wait for their answer
 * before they ask again come in a burst, and then nobody does until the next answer; callers who know nothing of each other
 * come as often late as soon. So what comes late is what would have come anyway, and only what comes soon beyond that counts.
 */
export function createReturns(): Returns {
  /** Items per answered item that came within each bin. */
  const profile = new Float64Array(bins);
  /** How long, of late, there was to come within each bin, in milliseconds per answered item. */
  const exposure = new Float64Array(bins);
  const current = new Float64Array(bins);
  let answeredItems = 0;
  let answeredAtMs = Number.NEGATIVE_INFINITY;
  let cameSince = 0;
  let share = 0;
  let withinMs = 0;
  let isFirst = true;

  const close = (nowMs: number) => {
    const elapsedMs = nowMs - answeredAtMs;
    if (answeredItems === 0 || elapsedMs <= 0) return;
    const last = binOf(elapsedMs);
    const weight = isFirst ? 1 : memory;
    isFirst = false;
    for (let bin = 0; bin <= last; bin++) {
      const beginMs = bin === 0 ? 0 : endOf(bin - 1);
      const openMs = Math.min(elapsedMs, endOf(bin)) - beginMs;
      profile[bin] = (profile[bin] as number) * (1 - weight) + weight * ((current[bin] as number) / answeredItems);
      exposure[bin] = (exposure[bin] as number) * (1 - weight) + weight * (openMs / answeredItems);
    }
    judge(last);
  };

  /** Finds the end of the burst: where what came up to it stands out most from what would have come anyway. */
  const judge = (last: number) => {
    let allItems = 0;
    let allMs = 0;
    for (let bin = 0; bin <= last; bin++) {
      allItems += profile[bin] as number;
      allMs += exposure[bin] as number;
    }
    let items = 0;
    let spentMs = 0;
    let best = 0;
    let bestBin = 0;
    for (let bin = 0; bin < last; bin++) {
      items += profile[bin] as number;
      spentMs += exposure[bin] as number;
      const laterMs = allMs - spentMs;
      const base = laterMs > 0 ? (allItems - items) / laterMs : 0; // per answered item and millisecond
      const excess = items - base * spentMs;
      if (excess > best * 1.02) {
        best = excess;
        bestBin = bin;
      }
    }
    share = Math.min(1, best);
    withinMs = endOf(bestBin);
  };

  return {
    answered(items, nowMs) {
      close(nowMs);
      current.fill(0);
      answeredItems = items;
      answeredAtMs = nowMs;
      cameSince = 0;
    },
    came(items, nowMs) {
      const bin = binOf(nowMs - answeredAtMs);
      current[bin] = (current[bin] as number) + items;
      cameSince += items;
    },
    expected(nowMs) {
      const byMs = answeredAtMs + withinMs;
      const isOver = nowMs >= byMs || share < leastShare;
      const items = isOver ? 0 : Math.max(0, Math.round(answeredItems * share) - cameSince);
      return { items, byMs, afterMs: withinMs };
    },
    get share() {
      return share;
    },
  };
}
