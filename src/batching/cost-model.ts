/** Learns how long batches run from those that have run: no training, nothing to set, and it forgets. */

/** What is known of how long batches of one kind run. */
export interface CostModel {
  /** How long a batch of that size will run, in milliseconds; 0 before the first one has. */
  predictMs(size: number): number;
  /** What a batch costs whatever its size: two that are sent as one save it once. */
  readonly launchMs: number;
  /** What each unit of size adds. */
  readonly unitMs: number;
  /** How far predictions are off, as the mean of the absolute errors, in milliseconds; an outlier counts as a large error. */
  readonly errorMs: number;
  /** How many batches were learned from; outliers are left out. */
  readonly count: number;
  /** Whether enough have run to tell what they cost from what the first ones did, which compile and load. */
  readonly isSettled: boolean;
  /** A batch of that size has run for that long. */
  learn(size: number, ranMs: number): void;
}

const forgetting = 0.95; // of what was known, with each batch: the last sixty make up 95 %
const outlierFactor = 3; // a pause of the collector, a page fault: told apart by size, and believed when it comes again
const outlierErrors = 0.5; // times its like, that an error counts as at most
const outliersBelieved = 3; // one after the other, on the same side: no accident, but another model
const firstBatches = 3; // they compile and load: who is far quicker than they were is believed at once
const flatUnits = 0.1; // of the time of a batch, that its items are taken to cost before another size has run
const lineWeight = 1; // of what the line says of a size, beside what batches of that size have taken
const errorWeight = 0.1; // of the newest error: the last twenty make up nine tenths

interface Sizing {
  meanMs: number;
  weight: number;
  /** After how many batches it was seen last. */
  seenAt: number;
}

/**
 * Creates a model that knows nothing. A line through size and time says what a batch costs where none of that size has run;
 * what those of the size really took corrects it, since models pad, and step from one kernel to the next.
 */
export function createCostModel(): CostModel {
  let weight = 0;
  let size1 = 0; // weighted sums of size, time, and their products
  let size2 = 0;
  let time1 = 0;
  let sizeTime = 0;
  let launchMs = 0;
  let unitMs = 0;
  let errorMs = 0;
  let count = 0;
  let surprises = 0; // outliers on the same side, one after the other
  const bySize = new Map<number, Sizing>();

  const predictMs = (size: number) => {
    if (size === 0) return 0;
    const line = launchMs + unitMs * size;
    const known = bySize.get(size);
    if (!known) return line;
    const knownWeight = known.weight * forgetting ** (count - known.seenAt);
    return (known.meanMs * knownWeight + line * lineWeight) / (knownWeight + lineWeight);
  };

  const fit = () => {
    const spread = size2 * weight - size1 * size1;
    const meanSize = size1 / weight;
    const meanTime = time1 / weight;
    // Where all were of one size nothing tells launch and units apart. A launch is worth sharing until it is known better.
    const isFlat = spread <= 1e-9 * size2 * weight;
    const slope = isFlat ? (meanTime * flatUnits) / meanSize : (sizeTime * weight - size1 * time1) / spread;
    unitMs = clamp(slope, 0, meanTime / meanSize);
    launchMs = Math.max(0, meanTime - unitMs * meanSize);
  };

  const forgetAll = () => {
    weight = size1 = size2 = time1 = sizeTime = 0;
    bySize.clear();
    surprises = 0;
  };

  /** 1 where a batch took far longer than its like, -1 where far shorter, also than those of other sizes. */
  const surpriseOf = (ranMs: number, predictedMs: number): number => {
    if (count === 0) return 0;
    if (ranMs > predictedMs * outlierFactor) return count < firstBatches ? 0 : 1;
    return ranMs < Math.min(predictedMs, time1 / weight) / outlierFactor ? -1 : 0;
  };

  return {
    predictMs,
    get launchMs() {
      return launchMs;
    },
    get unitMs() {
      return unitMs;
    },
    get errorMs() {
      return errorMs;
    },
    get count() {
      return count;
    },
    get isSettled() {
      return count >= firstBatches;
    },
    learn(size, ranMs) {
      const predictedMs = predictMs(size);
      const surprise = surpriseOf(ranMs, predictedMs);
      surprises = surprise === Math.sign(surprises) ? surprises + surprise : surprise;
      const isBelieved = Math.abs(surprises) >= (count < firstBatches ? 1 : outliersBelieved);
      const isOutlier = surprise !== 0 && !isBelieved;
      if (isBelieved) forgetAll();
      const mostErrorMs = predictedMs * outlierErrors;
      if (count > 0) errorMs += errorWeight * (Math.min(Math.abs(ranMs - predictedMs), mostErrorMs) - errorMs);
      if (isOutlier) return;
      count++;
      weight = weight * forgetting + 1;
      size1 = size1 * forgetting + size;
      size2 = size2 * forgetting + size * size;
      time1 = time1 * forgetting + ranMs;
      sizeTime = sizeTime * forgetting + size * ranMs;
      const known = bySize.get(size) ?? { meanMs: ranMs, weight: 0, seenAt: count };
      known.weight = known.weight * forgetting ** (count - known.seenAt) + 1;
      known.meanMs += (ranMs - known.meanMs) / known.weight;
      known.seenAt = count;
      bySize.set(size, known);
      fit();
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
