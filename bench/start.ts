/** Measures how long a server takes to start, and how much memory its gateway holds. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Load, startLoad, startServer } from './http-overhead/children.ts';
import { startBento } from './start-bento.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question = 'How long does a server take to start, and how much memory does its gateway hold?';

const service = join(import.meta.dirname, 'http-overhead/service.ts');
const clients = 32;
const limitMs = 60_000; // of one load
const settleMs = 2000; // until what the start or the load has left is collected

interface Sample {
  /** From the start of the process until the command says that it serves. */
  readonly readyMs: number;
  /** The same of a process that does nothing. */
  readonly nodeMs: number;
  /** Memory of the gateway's process before and after a load, and of bare Fastify after the same. */
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly fastifyMiB: number;
}

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  if (process.platform !== 'linux') throw new Error('memory of a process is read from /proc: run this on Linux');
  const rounds = isQuick ? 1 : 12;
  const requests = isQuick ? 5000 : 50_000;
  const folder = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  try {
    await using load = await startLoad();
    await using _warm = await startBento({ service, home: folder }); // reads the types, which the others find remembered
    const samples: Sample[] = [];
    while (samples.length < rounds) samples.push(await measure(folder, load, requests));
    const spreadOf = (read: (sample: Sample) => number) => toSpread(samples.map(read));
    const figures = {
      readyMs: spreadOf(({ readyMs }) => readyMs),
      nodeMs: spreadOf(({ nodeMs }) => nodeMs),
      idleMiB: spreadOf(({ idleMiB }) => idleMiB),
      loadedMiB: spreadOf(({ loadedMiB }) => loadedMiB),
      fastifyMiB: spreadOf(({ fastifyMiB }) => fastifyMiB),
      aboveFastifyMiB: spreadOf(({ loadedMiB, fastifyMiB }) => loadedMiB - fastifyMiB),
    };
    return { text: toText(figures, rounds, requests), data: figures };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One of each, one after the other. */
async function measure(folder: string, load: Load, requests: number): Promise<Sample> {
  const nodeStartedMs = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  const nodeMs = performance.now() - nodeStartedMs;
  let own: Omit<Sample, 'nodeMs' | 'fastifyMiB'>;
  {
    await using bento = await startBento({ service, home: folder });
    await setTimeout(settleMs);
    const idleMiB = readMiB(bento.pid);
    own = { readyMs: bento.readyMs, idleMiB, loadedMiB: await memoryAfterLoad(bento, load, requests) };
  }
  await using fastify = await startServer(fastifyScript(), join(folder, 'fastify.log'));
  return { nodeMs, ...own, fastifyMiB: await memoryAfterLoad(fastify, load, requests) };
}

async function memoryAfterLoad(server: { pid: number; port: number }, load: Load, requests: number): Promise<number> {
  await load.open(server.port, clients);
  await load.go(requests, limitMs);
  await load.close();
  await setTimeout(settleMs);
  return readMiB(server.pid);
}

/** Fastify's server without its types: what strips them at the start would count as its memory. */
function fastifyScript(): string {
  const folder = join(import.meta.dirname, '.cache/start');
  mkdirSync(folder, { recursive: true });
  for (const name of ['fastify-server', 'control', 'predict']) {
    const source = readFileSync(join(import.meta.dirname, `http-overhead/${name}.ts`), 'utf8');
    writeFileSync(join(folder, `${name}.js`), stripTypeScriptTypes(source).replaceAll(".ts';", ".js';"));
  }
  return join(folder, 'fastify-server.js');
}

function readMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function toText(figures: Readonly<Record<keyof Sample | 'aboveFastifyMiB', Spread>>, rounds: number, requests: number) {
  const row = (what: string, spread: Spread, budget: string) => `| ${what} | ${formatSpread(spread, 0)} | ${budget} |`;
  return `A service with one method and one worker, its types remembered from before. Medians and quartiles of ${rounds} rounds;
memory is what the process holds (RSS) 2 s after the start, and 2 s after ${requests} requests of ${clients} clients.

| | | budget |
| --- | --- | --- |
${row('start to ready, ms', figures.readyMs, '500')}
${row('of which an empty Node process, ms', figures.nodeMs, '')}
${row('gateway, idle, MiB', figures.idleMiB, '120')}
${row('gateway after the load, MiB', figures.loadedMiB, '')}
${row('bare Fastify after the load, MiB', figures.fastifyMiB, '')}
${row('gateway above Fastify, MiB', figures.aboveFastifyMiB, '60')}
`;
}
