/** Workers that die, reloads, and stops while batches run and others wait: each request is answered once. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { createNote, type Note, type Started, start } from './start.ts';

interface Answer {
  readonly rows: readonly number[];
  readonly status: number;
  readonly text: string;
}

const options = { workers: 2 };
const slots = 4; // of two workers, with two each

/** Requests of one row each, and one whose rows do not fit into one batch. */
const requests = [...Array.from({ length: 24 }, (_, row) => [row]), [100, 101, 102, 103, 104, 105]];

/** Sends all of them, and waits until as many batches run as may, and all others wait. */
async function crowd(server: Started, note: Note): Promise<readonly Promise<Answer>[]> {
  const gate = `${note.path}.gate`;
  const answers = requests.map(async (rows): Promise<Answer> => {
    const response = await server.post('/addOne', { rows, note: note.path, gate });
    return { rows, status: response.status, text: await response.text() };
  });
  await note.until(new RegExp(`(?:.+\\n){${slots}}`));
  while ((await countCalls(server)) < requests.length);
  return answers;
}

/** Calls that wait or run; one of which a part runs waits. */
async function countCalls(server: Started): Promise<number> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const counts = [...metrics.matchAll(/_(?:queue_depth|running_calls)\{[^}]*method="addOne"[^}]*\} (\d+)/g)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

const open = (note: Note) => writeFileSync(`${note.path}.gate`, '');

/** Which process ran which rows, batch by batch. */
function readBatches(note: Note): readonly { readonly pid: number; readonly rows: readonly number[] }[] {
  const lines = note.text().trimEnd().split('\n');
  return lines.map((line) => {
    const [pid, rows = ''] = line.split(' ');
    return { pid: Number(pid), rows: rows.split(',').map(Number) };
  });
}

function assertRanOnce(note: Note): void {
  const rows = readBatches(note).flatMap((batch) => batch.rows);
  assert.equal(new Set(rows).size, rows.length, `rows ran twice: ${rows}`);
}

function assertAllAnswered(answers: readonly Answer[]): void {
  for (const { rows, status, text } of answers) {
    assert.deepEqual([status, text], [200, JSON.stringify(rows.map((row) => row + 1))]);
  }
}

test('a worker that is killed with two batches in it fails those, once, and whoever waits is answered by others', async () => {
  await using server = await start('batched-faults', options);
  using note = createNote();
  const answers = await crowd(server, note);
  const victim = readBatches(note)[0]?.pid as number; // some have begun
  const lost = new Set(readBatches(note).flatMap(({ pid, rows }) => (pid === victim ? rows : [])));
  process.kill(victim, 'SIGKILL');
  await note.until(new RegExp(`(?:.+\\n){${slots + 1}}`)); // its successor has begun
  open(note);
  for (const { rows, status, text } of await Promise.all(answers)) {
    if (rows.some((row) => lost.has(row)))
      assert.deepEqual([status, JSON.parse(text).code, rows], [503, 'WORKER_LOST', rows]);
    else assert.deepEqual([status, text], [200, JSON.stringify(rows.map((row) => row + 1))]);
  }
  assertRanOnce(note);
  assert.equal(await countCalls(server), 0);
});

test('streams of a batch whose worker is killed end with an error, each of them, and the others go on', async () => {
  await using server = await start('batched-faults', options);
  using note = createNote();
  const gate = `${note.path}.gate`;
  const texts = Array.from({ length: 8 }, async (_, row) => {
    const init = { headers: { accept: 'text/event-stream' } };
    return (await server.post('/tell', { rows: [row], note: note.path, gate }, init)).text();
  });
  await note.until(/(?:.+\n){2}/); // two batches of four
  const victim = readBatches(note)[0]?.pid;
  const lost = new Set(readBatches(note).flatMap(({ pid, rows }) => (pid === victim ? rows : [])));
  process.kill(victim as number, 'SIGKILL');
  await server.line(({ message, pid }) => message.includes(' ended after ') && pid === victim);
  open(note);
  for (const [row, text] of (await Promise.all(texts)).entries()) {
    if (lost.has(row)) assert.match(text, new RegExp(`^data: ${row}\\n\\nevent: error\\n.*WORKER_LOST.*\\n\\n$`, 's'));
    else assert.equal(text, `data: ${row}\n\ndata: ${row + 1}\n\nevent: end\ndata: null\n\n`);
  }
  assertRanOnce(note);
});

test('a reload fails no request of a batch, be it running or waiting, and none runs twice', async () => {
  await using server = await start('batched-faults', options);
  using note = createNote();
  const answers = await crowd(server, note);
  const before = new Set(readBatches(note).map(({ pid }) => `up: ${pid}`));
  const reload = server.server.reload();
  await server.line(({ message }) => message.startsWith('up: ') && !before.has(message)); // a new worker, while the old ones are busy
  open(note);
  assertAllAnswered(await Promise.all(answers));
  await reload;
  assertRanOnce(note);
});

test('a stop lets the batches that run end, and those who wait be answered', async () => {
  const server = await start('batched-faults', options);
  using note = createNote();
  const answers = await crowd(server, note);
  const stop = server.server.stop();
  open(note);
  assertAllAnswered(await Promise.all(answers));
  await stop;
  assertRanOnce(note);
});
