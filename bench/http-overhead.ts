/** Measures what a request costs in bentots, Fastify and raw `node:http`, in turns. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Load, type Server, startLoad, startServer } from './http-overhead/children.ts';
import { readCpuTimes, usedBetween } from './process-tree.ts';
import { formatSpread, quantile, type Spread, toSpread } from './statistics.ts';

export const question = 'What does a request cost in bentots over raw node:http?';

interface Plan {
  readonly rounds: number;
  readonly warmUpRequests: number;
  /** Requests of one server in one round, by number of clients. */
  readonly requests: ReadonlyMap<number, number>;
}

const fullPlan: Plan = {
  rounds: 25,
  warmUpRequests: 20_000,
  requests: new Map([
    [1, 1500],
    [32, 5000],
  ]),
};
const quickPlan: Plan = {
  rounds: 2,
  warmUpRequests: 2000,
  requests: new Map([
    [1, 500],
    [32, 2000],
  ]),
};
const limitMs = 20_000; // of one server in one round

interface Candidate {
  readonly name: string;
  readonly server: Server;
}

/** One server, one round. */
interface Sample {
  /** CPU microseconds a request: of the whole tree, of the first process, of the others. */
  readonly totalUs: number;
  readonly firstUs: number;
  readonly othersUs: number;
  readonly latencyP50Us: number;
  readonly latencyP99Us: number;
  readonly requestsPerSecond: number;
}

type Samples = ReadonlyMap<string, Sample[]>; // by name of the candidate, in the order of the rounds

/** Runs the bench. */
export async function run({ isQuick, also }: BenchOptions): Promise<BenchReport> {
  const plan = isQuick ? quickPlan : fullPlan;
  const logs = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  try {
    await using load = await startLoad();
    const here = join(import.meta.dirname, 'http-overhead');
    const scripts = new Map([
      ['raw node:http', join(here, 'raw-server.ts')],
      ['Fastify', join(here, 'fastify-server.ts')],
      ['bentots', join(here, 'bentots-server.ts')],
      ...also.map(
        (root) => [`bentots in ${basename(root)}`, join(root, 'bench/http-overhead/bentots-server.ts')] as const,
      ),
    ]);
    await using running = new AsyncDisposableStack();
    const candidates: Candidate[] = [];
    for (const [name, script] of scripts) {
      candidates.push({
        name,
        server: running.use(await startServer(script, join(logs, `${name.replaceAll(/\W+/g, '-')}.log`))),
      });
    }
    const byClients = new Map<number, Samples>();
    for (const { server } of candidates) {
      await warmUp(load, server, plan);
    }
    for (const [clients, requests] of plan.requests) {
      byClients.set(clients, await measure(load, candidates, plan.rounds, clients, requests));
    }
    await assertWatched(candidates, join(logs, 'bentots.log'));
    return toReport(byClients, plan);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

async function warmUp(load: Load, server: Server, plan: Plan): Promise<void> {
  for (const clients of plan.requests.keys()) {
    await load.open(server.port, clients);
    await load.go(plan.warmUpRequests, limitMs);
    await load.close();
  }
}

async function measure(
  load: Load,
  candidates: readonly Candidate[],
  rounds: number,
  clients: number,
  requests: number,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const first = round % candidates.length; // whoever goes first may find the machine in another state
    for (const { name, server } of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      samples.get(name)?.push(await measureOnce(load, server, clients, requests));
    }
  }
  return samples;
}

async function measureOnce(load: Load, server: Server, clients: number, requests: number): Promise<Sample> {
  await load.open(server.port, clients);
  await load.go(Math.ceil(requests / 20), limitMs); // connections are made, caches are this server's
  const before = readCpuTimes(server.pid);
  const result = await load.go(requests, limitMs);
  const used = usedBetween(before, readCpuTimes(server.pid));
  await load.close();
  const [firstUs = 0, ...others] = [...used.values()].map((us) => us / result.requests);
  const othersUs = others.reduce((sum, us) => sum + us, 0);
  const latencies = [...result.latenciesUs];
  return {
    totalUs: firstUs + othersUs,
    firstUs,
    othersUs,
    latencyP50Us: quantile(latencies, 0.5),
    latencyP99Us: quantile(latencies, 0.99),
    requestsPerSecond: (result.requests / result.wallMs) * 1000,
  };
}

/** What bentots is charged for must have happened: every request in its metrics and in its access log. */
async function assertWatched(candidates: readonly Candidate[], logFile: string): Promise<void> {
  const bentots = candidates.find(({ name }) => name === 'bentots') as Candidate; // always measured
  const exposition = await (await fetch(`http://127.0.0.1:${bentots.server.port}/metrics`)).text();
  const counted = Number(/^bentoml_service_request_total\{[^}]*"\/predict"[^}]*\} (\d+)/m.exec(exposition)?.[1]);
  await new Promise((resolve) => setTimeout(resolve, 500)); // the log is written every 100 ms
  const logged = readFileSync(logFile, 'utf8').split('path=/predict').length - 1;
  if (!(counted > 0) || counted !== logged) throw new Error(`${counted} requests were counted, ${logged} were logged`);
}

function toReport(byClients: ReadonlyMap<number, Samples>, plan: Plan): BenchReport {
  const tables: string[] = [];
  const data: Record<string, unknown> = {};
  for (const [clients, samples] of byClients) {
    const rows = [...samples].map(([name, own]) => [name, summarize(own, samples.get('raw node:http') ?? [])] as const);
    data[`clients${clients}`] = Object.fromEntries(rows);
    tables.push(toTable(clients, rows));
  }
  const text = `${tables.join('\n')}
Each server is a process of its own on loopback: JSON in (one array of 32 numbers), JSON out (two fields). The raw server
reads, parses, adds, answers. Fastify has schemas for both. bentots runs as its users run it: one gateway, one worker
process, input and output checked, metrics, a request id, an access log in JSON to a file.

${plan.rounds} rounds of ${[...plan.requests].map(([clients, count]) => `${count} requests at ${clients}`).join(' and ')} clients, the servers in turns, HTTP/1.1
with keep-alive. CPU is user and system time of a server's whole process tree. Ratios are formed within a round. Shown are
medians and, in brackets, quartiles over the rounds; latencies are medians of what each round saw.
`;
  return { text, data };
}

interface Summary {
  readonly cpuUs: Spread;
  readonly ratio: Spread;
  readonly gatewayUs: Spread;
  readonly workerUs: Spread;
  readonly latencyP50Us: Spread;
  readonly latencyP99Us: Spread;
  readonly requestsPerSecond: Spread;
}

function summarize(own: readonly Sample[], raw: readonly Sample[]): Summary {
  const of = (pick: (sample: Sample) => number) => toSpread(own.map(pick));
  return {
    cpuUs: of((sample) => sample.totalUs),
    ratio: toSpread(own.map((sample, round) => sample.totalUs / (raw[round]?.totalUs ?? Number.NaN))),
    gatewayUs: of((sample) => sample.firstUs),
    workerUs: of((sample) => sample.othersUs),
    latencyP50Us: of((sample) => sample.latencyP50Us),
    latencyP99Us: of((sample) => sample.latencyP99Us),
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
  };
}

function toTable(clients: number, rows: readonly (readonly [string, Summary])[]): string {
  const lines = rows.map(([name, row]) => {
    const split =
      row.workerUs.median > 0 ? `${row.gatewayUs.median.toFixed(1)} + ${row.workerUs.median.toFixed(1)}` : '';
    const latency = `${row.latencyP50Us.median.toFixed(0)} / ${row.latencyP99Us.median.toFixed(0)}`;
    return `| ${name} | ${formatSpread(row.cpuUs, 1)} | ${formatSpread(row.ratio, 2)} | ${split} | ${latency} |`;
  });
  return `## ${clients === 1 ? '1 client' : `${clients} clients`}

| server | CPU µs a request | ratio to raw | gateway + worker | latency p50 / p99 µs |
|---|---|---|---|---|
${lines.join('\n')}
`;
}
