/** `bento batching replay` on the command line. */
import assert from 'node:assert/strict';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createBatcher } from '../src/batching/batcher.ts';
import { type Arrival, simulate } from '../src/batching/simulate.ts';
import { bento } from './bento.ts';

/** A log of a method that could do 100 batches of one a second, and was asked for 190. */
function writeLog(file: string, method?: string): void {
  const lines: string[] = [];
  const batcher = createBatcher<Arrival>({
    maxBatchSize: 1,
    maxWaitMs: 0,
    onDecision: (line) => lines.push(JSON.stringify({ ...(method === undefined ? {} : { method }), ...line })),
  });
  const arrivals = Array.from({ length: 500 }, (_, at): Arrival => {
    const atMs = at * 5.25;
    return { atMs, items: 1, expiresAtMs: atMs + 100, priority: 0, kind: '', bucket: 0 };
  });
  simulate(batcher, { arrivals, slots: 1, runMs: () => 10, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY });
  writeFileSync(file, `${lines.join('\n')}\n`, { flag: 'a' });
}

async function run(...args: readonly string[]) {
  await using running = bento(['batching', 'replay', ...args]);
  return await running.finished;
}

test('a log is replayed with other limits, for people and for programs', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'bentots-'));
  const log = join(folder.path, 'decisions.ndjson');
  writeLog(log, 'embed');
  const { end, stdout } = await run(log, '--max-batch-size', '8');
  assert.equal(end, 0);
  const [heads = '', ...lines] = stdout.trimEnd().split('\n');
  assert.match(heads, /^Method +Requests +Answered +Refused +Late/);
  assert.deepEqual(
    lines.map((line) => line.split(/ {2,}/).slice(0, 3)),
    [['embed', 'as it was', '500'], ['embed', 'replayed', '500'], ['embed', 'what if', '500']],
  ); // biome-ignore format: a table
  const [asItWas, , whatIf] = JSON.parse((await run(log, '--max-batch-size', '8', '-o', 'json')).stdout);
  assert.ok(asItWas.refused > 150, `${asItWas.refused} were refused`);
  assert.deepEqual([whatIf.of, whatIf.refused], ['what if', 0]);
  assert.equal(JSON.parse((await run(log, '-o', 'json')).stdout).length, 2);
});

test('a log of several methods is told apart by them', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'bentots-'));
  const log = join(folder.path, 'decisions.ndjson');
  writeLog(log, 'embed');
  writeLog(log, 'classify');
  const answers = JSON.parse((await run(log, '-o', 'json', '--method', 'classify')).stdout);
  assert.deepEqual(new Set(answers.map(({ method }: { method: string }) => method)), new Set(['classify']));
  const { end, stderr } = await run(log, '--method', 'other');
  assert.equal(end, 1);
  assert.match(stderr, /without a method other; it has embed, classify/);
});

test('a method of which no batch has ended is left out, and told of, where others have some', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'bentots-'));
  const log = join(folder.path, 'decisions.ndjson');
  writeLog(log, 'embed');
  const begun = [
    { event: 'start', maxBatchSize: 8, maxWaitMs: 0 },
    { event: 'arrival', atMs: 1, id: 0, items: 1, forMs: 100, priority: 0, kindHash: 0, bucket: 0 },
  ];
  const lines = begun.map((line) => `${JSON.stringify({ method: 'classify', ...line })}\n`);
  writeFileSync(log, lines.join(''), { flag: 'a' });
  const { end, stdout, stderr } = await run(log, '-o', 'json');
  const methods = JSON.parse(stdout).map(({ method }: { method: string }) => method);
  assert.deepEqual([end, methods], [0, ['embed', 'embed']]);
  assert.match(stderr, /classify is left out: no batch of it has ended/);
  assert.match((await run(log, '--method', 'classify')).stderr, /no batch has ended in it/);
});

test('what is no log is refused with what is wrong, and where', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'bentots-'));
  const log = join(folder.path, 'decisions.ndjson');
  assert.match((await run(log)).stderr, /ENOENT/);
  writeFileSync(log, '');
  assert.match((await run(log)).stderr, /decisions\.ndjson, empty, but must be a log of decisions/);
  writeFileSync(log, '{"event":"start","maxBatchSize":8,"maxWaitMs":0}\n{"event":"start"}\n');
  assert.match((await run(log)).stderr, /in line 2: its maxBatchSize is missing, but must be a number/);
  writeFileSync(log, '{"event":"start","maxBatchSize":8,"maxWaitMs":0}\n');
  assert.match((await run(log)).stderr, /no batch has ended in it/);
  assert.equal((await run(log, '--max-batch-size', '0')).end, 2);
});
