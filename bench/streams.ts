/** Measures what a chunk of a stream costs, when the first comes, and what readers that stall cost, beside bare `node:http`. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Server, startServer } from './http-overhead/children.ts';
import { readCpuTimes, readMemoryBytes, usedBetween } from './process-tree.ts';
import { startBento } from './start-bento.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question = 'What does a chunk of a stream cost, and a reader that stalls?';

const forms = new Map([
  ['chunks', '*/*'],
  ['events', 'text/event-stream'],
  ['lines', 'application/x-ndjson'],
  ['frames', 'application/vnd.bentots.frames'],
]);
const settleMs = 1000; // until what stalled readers were sent has come to rest

interface Sample {
  /** Of the server's whole process tree, and of its first process. */
  readonly perCore: number;
  readonly perGatewayCore: number;
  readonly firstMs: number;
}

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const rounds = isQuick ? 2 : 15;
  const chunks = isQuick ? 50_000 : 300_000;
  const readers = isQuick ? 100 : 500;
  const logs = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  try {
    const here = join(import.meta.dirname, 'streams');
    await using raw = await startServer(join(here, 'raw-server.ts'), join(logs, 'raw.log'));
    const [service, logFile] = [join(here, 'service.ts'), join(logs, 'own.log')];
    await using own = await startBento({ service, flags: ['--log-format', 'json'], logFile });
    const candidates = [
      ['raw node:http', raw, '*/*'] as const,
      ...[...forms].map(([name, accept]) => [`bentots, ${name}`, own, accept] as const),
    ];
    const samples = new Map(candidates.map(([name]): [string, Sample[]] => [name, []]));
    for (const [, server, accept] of candidates) await read(server, accept, chunks); // compiled before it counts
    for (let round = 0; round < rounds; round++) {
      for (const [name, server, accept] of candidates) samples.get(name)?.push(await measure(server, accept, chunks));
    }
    const rows = [...samples].map(([name, some]) => ({
      name,
      perCore: toSpread(some.map(({ perCore }) => perCore)),
      perGatewayCore: toSpread(some.map(({ perGatewayCore }) => perGatewayCore)),
      firstMs: toSpread(some.map(({ firstMs }) => firstMs)),
    }));
    const stalledBytes = await measureStalled(own, readers, isQuick ? 2 : 10);
    return { text: toText(rows, rounds, chunks, readers, stalledBytes), data: { rows, readers, stalledBytes } };
  } finally {
    rmSync(logs, { recursive: true });
  }
}

async function measure(server: Server, accept: string, chunks: number): Promise<Sample> {
  const before = readCpuTimes(server.pid);
  const firstMs = await read(server, accept, chunks);
  const used = [...usedBetween(before, readCpuTimes(server.pid)).values()];
  const totalUs = used.reduce((sum, one) => sum + one, 0);
  return { perCore: (chunks / totalUs) * 1e6, perGatewayCore: (chunks / (used[0] ?? Number.NaN)) * 1e6, firstMs };
}

/** Reads one stream to its end; gives the milliseconds until its first bytes. */
async function read(server: Server, accept: string, chunks: number): Promise<number> {
  const startedMs = performance.now();
  const socket = ask(server, accept, chunks);
  await once(socket, 'data');
  const firstMs = performance.now() - startedMs;
  socket.resume();
  await once(socket, 'end');
  return firstMs;
}

function ask({ port }: Server, accept: string, count: number): Socket {
  const body = JSON.stringify({ count });
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /write HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: ${accept}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** Memory of the server before readers take their first bytes and no more, and again and again after. */
async function measureStalled(server: Server, readers: number, looks: number): Promise<number[]> {
  const bytes = [readMemoryBytes(server.pid)];
  const sockets: Socket[] = [];
  for (let reader = 0; reader < readers; reader++) {
    const socket = ask(server, '*/*', 1e9);
    await once(socket, 'data');
    socket.pause();
    sockets.push(socket);
  }
  for (let look = 0; look < looks; look++) {
    await setTimeout(settleMs);
    bytes.push(readMemoryBytes(server.pid));
  }
  for (const socket of sockets) socket.destroy();
  return bytes;
}

interface Row {
  readonly name: string;
  readonly perCore: Spread;
  readonly perGatewayCore: Spread;
  readonly firstMs: Spread;
}

const thousands = ({ median, lower, upper }: Spread): string =>
  formatSpread({ median: median / 1000, lower: lower / 1000, upper: upper / 1000 }, 0);

function toText(rows: readonly Row[], rounds: number, chunks: number, readers: number, stalled: readonly number[]) {
  const lines = rows.map(
    ({ name, perCore, perGatewayCore, firstMs }) =>
      `| ${name} | ${thousands(perCore)} | ${thousands(perGatewayCore)} | ${formatSpread(firstMs, 2)} |`,
  );
  const [before = 0, ...after] = stalled.map((bytes) => bytes / 1024 / 1024);
  return `| server | 1000 chunks/s of one core | of the first process alone | first bytes ms |
|---|---|---|---|
${lines.join('\n')}

${readers} readers that take the first bytes and then stall: ${before.toFixed(0)} MiB before, then, second by second,
${after.map((mebibytes) => mebibytes.toFixed(0)).join(', ')} MiB (gateway and worker together).

One stream of ${chunks} texts of six characters on loopback, ${rounds} rounds, the servers in turns. A core's chunks are those
of a second of CPU, user and system, of the server's whole process tree. The first bytes come on a new connection. Shown
are medians and, in brackets, quartiles over the rounds.
`;
}
