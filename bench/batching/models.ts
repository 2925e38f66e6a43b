/** How long batches run, for models of three sorts: each takes 11.4 ms for a batch of 64. */
import type { Random } from './random.ts';

/** Items of a batch at most. */
export const maxBatchSize = 64;

/** Milliseconds for so many items. */
export type Cost = (items: number) => number;

/** Sorts of models. */
export const models = {
  /** A launch, and then so much for each item. */
  linear: (items) => 5 + 0.1 * items,
  /** Kernels for sixteen items at a time. */
  stepped: (items) => 3 + 2.1 * Math.ceil(items / 16),
  /** Compiled for powers of two: what is missing is computed in vain. */
  padded: (items) => 5 + 0.1 * 2 ** Math.ceil(Math.log2(items)),
} satisfies Readonly<Record<string, Cost>>;

/** Items that a model does in a millisecond, if all batches are full. */
export function capacityOf(cost: Cost): number {
  return maxBatchSize / cost(maxBatchSize);
}

const noise = 0.02; // of the time that a batch takes, up or down

/** What it takes in truth. */
export function createRunMs(cost: Cost, random: Random): Cost {
  return (items) => cost(items) * (1 + noise * (2 * random.next() - 1));
}
