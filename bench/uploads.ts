/** Measures how fast files are uploaded, and how much memory they cost meanwhile, beside a server that only writes them. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchOptions, BenchReport } from './bench.ts';
import { type Server, startServer } from './http-overhead/children.ts';
import { startBento } from './start-bento.ts';
import { formatSpread, toSpread } from './statistics.ts';

export const question = 'How fast are files uploaded, and what memory do they take?';

interface Plan {
  readonly rounds: number;
  readonly fileMebibytes: number;
  /** How many at once. */
  readonly parallel: readonly number[];
}

const fullPlan: Plan = { rounds: 7, fileMebibytes: 100, parallel: [1, 50] };
const quickPlan: Plan = { rounds: 2, fileMebibytes: 16, parallel: [1, 8] };

const mebibyte = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024, 'file');
const head = Buffer.from(
  '--boundary-of-the-bench\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
);
const tail = Buffer.from('\r\n--boundary-of-the-bench--\r\n');
const lookEveryMs = 20;

/** One server, one round. */
interface Sample {
  readonly mebibytesPerSecond: number;
  /** How much more memory its first process held at most than before, for each upload. */
  readonly mebibytesEach: number;
}

interface Candidate {
  readonly name: string;
  readonly server: Server;
  readonly samples: Map<number, Sample[]>;
}

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const plan = isQuick ? quickPlan : fullPlan;
  const logs = mkdtempSync(join(tmpdir(), 'bentots-bench-'));
  try {
    await using running = new AsyncDisposableStack();
    const candidates: Candidate[] = [];
    const here = join(import.meta.dirname, 'uploads');
    const [service, logFile] = [join(here, 'service.ts'), join(logs, 'own.log')];
    for (const [name, start] of [
      ['a sink', () => startServer(join(here, 'sink-server.ts'), join(logs, 'sink.log'))],
      ['bentots', () => startBento({ service, flags: ['--log-format', 'json'], logFile })],
    ] as const) {
      const server = running.use(await start());
      candidates.push({ name, server, samples: new Map(plan.parallel.map((count) => [count, []])) });
      await upload(server, plan.fileMebibytes); // code is compiled, folders are made
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const count of plan.parallel) {
        for (const { server, samples } of round % 2 === 0 ? candidates : candidates.toReversed()) {
          samples.get(count)?.push(await measure(server, count, plan.fileMebibytes));
        }
      }
    }
    return report(plan, candidates);
  } finally {
    rmSync(logs, { recursive: true, force: true });
  }
}

async function measure(server: Server, count: number, mebibytes: number): Promise<Sample> {
  const before = residentMebibytes(server.pid);
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentMebibytes(server.pid));
  }, lookEveryMs);
  const beganMs = performance.now();
  await Promise.all(Array.from({ length: count }, () => upload(server, mebibytes)));
  const seconds = (performance.now() - beganMs) / 1000;
  clearInterval(watch);
  return { mebibytesPerSecond: (count * mebibytes) / seconds, mebibytesEach: (peak - before) / count };
}

/** One form with one file, sent as fast as it is taken. */
async function upload({ port }: Server, mebibytes: number): Promise<void> {
  const bytes = mebibytes * mebibyte;
  const sent = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/size',
    headers: {
      'content-type': 'multipart/form-data; boundary=boundary-of-the-bench',
      'content-length': head.length + bytes + tail.length,
    },
  });
  const answered = once(sent, 'response');
  answered.catch(() => {}); // waited for below
  sent.write(head);
  for (let left = bytes; left > 0; left -= piece.length) if (!sent.write(piece)) await once(sent, 'drain');
  sent.end(tail);
  const [response] = await answered;
  response.resume();
  await once(response, 'end');
  if (response.statusCode !== 200) throw new Error(`an upload was answered ${response.statusCode}`);
}

function residentMebibytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function report(plan: Plan, candidates: readonly Candidate[]): BenchReport {
  const [sink, bentots] = candidates as readonly [Candidate, Candidate];
  const of = ({ samples }: Candidate, count: number) => samples.get(count) ?? [];
  const rows = plan.parallel.map((count) => {
    const ratios = of(bentots, count).map(
      ({ mebibytesPerSecond }, at) => mebibytesPerSecond / (of(sink, count)[at]?.mebibytesPerSecond ?? Number.NaN),
    );
    const speed = (one: Candidate) => toSpread(of(one, count).map(({ mebibytesPerSecond }) => mebibytesPerSecond));
    const memory = (one: Candidate) => toSpread(of(one, count).map(({ mebibytesEach }) => mebibytesEach));
    return { count, sink: speed(sink), bentots: speed(bentots), ratio: toSpread(ratios), memory: memory(bentots) };
  });
  const table = rows.map(
    (row) =>
      `| ${row.count} | ${formatSpread(row.sink, 0)} | ${formatSpread(row.bentots, 0)} | ${formatSpread(row.ratio, 2)} | ${formatSpread(row.memory, 2)} |`,
  );
  const text = `Forms with one file of ${plan.fileMebibytes} MiB each, to a sink on \`node:http\` that writes what comes to a file, and to
bentots, which takes the form apart, writes the file, and has a worker ask for its size. ${plan.rounds} rounds, in turns; medians with
quartiles. Memory is what the gateway held more at most than before the uploads, for each of them.

| at once | sink, MiB/s | bentots, MiB/s | ratio | gateway, MiB each |
| --- | --- | --- | --- | --- |
${table.join('\n')}
`;
  return { text, data: { plan, rows } };
}
