/** Runs ours and others in virtual time: closed loops, traces under a deadline, what is left of a burst, and what ours costs. */
import { createBatcher } from '../../src/batching/batcher.ts';
import type { Arrival, Dispatcher } from '../../src/batching/simulate.ts';
import { scheduleClairvoyantly } from './clairvoyant.ts';
import {
  createAimd,
  createDeferred,
  createFixedWindow,
  createGreedy,
  createOracle,
  createReference,
} from './competitors.ts';
import { createOurs, mean, measureLoop, measureTrace, ownName, returnsMs, type TraceResult } from './measure.ts';
import { type Cost, capacityOf, maxBatchSize, models } from './models.ts';
import { arriveAt, createTrace, type Traffic, traffics } from './traffic.ts';

const objectiveMs = 100;
const windowMs = 5;

/** Ways to form batches, ours first; some are told what batches cost. */
const dispatchers: Readonly<Record<string, (cost: Cost, timeMs: number) => Dispatcher>> = {
  [ownName]: () => createOurs(),
  greedy: () => createGreedy(maxBatchSize),
  'window of 5 ms': () => createFixedWindow(maxBatchSize, windowMs),
  'BentoML 1.4': (_cost, timeMs) => createReference(maxBatchSize, timeMs),
  AIMD: (_cost, timeMs) => createAimd(maxBatchSize, timeMs),
  deferred: (cost) => createDeferred(maxBatchSize, cost),
};

type Returns = keyof typeof returnsMs;

interface LoopRow {
  readonly slots: number;
  /** How they come back. */
  readonly returns: Returns;
  readonly callers: number;
  readonly oraclePerSecond: number;
  /** As parts of what the oracle gets. */
  readonly parts: Readonly<Record<string, number>>;
}

interface TraceRow {
  readonly model: string;
  readonly traffic: string;
  readonly load: number;
  /** What part of the requests a clairvoyant answers in time. */
  readonly clairvoyant: number;
  /** As parts of that. */
  readonly parts: Readonly<Record<string, number>>;
  readonly own: Pick<TraceResult, 'meanMs' | 'refusalMs'> & { readonly inTime: number; readonly ofCapacity: number };
}

/** What came out of the simulations. */
export interface Simulated {
  readonly loops: readonly LoopRow[];
  readonly traces: readonly TraceRow[];
  readonly afterBurst: Readonly<Record<string, number>>;
  readonly cpuUs: { readonly alone: number; readonly full: number };
}

/** Runs them all. */
export function runSimulations(isQuick: boolean): Simulated {
  const seeds = isQuick ? [1] : [1, 2];
  const endMs = isQuick ? 500 : 2000;
  const costs = Object.entries<Cost>(models);
  const kinds = Object.keys(traffics) as Traffic[]; // its own keys
  return {
    loops: [1, 2].flatMap((slots) =>
      (Object.keys(returnsMs) as Returns[]).flatMap((returns) =>
        [1, 2, 8, 32, 64, 128].map((callers) => runLoop(slots, returns, callers, endMs)),
      ),
    ),
    traces: costs.flatMap(([model, cost]) =>
      kinds.flatMap((traffic) =>
        [0.5, 0.8, 1, 1.5, 2].map((load) => runTraces(model, cost, traffic, load, endMs, seeds)),
      ),
    ),
    afterBurst: Object.fromEntries(
      Object.entries(dispatchers).map(([name, create]) => [name, runAfterBurst(create, endMs)]),
    ),
    cpuUs: { alone: measureCpuUs(1, isQuick), full: measureCpuUs(maxBatchSize, isQuick) },
  };
}

function runLoop(slots: number, returns: Returns, callers: number, endMs: number): LoopRow {
  const cost = models.linear;
  const timeMs = 60_000;
  const run = (dispatcher: Dispatcher) =>
    measureLoop(dispatcher, callers, cost, 3 * endMs, 1, slots, returnsMs[returns]).perSecond;
  const oraclePerSecond = run(createOracle(maxBatchSize, Math.ceil(callers / slots)));
  const parts = Object.entries(dispatchers)
    .filter(([name]) => name !== 'deferred') // it waits until the deadlines of its callers
    .map(([name, create]) => [name, run(create(cost, timeMs)) / oraclePerSecond]);
  return { slots, returns, callers, oraclePerSecond, parts: Object.fromEntries(parts) };
}

function runTraces(
  model: string,
  cost: Cost,
  traffic: Traffic,
  load: number,
  endMs: number,
  seeds: readonly number[],
): TraceRow {
  const capacity = capacityOf(cost);
  const traces = seeds.map((seed) => createTrace(traffic, load * capacity, endMs, objectiveMs, seed));
  const came = sum(traces, ({ length }) => length);
  const clairvoyant = sum(traces, (trace) => scheduleClairvoyantly(trace, cost, maxBatchSize));
  const resultsOf = (create: (typeof dispatchers)[string]) =>
    traces.map((trace, at) => measureTrace(create(cost, objectiveMs), trace, cost, at));
  const results = Object.entries(dispatchers).map(([name, create]) => [name, resultsOf(create)] as const);
  const own = results.find(([name]) => name === ownName)?.[1] ?? [];
  const inTime = sum(own, (result) => result.inTime);
  return {
    model,
    traffic,
    load,
    clairvoyant: clairvoyant / came,
    parts: Object.fromEntries(
      results.map(([name, some]) => [name, sum(some, (result) => result.inTime) / clairvoyant]),
    ),
    own: {
      inTime: inTime / came,
      ofCapacity: inTime / (endMs * seeds.length) / capacity,
      meanMs: mean(own.map(({ meanMs }) => meanMs)),
      refusalMs: Math.max(...own.map(({ refusalMs }) => refusalMs)),
    },
  };
}

/** The mean time of requests that come alone, one a second, after a burst: as a multiple of what the model takes for one. */
function runAfterBurst(create: (typeof dispatchers)[string], burstMs: number): number {
  const cost = models.linear;
  const timeMs = 10_000;
  const burst = createTrace('poisson', 0.9 * capacityOf(cost), burstMs, timeMs, 1);
  const calm = Array.from({ length: 30 }, (_, at) => arriveAt(burstMs + 1000 * (at + 1), timeMs));
  const dispatcher = create(cost, timeMs);
  measureTrace(dispatcher, burst, cost, 1);
  return measureTrace(dispatcher, calm, cost, 1).meanMs / cost(1);
}

/** What the batcher takes of a core for each item, in microseconds, where batches of that size come and go. */
function measureCpuUs(size: number, isQuick: boolean): number {
  const items = isQuick ? 50_000 : 1_000_000;
  const batcher = createBatcher<Arrival>({ maxBatchSize, maxWaitMs: 0 });
  let nowMs = 0;
  const run = (count: number) => {
    for (let done = 0; done < count; done += size) {
      for (let one = 0; one < size; one++) {
        const arrival = arriveAt(nowMs, objectiveMs);
        if (batcher.predictAnswerMs(arrival, nowMs) < objectiveMs) batcher.add({ ...arrival, value: arrival }, nowMs);
      }
      const next = batcher.next(nowMs);
      if (next.kind !== 'batch') throw new Error(`there is ${next.kind} to send, of ${batcher.items} items`);
      const ranMs = models.linear(next.batch.items);
      nowMs += ranMs;
      batcher.ended(next.batch, ranMs, nowMs);
      nowMs += 1; // they do not come back at once
    }
  };
  run(items / 10); // compiled before it counts
  const before = process.cpuUsage();
  run(items);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / items;
}

function sum<E>(all: readonly E[], numberOf: (one: E) => number): number {
  return all.reduce((total, one) => total + numberOf(one), 0);
}

const percent = (part: number | undefined) => (part === undefined ? '' : (100 * part).toFixed(1));

/** The tables. */
export function describeSimulations({ loops, traces, afterBurst, cpuUs }: Simulated): string {
  const names = Object.keys(dispatchers);
  const loopNames = names.filter((name) => name !== 'deferred');
  return `## Simulated: callers who ask again as soon as they are answered

In % of what an oracle gets that is told how many callers there are, and waits for all of them, shared among the workers. It
is no bound: two halves in turn, one computed while the other comes back, may be better. A model of 5 ms and 0.1 ms an item,
at most ${maxBatchSize} items, and 0.06 ms of one gateway for each request and each answer. Callers are back at once, within 0.3 ms; or one
of fifty is up to 5 ms late; or they come unevenly, half a millisecond on the whole, some ten times that.

| workers | back | callers | oracle, requests/s | ${loopNames.join(' | ')} |
|---|---|---|---|${loopNames.map(() => '---|').join('')}
${loops
  .map(
    ({ slots, returns, callers, oraclePerSecond, parts }) =>
      `| ${slots} | ${returns} | ${callers} | ${oraclePerSecond.toFixed(0)} | ${loopNames.map((name) => percent(parts[name])).join(' | ')} |`,
  )
  .join('\n')}

## Simulated: callers who wait for ${objectiveMs} ms

Requests that are answered in time, in % of those that a clairvoyant answers, who knows what will come. Beside it, for
bentots: those in time in % of all, and of what the model does in full batches; how long the answers take; and in what time
99 % of the refusals are given. Traffic is in parts of what the model does in full batches; batches take 2 % more or less
by chance. Deferred dispatch is told what batches cost; the others learn it, or do without, from the first request on.

| model | traffic | load | clairvoyant, % of all | ${names.join(' | ')} | in time, % | of capacity, % | mean ms | refusals, ms |
|---|---|---|---|${names.map(() => '---|').join('')}---|---|---|---|
${traces
  .map(({ model, traffic, load, clairvoyant, parts, own }) => {
    const others = names.map((name) => percent(parts[name])).join(' | ');
    const rest = `${percent(own.inTime)} | ${percent(own.ofCapacity)} | ${own.meanMs.toFixed(1)} | ${own.refusalMs.toFixed(1)}`;
    return `| ${model} | ${traffic} | ${load} | ${percent(clairvoyant)} | ${others} | ${rest} |`;
  })
  .join('\n')}

## Simulated: one request a second, after a burst at 90 % of capacity

The mean time of an answer, as a multiple of what the model takes for one item. Callers wait for 10 s.

| ${names.join(' | ')} |
|${names.map(() => '---|').join('')}
| ${names.map((name) => afterBurst[name]?.toFixed(2)).join(' | ')} |

## What forming batches costs

${cpuUs.alone.toFixed(2)} µs of CPU for an item that goes alone, ${cpuUs.full.toFixed(2)} µs for one of ${maxBatchSize}.
`;
}
