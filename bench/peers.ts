/** Measures bentots and BentoML on the same work in one run: overhead, overload, start, memory. */
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Load, startLoad } from './http-overhead/children.ts';
import type { LoadResult } from './load/generator.ts';
import { goodOnes, goodPerSecond, sendLoad, sinceDueMs, timeToRecover } from './load/send-load.ts';
import { bentoml, bentots, ensureEnvironment, type Peer, type RunningPeer, startPeer } from './peers/peer.ts';
import { sendAll, type Workload, workloads } from './peers/values.ts';
import { readCpuTimes, readMemoryBytes, usedBetween } from './process-tree.ts';
import { formatSpread, quantile, type Spread, toSpread } from './statistics.ts';

export const question = 'How does bentots stand beside BentoML on the same work?';

interface Plan {
  readonly starts: number;
  readonly rounds: number;
  readonly requests: number;
  readonly valueRounds: number;
  readonly overloads: number;
  readonly overloadMs: number;
}

const fullPlan: Plan = { starts: 7, rounds: 9, requests: 4000, valueRounds: 5, overloads: 3, overloadMs: 10_000 };
const quickPlan: Plan = { starts: 1, rounds: 1, requests: 500, valueRounds: 1, overloads: 1, overloadMs: 2000 };

const clients = 32;
const limitMs = 60_000; // of one server in one round
const holdMs = 20;
const capacity = 1000 / holdMs; // requests a second of one worker
const overload = 10; // times that
const patienceMs = 1000;
const mebibyte = 1024 * 1024;

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  ensureEnvironment();
  const plan = isQuick ? quickPlan : fullPlan;
  const asItComes = [bentots, bentoml('BentoML', 0)];
  const bounded = bentoml(`BentoML, max_concurrency ${clients}`, clients);
  const starts = await measureStarts(asItComes, plan);
  const overheads = await measureOverheads(asItComes, plan);
  const values = await measureValues(asItComes, plan);
  const overloads = await measureOverloads([...asItComes, bounded], plan);
  return toReport(plan, { starts, overheads, values, overloads });
}

interface Start {
  readonly readyMs: number;
  readonly idleMiB: number;
}

async function measureStarts(peers: readonly Peer[], plan: Plan): Promise<ReadonlyMap<string, Start[]>> {
  const samples = new Map<string, Start[]>(peers.map(({ name }) => [name, []]));
  for (const peer of peers) await (await startPeer(peer))[Symbol.asyncDispose](); // caches are warm from here on
  for (let round = 0; round < plan.starts; round++) {
    for (const peer of turn(peers, round)) {
      await using running = await startPeer(peer);
      samples.get(peer.name)?.push({
        readyMs: running.readyMs,
        idleMiB: readMemoryBytes(running.pid) / mebibyte,
      });
    }
  }
  return samples;
}

interface Overhead {
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly latencyP50Us: number;
  readonly latencyP99Us: number;
  readonly afterMiB: number;
}

async function measureOverheads(peers: readonly Peer[], plan: Plan): Promise<ReadonlyMap<string, Overhead[]>> {
  await using load = await startLoad();
  await using stack = new AsyncDisposableStack();
  const running: (readonly [string, RunningPeer])[] = [];
  for (const peer of peers) running.push([peer.name, stack.use(await startPeer(peer))]);
  const samples = new Map<string, Overhead[]>(peers.map(({ name }) => [name, []]));
  for (const [, { port }] of running) {
    await load.open(port, clients);
    await load.go(plan.requests, limitMs); // warm-up
    await load.close();
  }
  for (let round = 0; round < plan.rounds; round++) {
    for (const [name, peer] of turn(running, round)) samples.get(name)?.push(await measureOverhead(load, peer, plan));
  }
  return samples;
}

async function measureOverhead(load: Load, peer: RunningPeer, plan: Plan): Promise<Overhead> {
  await load.open(peer.port, clients);
  const before = readCpuTimes(peer.pid);
  const result = await load.go(plan.requests, limitMs);
  const used = usedBetween(before, readCpuTimes(peer.pid));
  await load.close();
  const latencies = [...result.latenciesUs];
  return {
    cpuUs: [...used.values()].reduce((sum, us) => sum + us, 0) / result.requests,
    requestsPerSecond: (result.requests / result.wallMs) * 1000,
    latencyP50Us: quantile(latencies, 0.5),
    latencyP99Us: quantile(latencies, 0.99),
    afterMiB: readMemoryBytes(peer.pid) / mebibyte,
  };
}

interface ValueCost {
  readonly cpuMs: number;
  readonly requestsPerSecond: number;
  /** The most that all processes held at once, above what they held idle. */
  readonly grownMiB: number;
}

/** By workload and server. */
type ValueCosts = ReadonlyMap<string, ReadonlyMap<string, ValueCost[]>>;

async function measureValues(peers: readonly Peer[], plan: Plan): Promise<ValueCosts> {
  await using stack = new AsyncDisposableStack();
  const running: (readonly [string, RunningPeer])[] = [];
  for (const peer of peers) running.push([peer.name, stack.use(await startPeer(peer))]);
  const costs = new Map<string, Map<string, ValueCost[]>>();
  for (const workload of workloads) {
    const takers = running.filter(([name]) => workload.isFor(name));
    const samples = new Map<string, ValueCost[]>(takers.map(([name]) => [name, []]));
    for (const [, peer] of takers) await sendAll(workload, peer, workload.clients); // warm-up
    for (let round = 0; round < plan.valueRounds; round++) {
      for (const [name, peer] of turn(takers, round)) samples.get(name)?.push(await measureValue(workload, peer));
    }
    costs.set(workload.name, samples);
  }
  return costs;
}

async function measureValue(workload: Workload, peer: RunningPeer): Promise<ValueCost> {
  const idle = readMemoryBytes(peer.pid);
  let most = idle;
  const watch = setInterval(() => {
    most = Math.max(most, readMemoryBytes(peer.pid));
  }, 50);
  const before = readCpuTimes(peer.pid);
  const startedMs = performance.now();
  await sendAll(workload, peer, workload.requests);
  const wallMs = performance.now() - startedMs;
  const used = usedBetween(before, readCpuTimes(peer.pid));
  clearInterval(watch);
  return {
    cpuMs: [...used.values()].reduce((sum, us) => sum + us, 0) / 1000 / workload.requests,
    requestsPerSecond: (workload.requests / wallMs) * 1000,
    grownMiB: (most - idle) / mebibyte,
  };
}

interface Overload {
  /** Share of the capacity that was answered 200 in time. */
  readonly goodput: number;
  readonly goodP99Ms: number;
  /** Share of the requests that was refused, and the rest that was left without an answer in time. */
  readonly refused: number;
  readonly lost: number;
  readonly refusedP99Ms: number;
  readonly grownMiB: number;
  /** From when the last request was due until a lone one is answered 200. */
  readonly recoveredMs: number;
}

async function measureOverloads(peers: readonly Peer[], plan: Plan): Promise<ReadonlyMap<string, Overload[]>> {
  const samples = new Map<string, Overload[]>(peers.map(({ name }) => [name, []]));
  for (let round = 0; round < plan.overloads; round++) {
    for (const peer of turn(peers, round)) {
      await using running = await startPeer(peer);
      samples.get(peer.name)?.push(await measureOverload(running, plan));
    }
  }
  return samples;
}

async function measureOverload({ url, pid }: RunningPeer, plan: Plan): Promise<Overload> {
  const body = JSON.stringify({ ms: holdMs });
  const load = { url, path: '/hold', body, patienceMs, mostConnections: 2 * capacity * overload };
  await sendLoad({ ...load, requestsPerSecond: capacity / 2, forMs: 1000 }); // warm-up
  const idle = readMemoryBytes(pid);
  let most = idle;
  const watch = setInterval(() => {
    most = Math.max(most, readMemoryBytes(pid));
  }, 250);
  let recovered: Promise<number> | undefined;
  const flood = { requestsPerSecond: capacity * overload, forMs: plan.overloadMs, withinMs: patienceMs };
  const result = await sendLoad({ ...load, ...flood }, () => {
    recovered = timeToRecover(`${url}/hold`, body, Number.POSITIVE_INFINITY);
  });
  const recoveredMs = (await recovered) ?? Number.NaN;
  clearInterval(watch);
  const goodput = goodPerSecond(result, flood) / capacity;
  return { goodput, ...summarize(result), grownMiB: (most - idle) / mebibyte, recoveredMs };
}

function summarize(result: LoadResult) {
  const sent = result.status.length;
  const good = goodOnes(result, patienceMs);
  const isRefused = (at: number) => (result.status[at] as number) >= 400 && sinceDueMs(result, at) <= patienceMs;
  const refused = [...result.status.keys()].filter(isRefused);
  const p99 = (all: readonly number[]) =>
    all.length > 0
      ? quantile(
          all.map((at) => sinceDueMs(result, at)),
          0.99,
        )
      : Number.NaN;
  return {
    goodP99Ms: p99(good),
    refused: refused.length / sent,
    lost: (sent - good.length - refused.length) / sent,
    refusedP99Ms: p99(refused),
  };
}

function turn<T>(all: readonly T[], round: number): readonly T[] {
  const first = round % all.length; // whoever goes first may find the machine in another state
  return [...all.slice(first), ...all.slice(0, first)];
}

interface Measured {
  readonly starts: ReadonlyMap<string, Start[]>;
  readonly overheads: ReadonlyMap<string, Overhead[]>;
  readonly values: ValueCosts;
  readonly overloads: ReadonlyMap<string, Overload[]>;
}

function toReport(plan: Plan, { starts, overheads, values, overloads }: Measured): BenchReport {
  const text = `## Start and memory

${toTable(starts, {
  'start to ready, ms': [(sample) => sample.readyMs, 0],
  'memory idle, MiB': [(sample) => sample.idleMiB, 0],
})}
From the start of the command to the first 200 of \`/readyz\`, caches warm, ${plan.starts} times in turns. Memory is the
proportional set size of all processes.

## ${clients} clients

${toTable(overheads, {
  'CPU µs a request': [(sample) => sample.cpuUs, 1],
  'requests a second': [(sample) => sample.requestsPerSecond, 0],
  'p50 µs': [(sample) => sample.latencyP50Us, 0],
  'p99 µs': [(sample) => sample.latencyP99Us, 0],
  'memory after, MiB': [(sample) => sample.afterMiB, 0],
})}
One array of 32 numbers in, two fields out, both checked, metrics and access log on. ${plan.rounds} rounds of ${plan.requests}
requests, the servers in turns, one worker each. CPU is that of all processes.

## Tensors, streams, files

${Array.from(values, ([name, samples]) => toValueTable(name, samples)).join('\n')}
Each kind ${plan.valueRounds} times in turns. CPU is that of all processes, for one request; memory is the most that all of them
held while the requests ran, above what they held before.

## ${overload} times overload

${toTable(overloads, {
  'good answers, share of capacity': [(sample) => sample.goodput, 2],
  'good p99 ms': [(sample) => sample.goodP99Ms, 0],
  refused: [(sample) => sample.refused, 2],
  'refused p99 ms': [(sample) => sample.refusedP99Ms, 1],
  'no answer in time': [(sample) => sample.lost, 2],
  'memory grown, MiB': [(sample) => sample.grownMiB, 0],
  'recovered, ms': [(sample) => sample.recoveredMs, 0],
})}
A method that holds its thread for ${holdMs} ms, one worker: ${capacity} requests a second are what it can do, ${capacity * overload} are
sent for ${plan.overloadMs / 1000} s whether or not answers come, ${plan.overloads} times in turns. Callers wait ${patienceMs} ms, and both servers are told so.
Times count from when a request was due.

Shown are medians and, in brackets, quartiles.
`;
  const valueData = Object.fromEntries(Array.from(values, ([name, samples]) => [name, toData(samples)]));
  return {
    text,
    data: { starts: toData(starts), overheads: toData(overheads), values: valueData, overloads: toData(overloads) },
  };
}

function toValueTable(name: string, samples: ReadonlyMap<string, readonly ValueCost[]>): string {
  const columns: Columns<ValueCost> = {
    'CPU ms a request': [(sample) => sample.cpuMs, 2],
    'requests a second': [(sample) => sample.requestsPerSecond, 1],
    'memory grown, MiB': [(sample) => sample.grownMiB, 0],
  };
  return `${name}:\n\n${toTable(samples, columns)}`;
}

type Columns<T> = Readonly<Record<string, readonly [pick: (sample: T) => number, digits: number]>>;

function toTable<T>(samples: ReadonlyMap<string, readonly T[]>, columns: Columns<T>): string {
  const rows = [...samples].map(([name, own]) => {
    const cells = Object.values(columns).map(([pick, digits]) => {
      const values = own.map(pick).filter((value) => !Number.isNaN(value));
      return values.length === 0 ? '' : formatSpread(toSpread(values), digits);
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  const names = ['server', ...Object.keys(columns)];
  return `| ${names.join(' | ')} |\n|${'---|'.repeat(names.length)}\n${rows.join('\n')}\n`;
}

function toData<T extends object>(
  samples: ReadonlyMap<string, readonly T[]>,
): Record<string, Record<string, Spread | null>> {
  return Object.fromEntries(
    [...samples].map(([name, own]) => {
      const [first] = own;
      const fields = Object.keys(first ?? {}) as (keyof T & string)[];
      const spreads = fields.map((field) => {
        const values = own.map((sample) => Number(sample[field])).filter((value) => !Number.isNaN(value));
        return [field, values.length === 0 ? null : toSpread(values)] as const;
      });
      return [name, Object.fromEntries(spreads)];
    }),
  );
}
