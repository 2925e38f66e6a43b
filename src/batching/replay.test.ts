import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatcher } from './batcher.ts';
import { type DecisionLine, parseDecisionLine } from './decision-line.ts';
import { createHistoryReader, type History } from './history.ts';
import { replay, summarizeHistory } from './replay.ts';
import { type Arrival, type Run, simulate } from './simulate.ts';

const lineMs = (items: number) => 5 + 0.1 * items;

/** Traffic with large requests, callers who go away, and more than can be done; its log, and what really happened. */
function record(): { readonly run: Run; readonly lines: readonly DecisionLine[]; readonly history: History } {
  const arrivals = Array.from({ length: 3000 }, (_, at): Arrival => {
    const atMs = at * 0.25 + (at % 7) * 0.1;
    const leaves = at % 50 === 3 ? { leavesAtMs: atMs + 2 } : {};
    const items = at % 40 === 0 ? 90 : 1;
    return {
      atMs,
      items,
      expiresAtMs: atMs + 60,
      priority: at % 2,
      kind: at % 90 === 0 ? 'b' : 'a',
      bucket: 0,
      ...leaves,
    };
  });
  const lines: DecisionLine[] = [];
  const onDecision = (line: DecisionLine) => lines.push(parseDecisionLine(JSON.stringify(line)));
  const batcher = createBatcher<Arrival>({ maxBatchSize: 16, maxWaitMs: 0, onDecision });
  const world = { arrivals, slots: 2, runMs: lineMs, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY };
  const run = simulate(batcher, world);
  const reader = createHistoryReader();
  for (const line of lines) reader.add(line);
  return { run, lines, history: reader.history };
}

test('a log tells what happened to everyone', () => {
  const { run, history } = record();
  const count = (outcomes: Run['outcomes'], kind: string) => outcomes.filter((one) => one.kind === kind).length;
  for (const kind of ['answered', 'refused', 'expired', 'left']) {
    assert.equal(count(history.outcomes, kind), count(run.outcomes, kind), kind);
  }
  assert.equal(
    history.arrivals.filter(({ leavesAtMs }) => leavesAtMs !== undefined).length,
    count(run.outcomes, 'left'),
  );
  assert.ok(count(run.outcomes, 'refused') > 50 && count(run.outcomes, 'left') > 10 && history.slots === 2);
  const latest = (outcomes: Run['outcomes']) => Math.max(...outcomes.map(({ atMs, arrival }) => atMs - arrival.atMs));
  assert.ok(Math.abs(latest(history.outcomes) - latest(run.outcomes)) < 1e-6);
  assert.deepEqual(
    history.batches.map(({ items, ranMs }) => [items, ranMs]),
    run.batches.map(({ batch, ranMs }) => [batch.items, ranMs]),
  );
});

test('one who was given up is told of as refused', () => {
  const reader = createHistoryReader();
  const batcher = createBatcher<string>({ maxBatchSize: 8, maxWaitMs: 0, onDecision: (line) => reader.add(line) });
  batcher.add({ value: '', items: 1, expiresAtMs: 10, priority: 0, kind: '', bucket: 0 }, 3);
  assert.deepEqual(batcher.next(11).doomed, ['']);
  assert.deepEqual(
    reader.history.outcomes.map(({ kind, atMs }) => [kind, atMs]),
    [['refused', 11]],
  );
});

test('batches of a size that has run take as long as they did, whatever those of other sizes took', () => {
  const reader = createHistoryReader();
  const tookMs = new Map([[1, 10], [4, 1], [8, 10]]); // biome-ignore format: pairs
  let number = 0;
  for (let atMs = 0; atMs < 3000; atMs += 100) {
    const items = [1, 4, 8][number % 3] as number;
    const facts = { items, forMs: 1000, priority: 0, kindHash: 0, bucket: 0 };
    reader.add({ event: 'arrival', atMs, id: number, ...facts });
    const sent = { pieces: [[number, items] as const], reason: 'idle' as const, bucket: 0, slots: 1, predictedMs: 0 };
    reader.add({ event: 'batch', atMs, number, ...sent });
    const ranMs = tookMs.get(items) as number;
    reader.add({ event: 'end', atMs: atMs + ranMs, number: number++, ranMs });
  }
  const { meanMs, p50Ms } = replay(reader.history, { maxBatchSize: 8 });
  assert.deepEqual([p50Ms, Math.round(meanMs)], [10, 7]);
});

test('what is replayed with nothing changed goes as it went', () => {
  const { history } = record();
  const was = summarizeHistory(history);
  const again = replay(history, {});
  assert.equal(again.requests, was.requests);
  assert.ok(
    Math.abs(again.answered - was.answered) < 0.03 * was.answered,
    `${again.answered} instead of ${was.answered}`,
  );
  assert.ok(Math.abs(again.p50Ms - was.p50Ms) < 0.15 * was.p50Ms, `${again.p50Ms} instead of ${was.p50Ms} ms`);
});

test('larger batches, more workers, or more patience would have got more done', () => {
  const { history } = record();
  const was = replay(history, {});
  for (const changes of [{ maxBatchSize: 64 }, { slots: 4 }, { maxLatencyMs: 5000 }]) {
    const { itemsPerSecond } = replay(history, changes);
    assert.ok(itemsPerSecond > 1.05 * was.itemsPerSecond, `${JSON.stringify(changes)}: ${itemsPerSecond}`);
  }
  assert.ok(replay(history, { maxBatchSize: 1 }).itemsPerSecond < was.itemsPerSecond / 2);
});

test('a log that begins in the middle, or is of two batchers, is read as far as it can be', () => {
  const { lines } = record();
  const reader = createHistoryReader();
  for (const line of lines.slice(lines.length / 2)) reader.add(line);
  const half = reader.history.outcomes.length;
  assert.ok(half > 1000 && half < 2000);
  for (const line of lines) reader.add(line);
  assert.ok(reader.history.outcomes.length > half + 2900);
});

test('a log in which no batch has ended cannot be replayed', () => {
  const reader = createHistoryReader();
  reader.add({ event: 'start', maxBatchSize: 8, maxWaitMs: 0 });
  assert.throws(() => replay(reader.history, {}), /no batch has ended/);
});

test('a line that is none is told apart, and what is wrong with it', () => {
  const wrong: readonly [string, RegExp][] = [
    ['{', /no JSON$/],
    ['[]', /no JSON object/],
    ['{"event":"toString"}', /its event is "toString", which is none of start, arrival/],
    ['{"event":"end","atMs":"1","number":1}', /its atMs is "1", but must be a number/],
    ['{"event":"end","atMs":1,"number":1,"ranMs":null}', /its ranMs must be a number/],
    ['{"event":"batch","atMs":1,"number":1,"bucket":0,"slots":1,"predictedMs":1,"pieces":[1]}', /its pieces must be/],
  ];
  for (const [text, problem] of wrong) assert.throws(() => parseDecisionLine(text), problem, text);
});
