/** Runs one dispatcher through one world; says how it went. */
import { createBatcher } from '../../src/batching/batcher.ts';
import { type Arrival, type Dispatcher, type Run, simulate } from '../../src/batching/simulate.ts';
import { quantile } from '../statistics.ts';
import { type Cost, createRunMs, maxBatchSize } from './models.ts';
import { createRandom, type Random } from './random.ts';
import { arriveAt } from './traffic.ts';

/** What came out of a trace. */
export interface TraceResult {
  readonly came: number;
  readonly inTime: number;
  /** Until refusals were answered: 99 % of them, in milliseconds; 0 without any. */
  readonly refusalMs: number;
  /** What part of the refusals took more than 5 ms. */
  readonly lateRefusals: number;
  /** Of those answered in time, in milliseconds. */
  readonly meanMs: number;
}

/** What ours is called in reports. */
export const ownName = 'bentots';

/** Ours, as it is in a server. */
export const createOurs = (): Dispatcher => createBatcher<Arrival>({ maxBatchSize, maxWaitMs: 0 });

/** Runs a trace. */
export function measureTrace(
  dispatcher: Dispatcher,
  trace: readonly Arrival[],
  cost: Cost,
  seed: number,
  slots = 1,
): TraceResult {
  const runMs = createRunMs(cost, createRandom(seed));
  const run = simulate(dispatcher, { arrivals: trace, slots, runMs, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY });
  const inTime = run.outcomes.filter(({ kind, atMs, arrival }) => kind === 'answered' && atMs <= arrival.expiresAtMs);
  const refusals = run.outcomes.filter(({ kind }) => kind === 'refused').map(toLatency);
  return {
    came: trace.length,
    inTime: inTime.length,
    refusalMs: refusals.length > 0 ? quantile(refusals, 0.99) : 0,
    lateRefusals: refusals.filter((ms) => ms > 5).length / Math.max(1, refusals.length),
    meanMs: mean(inTime.map(toLatency)),
  };
}

const gatewayMs = 0.06; // this and the 0.3 ms below as measured on loopback, at 32 connections

/** How long callers take from an answer until they ask again. */
export const returnsMs = {
  'at once': (random) => 0.3 * (0.7 + 0.6 * random.next()),
  /** One of fifty up to 5 ms late: whoever shares a processor. */
  'some late': (random) => 0.3 + (random.next() < 0.02 ? 5 * random.next() : 0),
  /** Half a millisecond, the quickest and the slowest a tenth and ten times of it. */
  uneven: (random) => 0.5 * Math.exp(2 * (random.next() + random.next() + random.next() - 1.5)),
} satisfies Readonly<Record<string, (random: Random) => number>>;

/** What came out of a closed loop. */
export interface LoopResult {
  readonly perSecond: number;
  readonly meanBatch: number;
  readonly meanMs: number;
}

/** Runs so many callers who ask again once they are answered, at once or after they have thought. */
export function measureLoop(
  dispatcher: Dispatcher,
  count: number,
  cost: Cost,
  endMs: number,
  seed: number,
  slots = 1,
  thinkMs: (random: Random) => number = returnsMs['at once'],
): LoopResult {
  const random = createRandom(seed);
  const timeMs = 60_000;
  const starts = Array.from({ length: count }, () => random.next() * 5).sort((one, other) => one - other);
  const run: Run = simulate(dispatcher, {
    arrivals: starts.map((atMs) => arriveAt(atMs, timeMs)),
    slots,
    runMs: createRunMs(cost, random),
    gatewayMs,
    again: ({ atMs }) => arriveAt(atMs + thinkMs(random), timeMs),
    endMs,
  });
  const answered = run.outcomes.filter(({ atMs }) => atMs <= endMs);
  return {
    perSecond: (answered.length / endMs) * 1000,
    meanBatch: mean(run.batches.map(({ batch }) => batch.items)),
    meanMs: mean(answered.map(toLatency)),
  };
}

/** From when one came until it was answered. */
export function toLatency({ arrival, atMs }: Run['outcomes'][number]): number {
  return atMs - arrival.atMs;
}

/** The mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);
}
