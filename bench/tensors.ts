/** Measures what a tensor costs the server as JSON and as safetensors, in turns. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, BenchReport } from './bench.ts';
import type { Server } from './http-overhead/children.ts';
import { readCpuTimes, usedBetween } from './process-tree.ts';
import { startBento } from './start-bento.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question = 'What does a tensor cost as safetensors, and what as JSON?';

const length = 262_144; // 1 MiB of float32
const frameType = 'application/vnd.safetensors';

interface Form {
  readonly name: string;
  readonly mediaType: string;
  readonly body: Uint8Array;
  /** More of what is cheap, so that both take about the same time. */
  readonly times: number;
}

const routes = [
  ['/echo', 'in and out'],
  ['/take', 'in'],
  ['/give', 'out'],
] as const;

/** CPU milliseconds a request of the server's process tree, by route and form. */
type Samples = ReadonlyMap<string, number[]>;

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const [rounds, requests] = isQuick ? [3, 3] : [25, 10];
  const logs = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  try {
    const service = join(import.meta.dirname, 'tensors/service.ts');
    await using server = await startBento({ service, flags: ['--log-format', 'json'], logFile: join(logs, 'log') });
    const values = Float32Array.from({ length }, Math.random);
    const forms: readonly Form[] = [
      { name: 'JSON', mediaType: 'application/json', body: toJson(values), times: 1 },
      { name: 'safetensors', mediaType: frameType, body: toFrame(values), times: 10 },
    ];
    const samples = await measure(server, forms, rounds, requests);
    return toReport(samples, forms, rounds, requests);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

function toJson(values: Float32Array): Uint8Array {
  return Buffer.from(JSON.stringify({ values: [...values] }));
}

/** As another program would write it: the bench does not take the word of what it measures. */
function toFrame(values: Float32Array): Uint8Array {
  const entry = { dtype: 'F32', shape: [length], data_offsets: [0, values.byteLength] };
  const header = JSON.stringify({ values: entry }).padEnd(128);
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([head, Buffer.from(header), Buffer.from(values.buffer)]);
}

async function measure(server: Server, forms: readonly Form[], rounds: number, requests: number): Promise<Samples> {
  using agent = createAgent();
  const samples = new Map<string, number[]>();
  for (let round = -2; round < rounds; round++) {
    for (const [route] of routes) {
      const turns = round % 2 === 0 ? forms : forms.toReversed(); // whoever goes first may find the machine in another state
      for (const form of turns) {
        const count = requests * form.times;
        const before = readCpuTimes(server.pid);
        for (let sent = 0; sent < count; sent++) await send(server.port, agent.agent, route, form);
        const us = [...usedBetween(before, readCpuTimes(server.pid)).values()].reduce((sum, one) => sum + one, 0);
        const key = `${route} ${form.name}`;
        if (round >= 0) samples.set(key, [...(samples.get(key) ?? []), us / 1000 / count]); // the first are to warm up
      }
    }
  }
  return samples;
}

function createAgent(): Disposable & { readonly agent: Agent } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}

async function send(port: number, agent: Agent, path: string, { mediaType, body }: Form): Promise<void> {
  const isTaken = path !== '/give';
  const headers = { accept: mediaType, ...(isTaken && { 'content-type': mediaType }) };
  const call = request({ port, host: '127.0.0.1', agent, path, method: 'POST', headers });
  call.end(isTaken ? body : undefined);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  const isExpected = path === '/take' ? bytes > 0 : bytes > length * 4;
  if (response.statusCode !== 200 || !isExpected)
    throw new Error(`${path} answered ${response.statusCode}, ${bytes} bytes`);
}

function toReport(samples: Samples, forms: readonly Form[], rounds: number, requests: number): BenchReport {
  const [json, frame] = forms as [Form, Form];
  const rows = routes.map(([route, what]) => {
    const [slow, fast] = [json, frame].map(({ name }) => samples.get(`${route} ${name}`) ?? []) as [number[], number[]];
    return {
      what,
      json: toSpread(slow),
      frame: toSpread(fast),
      ratio: toSpread(slow.map((ms, at) => ms / (fast[at] ?? ms))),
    };
  });
  const show = (spread: Spread, digits: number) => formatSpread(spread, digits);
  const text = `| 1 MiB of float32 | JSON, CPU ms a request | safetensors, CPU ms a request | JSON ÷ safetensors |
|---|---|---|---|
${rows.map((row) => `| ${row.what} | ${show(row.json, 1)} | ${show(row.frame, 2)} | ${show(row.ratio, 1)} |`).join('\n')}

A method takes a tensor of ${length} random numbers, gives one, or both, and does nothing with them. As JSON it has
${(json.body.length / 1e6).toFixed(1)} MB, as safetensors ${(frame.body.length / 1e6).toFixed(1)}. One gateway and one worker process, input and output checked, metrics, an access log to a
file; one caller on a kept connection.

${rounds} rounds of ${requests} requests in JSON and ${requests * frame.times} in safetensors for each line, in turns. CPU is user and system time of the
server's whole process tree. Ratios are formed within a round. Shown are medians and, in brackets, quartiles over the rounds.
`;
  return { text, data: { rows } };
}
