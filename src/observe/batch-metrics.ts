/** Metrics of batches: how large they were, why they left when they did, and how well that was foreseen. */
import { createDistribution, type Distribution } from './distribution.ts';
import type { Family, Labels, Sample } from './family.ts';

/** A batch that goes to a worker. */
export interface SentBatch {
  readonly items: number;
  /** How many requests they come from. */
  readonly requests: number;
  /** Why it left when it did: one of few words. */
  readonly reason: string;
  /** Counts from 1. */
  readonly workerIndex: number;
  /** What of the batch is there only to make its items equally large, from 0 to 1; without it nothing is measured. */
  readonly waste: number | undefined;
}

/** What is known of how long batches run. */
export interface LearnedCost {
  readonly bucket: number;
  readonly launchMs: number;
  readonly unitMs: number;
}

/** What the pool counts of the batches of one method; counts go on over the generations of a service. */
export interface BatchMetrics {
  sent(batch: SentBatch): void;
  ran(predictedMs: number, ranMs: number): void;
  /** A request was refused. @param reason one of few words. */
  refused(reason: string): void;
  /** Says what is learned, whenever somebody asks, until the next one does. */
  learns(costs: () => Iterable<LearnedCost>): void;
}

interface Batches extends BatchMetrics {
  readonly maxBatchSize: number;
  readonly items: Distribution;
  /** Requests by worker. */
  readonly requests: Map<number, Distribution>;
  wastes: Distribution | undefined;
  readonly predicted: Distribution;
  readonly real: Distribution;
  readonly reasons: Map<string, number>;
  readonly refusals: Map<string, number>;
  costs: () => Iterable<LearnedCost>;
}

// From what a vector takes to what a caller hardly waits for.
const runBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const wasteBuckets = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1];

/** As the reference has them: powers of two below the largest, and the largest. */
function sizeBuckets(maxBatchSize: number): number[] {
  const bounds: number[] = [];
  for (let bound = 1; bound < maxBatchSize; bound *= 2) bounds.push(bound);
  return [...bounds, maxBatchSize];
}

/** Creates the metrics of the batches of one service. */
export function createBatchMetrics(
  namespace: string,
  common: Labels,
): { of(method: string, maxBatchSize: number): BatchMetrics; families(): readonly Family[] } {
  const methods = new Map<string, Batches>();

  const create = (maxBatchSize: number): Batches => {
    const bounds = sizeBuckets(maxBatchSize);
    const batches: Batches = {
      maxBatchSize,
      items: createDistribution(bounds),
      requests: new Map(),
      wastes: undefined,
      predicted: createDistribution(runBuckets),
      real: createDistribution(runBuckets),
      reasons: new Map(),
      refusals: new Map(),
      costs: () => [],
      sent({ items, requests, reason, workerIndex, waste }) {
        batches.items.observe(items);
        const ofWorker = batches.requests.get(workerIndex) ?? createDistribution(bounds);
        batches.requests.set(workerIndex, ofWorker);
        ofWorker.observe(requests);
        count(batches.reasons, reason);
        if (waste === undefined) return;
        batches.wastes ??= createDistribution(wasteBuckets);
        batches.wastes.observe(waste);
      },
      ran(predictedMs, ranMs) {
        batches.predicted.observe(predictedMs / 1000);
        batches.real.observe(ranMs / 1000);
      },
      refused: (reason) => count(batches.refusals, reason),
      learns(costs) {
        batches.costs = costs;
      },
    };
    return batches;
  };

  const distributions = (name: string, help: string, pick: (batches: Batches) => Distribution | undefined): Family => ({
    name: `${namespace}_${name}`,
    help,
    type: 'histogram',
    *samples() {
      for (const [method, batches] of methods)
        yield* pick(batches)?.samples(`${namespace}_${name}`, { ...common, method }) ?? [];
    },
  });
  const counters = (name: string, help: string, pick: (batches: Batches) => ReadonlyMap<string, number>): Family => ({
    name: `${namespace}_${name}`,
    help,
    type: 'counter',
    *samples() {
      for (const [method, batches] of methods)
        for (const [reason, value] of pick(batches)) yield { labels: { ...common, method, reason }, value };
    },
  });
  const learned = (name: string, help: string, pick: (cost: LearnedCost) => number): Family => ({
    name: `${namespace}_${name}`,
    help,
    type: 'gauge',
    *samples(): Generator<Sample> {
      for (const [method, { costs }] of methods)
        for (const cost of costs()) yield { labels: { ...common, method, bucket: cost.bucket }, value: pick(cost) };
    },
  });

  const oldName = 'bentoml_service_adaptive_batch_size'; // the reference's, whatever the namespace
  const families: readonly Family[] = [
    {
      name: oldName,
      help: 'Requests in a batch, by method and worker',
      type: 'histogram',
      *samples() {
        for (const [method, { requests }] of methods)
          for (const [worker, ofWorker] of requests)
            yield* ofWorker.samples(oldName, { ...common, method_name: method, worker_index: worker });
      },
    },
    distributions('batch_items', 'Items in a batch, by method', ({ items }) => items),
    distributions(
      'batch_waste_ratio',
      'What of a batch is there only to make its items equally large, by method; only with buckets',
      ({ wastes }) => wastes,
    ),
    distributions(
      'batch_predicted_seconds',
      'How long batches were expected to run, in seconds, by method',
      ({ predicted }) => predicted,
    ),
    distributions('batch_run_seconds', 'How long batches ran, in seconds, by method', ({ real }) => real),
    counters('batches_total', 'Batches by method and by why they left when they did', ({ reasons }) => reasons),
    counters(
      'batch_refusals_total',
      'Requests of batchable methods that were refused, by method and reason',
      ({ refusals }) => refusals,
    ),
    learned(
      'batch_launch_seconds',
      'What a batch costs whatever its size, as learned, in seconds, by method and bucket',
      ({ launchMs }) => launchMs / 1000,
    ),
    learned(
      'batch_item_seconds',
      'What each item adds, as learned, in seconds, by method and bucket',
      ({ unitMs }) => unitMs / 1000,
    ),
  ];
  return {
    of(method, maxBatchSize) {
      const known = methods.get(method);
      if (known?.maxBatchSize === maxBatchSize) return known;
      const batches = create(maxBatchSize); // other buckets: it begins anew
      methods.set(method, batches);
      return batches;
    },
    families: () => (methods.size === 0 ? [] : families),
  };
}

function count(counts: Map<string, number>, word: string): void {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}
