/** Learns how long batches run from those that have run: no training, nothing to set, and it forgets. */

/** What is known of how long batches of one kind run. */
export interface CostModel {
  /** How long a batch of that size will run, in milliseconds; 0 before the first one has. */
  predictMs(size: number): number;
  /** What a batch costs whatever its size: two that are sent as one save it once. */
  readonly launchMs: number;
  /** What each unit of size adds. */
  readonly unitMs: number;
  /** How far predictions are off, as the mean of the absolute errors, in milliseconds. */
  readonly errorMs: number;
  /** How many batches were learned from. */
  readonly count: number;
  /** A batch of that size has run for that long. */
  learn(size: number, ranMs: number): void;
}

const forgetting = 0.97; // of what was known, with each batch: the last hundred make up 95 %
const outlierFactor = 3; // a pause of the collector, a page fault: told apart by size, and believed when it comes again
const tableWeight = 4; // batches of one size that count for as much as the line through all of them

interface Sizing {
  meanMs: number;
  weight: number;
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

  const line = (size: number) => launchMs + unitMs * size;
  const predictMs = (size: number) => {
    const known = bySize.get(size);
    if (!known) return line(size);
    return (known.meanMs * known.weight + line(size) * tableWeight) / (known.weight + tableWeight);
  };
  const fit = () => {
    const spread = size2 * weight - size1 * size1;
    const meanSize = size1 / weight;
    const meanTime = time1 / weight;
    // Where all were of one size nothing tells launch and units apart: half of it is taken for each.
    const isFlat = spread <= 1e-9 * size2 * weight;
    const slope = isFlat ? meanTime / 2 / meanSize : (sizeTime * weight - size1 * time1) / spread;
    unitMs = Math.min(Math.max(0, slope), meanTime / meanSize);
    launchMs = Math.max(0, meanTime - unitMs * meanSize);
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
    learn(size, ranMs) {
      const predicted = predictMs(size);
      const isSurprise = count > 3 && (ranMs > predicted * outlierFactor || ranMs < predicted / outlierFactor);
      surprises = isSurprise ? surprises + 1 : 0;
      const taken =
        isSurprise && surprises < 3 ? clamp(ranMs, predicted / outlierFactor, predicted * outlierFactor) : ranMs;
      if (surprises === 3) {
        // Three in a row are no accident: what was known before is of another model.
        weight = size1 = size2 = time1 = sizeTime = 0;
        bySize.clear();
      }
      if (count > 0) errorMs += 0.1 * (Math.abs(ranMs - predicted) - errorMs);
      count++;
      const rest = isSurprise && surprises < 3 ? 0.25 : 1; // an outlier says little
      weight = weight * forgetting + rest;
      size1 = size1 * forgetting + rest * size;
      size2 = size2 * forgetting + rest * size * size;
      time1 = time1 * forgetting + rest * taken;
      sizeTime = sizeTime * forgetting + rest * size * taken;
      const known = bySize.get(size) ?? { meanMs: taken, weight: 0 };
      known.weight = Math.min(known.weight + rest, 20);
      known.meanMs += (rest / known.weight) * (taken - known.meanMs);
      bySize.set(size, known);
      fit();
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
