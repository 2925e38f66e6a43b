/** Answers what would have been: sends those whom a log of decisions tells of through batches that are bound otherwise. */
import { createBatcher } from './batcher.ts';
import type { History, PastBatch } from './history.ts';
import { type Arrival, type Outcome, simulate } from './simulate.ts';

/** What is to be otherwise; what is left out is as it was. */
export interface Changes {
  readonly maxBatchSize?: number;
  readonly maxWaitMs?: number;
  readonly slots?: number;
  /** How long callers wait. */
  readonly maxLatencyMs?: number;
}

/** How it went, as numbers. Times are in milliseconds, from when a request came to its answer. */
export interface Summary {
  readonly requests: number;
  readonly answered: number;
  /** Items per second that were answered before the caller's time was up. */
  readonly itemsPerSecond: number;
  readonly refused: number;
  /** Whose time was up before they were answered. */
  readonly late: number;
  /** Whose callers went away. */
  readonly left: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly batches: number;
  readonly meanBatchItems: number;
}

/** What the log says itself. */
export function summarizeHistory({ outcomes, batches }: History): Summary {
  return summarize(outcomes, batches);
}

/**
 * What it would have been. The requests come when they came: callers who wait for an answer before they ask again would have
 * come sooner or later if answers had.
 * @throws RangeError if no batch of the log has ended.
 */
export function replay(history: History, changes: Changes): Summary {
  const { maxBatchSize = history.maxBatchSize, maxWaitMs = history.maxWaitMs, maxLatencyMs } = changes;
  const { slots = history.slots } = changes;
  const inOrder = [...history.arrivals].sort((one, other) => one.atMs - other.atMs);
  const arrivals = inOrder.map((one): Arrival => {
    return maxLatencyMs === undefined ? one : { ...one, expiresAtMs: one.atMs + maxLatencyMs };
  });
  const runMs = createRunMs(history.batches);
  const world = { arrivals, slots, runMs, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY };
  const { outcomes, batches } = simulate(createBatcher<Arrival>({ maxBatchSize, maxWaitMs }), world);
  const ran = batches.map(({ batch, ranMs }) => ({ items: batch.items, bucket: batch.bucket, ranMs }));
  return summarize(outcomes, ran);
}

const enough = 5; // batches of one size that tell how long its like take, better than a line through all sizes

/** How long batches would run: as long as one of the same size did, in turn, or as a line through all sizes says, and as far off. */
function createRunMs(batches: readonly PastBatch[]): (items: number, bucket: number) => number {
  const ended = batches.flatMap(({ items, bucket, ranMs }) => (ranMs === undefined ? [] : [{ items, bucket, ranMs }]));
  if (ended.length === 0) throw new RangeError('no batch has ended in it, so that nothing tells how long they run');
  const inBuckets = Map.groupBy(ended, ({ bucket }) => bucket);
  const all = createSampler(ended);
  const samplers = new Map([...inBuckets].map(([bucket, some]) => [bucket, createSampler(some)]));
  return (items, bucket) => (samplers.get(bucket) ?? all)(items);
}

interface Sample {
  readonly items: number;
  readonly ranMs: number;
}

function createSampler(samples: readonly Sample[]): (items: number) => number {
  const bySize = Map.groupBy(samples, ({ items }) => items);
  const meanItems = mean(samples.map(({ items }) => items));
  const meanMs = mean(samples.map(({ ranMs }) => ranMs));
  const spread = mean(samples.map(({ items }) => (items - meanItems) ** 2));
  const together = mean(samples.map(({ items, ranMs }) => (items - meanItems) * (ranMs - meanMs)));
  const unitMs = spread > 0 ? Math.max(0, together / spread) : 0;
  const lineMs = (items: number) => Math.max(0, meanMs + unitMs * (items - meanItems));
  let turn = 0;
  return (items) => {
    turn++;
    const like = bySize.get(items) ?? [];
    if (like.length >= enough) return (like[turn % like.length] as Sample).ranMs;
    const other = samples[turn % samples.length] as Sample;
    const expectedMs = lineMs(other.items);
    return expectedMs > 0 ? (lineMs(items) * other.ranMs) / expectedMs : lineMs(items);
  };
}

function summarize(outcomes: readonly Outcome[], batches: readonly { readonly items: number }[]): Summary {
  const answered = outcomes.filter(({ kind }) => kind === 'answered');
  const inTime = answered.filter(({ atMs, arrival }) => atMs <= arrival.expiresAtMs);
  const latencies = answered.map(({ atMs, arrival }) => atMs - arrival.atMs).sort((one, other) => one - other);
  const quantile = (part: number) => latencies[Math.floor(latencies.length * part)] ?? 0;
  let beganMs = Number.POSITIVE_INFINITY;
  let endedMs = Number.NEGATIVE_INFINITY;
  for (const { arrival, atMs } of outcomes) {
    beganMs = Math.min(beganMs, arrival.atMs);
    endedMs = Math.max(endedMs, atMs);
  }
  const items = inTime.reduce((sum, { arrival }) => sum + arrival.items, 0);
  const countOf = (wanted: Outcome['kind']) => outcomes.filter(({ kind }) => kind === wanted).length;
  return {
    requests: outcomes.length,
    answered: answered.length,
    itemsPerSecond: endedMs > beganMs ? (1000 * items) / (endedMs - beganMs) : 0,
    refused: countOf('refused'),
    late: countOf('expired') + answered.length - inTime.length,
    left: countOf('left'),
    meanMs: mean(latencies),
    p50Ms: quantile(0.5),
    p90Ms: quantile(0.9),
    p99Ms: quantile(0.99),
    batches: batches.length,
    meanBatchItems: mean(batches.map(({ items: size }) => size)),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, one) => sum + one, 0) / values.length;
}
