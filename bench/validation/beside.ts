/** What a body of 32 MB does to the small requests beside it, on a real server. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startServer } from '../http-overhead/children.ts';
import { formatSpread, quantile, type Spread, toSpread } from '../statistics.ts';
import { itemsOf } from './bodies.ts';
import type { ProbeOrder } from './probe.ts';

const servers = ['bentots', 'Fastify'] as const;

/** What the small requests of one kind of round saw, in milliseconds. */
interface Seen {
  readonly p50: Spread;
  readonly p99: Spread;
  readonly max: Spread;
}

/** One server. */
export interface Beside {
  readonly server: string;
  readonly alone: Seen;
  readonly meanwhile: Seen;
  /** From the first byte of a large body to its answer. */
  readonly largeMs: Spread;
}

/** Sends small requests all the time, and large bodies one after the other in every second part of a round. */
export async function measureBeside(isQuick: boolean): Promise<readonly Beside[]> {
  const rounds = isQuick ? 1 : 12;
  const { bytes } = itemsOf(32_000_000, '32 MB');
  const logs = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  await using probe = startProbe();
  await using running = new AsyncDisposableStack();
  const candidates = [];
  for (const name of servers) {
    const script = join(import.meta.dirname, `${name.toLowerCase()}-server.ts`);
    const server = running.use(await startServer(script, join(logs, `${name}.log`)));
    candidates.push({
      name,
      port: server.port,
      alone: [] as number[][],
      meanwhile: [] as number[][],
      large: [] as number[],
    });
  }
  for (const { port } of candidates) await post(port, bytes); // warm
  for (let round = 0; round < rounds; round++) {
    for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
      const { port, alone, meanwhile, large } = candidate;
      await probe.begin(port);
      await wait(1500);
      alone.push(await probe.tell());
      await probe.begin(port);
      for (let i = 0; i < 3; i++) large.push(await post(port, bytes));
      meanwhile.push(await probe.tell());
    }
  }
  rmSync(logs, { recursive: true, force: true });
  return candidates.map(({ name, alone, meanwhile, large }) => ({
    server: name,
    alone: toSeen(alone),
    meanwhile: toSeen(meanwhile),
    largeMs: toSpread(large),
  }));
}

/** The table and what it means. */
export function toBesideText(all: readonly Beside[]): string {
  const line = (server: string, when: string, { p50, p99, max }: Seen, large = '') =>
    `| ${server} | ${when} | ${formatSpread(p50, 1)} | ${formatSpread(p99, 1)} | ${formatSpread(max, 1)} | ${large} |`;
  const lines = all.flatMap(({ server, alone, meanwhile, largeMs }) => [
    line(server, 'alone', alone),
    line(server, 'beside 32 MB', meanwhile, formatSpread(largeMs, 0)),
  ]);
  return `## Small requests beside a body of 32 MB

| server | small requests | p50 ms | p99 ms | slowest ms | the large one ms |
|---|---|---|---|---|---|
${lines.join('\n')}

A small request is due every 5 ms, whether earlier ones were answered or not, and its time counts from then. Beside them
one body of 32 MB of items follows the other. Medians over the rounds, in which the servers take turns, with quartiles.
Fastify has the same schemas and does the work in its only process; bentots is a gateway and one worker process, to which
the checked value must still travel.
`;
}

function toSeen(rounds: readonly number[][]): Seen {
  const of = (share: number) => toSpread(rounds.map((latencies) => quantile(latencies, share)));
  return { p50: of(0.5), p99: of(0.99), max: of(1) };
}

/** Posts a body; gives the milliseconds to its answer. */
function post(port: number, bytes: Buffer): Promise<number> {
  const begunMs = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
    const call = request({ port, host: '127.0.0.1', method: 'POST', path: '/sum', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.once('end', () => {
        if (response.statusCode === 200 && Number(text) > 0) resolve(performance.now() - begunMs);
        else reject(new Error(`status ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    call.once('error', reject);
    call.end(bytes);
  });
}

function startProbe() {
  const child = fork(join(import.meta.dirname, 'probe.ts'), [], { execArgv: [] });
  const tell = async () => {
    const answered = once(child, 'message');
    send(child, { kind: 'tell' });
    const [{ latenciesMs, error }] = (await answered) as [{ latenciesMs?: number[]; error?: string }]; // what it sends
    if (!latenciesMs) throw new Error(`a small request failed: ${error}`);
    return latenciesMs;
  };
  return {
    begin: async (port: number) => send(child, { kind: 'begin', port }),
    tell,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function send(child: ChildProcess, order: ProbeOrder): void {
  child.send(order);
}
