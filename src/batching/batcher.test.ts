import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNobodyStarves, checkTraffic } from './batcher.fixture.ts';
import { type Batcher, createBatcher, type Request } from './batcher.ts';
import { type Arrival, simulate } from './simulate.ts';

const near = (seen: number, wanted: number) => assert.ok(Math.abs(seen - wanted) < 0.01, `${seen} is not ${wanted}`);
const lineMs = (items: number) => 5 + 0.1 * items;

function request(value: string, rest: Partial<Request<string>> = {}): Request<string> {
  return { value, items: 1, expiresAtMs: 60_000, priority: 0, kind: '', bucket: 0, ...rest };
}

/** A batcher that knows what batches cost. */
function createTaught({ maxBatchSize = 8, maxWaitMs = 0, buckets = [lineMs] } = {}): Batcher<string> {
  const batcher = createBatcher<string>({ maxBatchSize, maxWaitMs });
  for (const [bucket, runMs] of buckets.entries()) {
    for (let batch = 0; batch < 250; batch++) {
      const size = 1 + ((batch * 7) % maxBatchSize);
      batcher.costOf(bucket).learn(size, runMs(size));
    }
  }
  return batcher;
}

/** Takes the next batch; gives who is in it, in order. */
function take(batcher: Batcher<string>, nowMs: number): readonly string[] {
  const next = batcher.next(nowMs);
  assert.equal(next.kind, 'batch');
  batcher.ended(next.batch, undefined, nowMs);
  return next.batch.pieces.map(({ entry }) => entry.value);
}

test('whatever comes: in order, in batches that are not too large, each answered once, nothing sent in vain', () => {
  checkTraffic(100);
});

test('who has time, and is of another kind, bucket or priority than a flood, is answered in time amid it', () => {
  checkNobodyStarves(30);
});

test('those who come together amid a flood begin in time for the turns that all of them need', () => {
  const flood = Array.from({ length: 1000 }, (_, at): Arrival => {
    const atMs = (at * lineMs(4)) / 6; // half as many again as can be done
    return { atMs, items: 1, expiresAtMs: atMs + 40, priority: 0, kind: '', bucket: 0 };
  });
  const guests = [1, 12, 1].map((items, at): Arrival => {
    return { atMs: 0, items, expiresAtMs: 800, priority: 0, kind: `rare ${at}`, bucket: 0 };
  });
  const batcher = createBatcher<Arrival>({ maxBatchSize: 4, maxWaitMs: 0 });
  for (let size = 1; size <= 4; size++) batcher.costOf(0).learn(size, lineMs(size));
  const arrivals = [...guests, ...flood];
  const { outcomes } = simulate(batcher, { arrivals, slots: 1, runMs: lineMs, gatewayMs: 0, endMs: 1200 });
  const kinds = guests.map((guest) => outcomes.find(({ arrival }) => arrival === guest)?.kind);
  assert.deepEqual(kinds, ['answered', 'answered', 'answered']);
});

test('a lone request is sent at once, by a batcher that knows nothing as by one that does', () => {
  for (const batcher of [createBatcher<string>({ maxBatchSize: 8, maxWaitMs: 0 }), createTaught()]) {
    batcher.add(request('one'), 0);
    assert.deepEqual(take(batcher, 0), ['one']);
    assert.equal(batcher.next(0).kind, 'nothing');
  }
});

test('the nearest deadline goes first, and those of one deadline as they came', () => {
  const batcher = createTaught({ maxBatchSize: 2 });
  for (const [value, expiresAtMs] of [['a', 900], ['b', 900], ['c', 500], ['d', 900], ['e', 500]] as const) {
    batcher.add(request(value, { expiresAtMs }), 0);
  } // biome-ignore format: a list
  assert.deepEqual([take(batcher, 0), take(batcher, 0), take(batcher, 0)], [['c', 'e'], ['a', 'b'], ['d']]);
});

test('a higher priority goes first, takes lower ones along, and leaves them one turn in nine', () => {
  const batcher = createTaught({ maxBatchSize: 2 });
  batcher.add(request('low', { expiresAtMs: 30_000 }), 0);
  for (let turn = 0; turn < 20; turn++) {
    for (const value of ['high', 'high']) batcher.add(request(value, { priority: 1 }), turn);
    if (take(batcher, turn).includes('low')) {
      assert.equal(turn, 8);
      batcher.add(request('low along', { expiresAtMs: 50_000 }), turn);
      return assert.deepEqual(take(batcher, turn), ['high', 'low along']);
    }
  }
  assert.fail('the one of low priority never got a turn');
});

test('what differs in its kind never goes together', () => {
  const batcher = createTaught();
  batcher.add(request('a', { kind: 'x' }), 0);
  batcher.add(request('b', { kind: 'y' }), 0);
  batcher.add(request('c', { kind: 'x' }), 0);
  assert.deepEqual([take(batcher, 0), take(batcher, 0)], [['a', 'c'], ['b']]);
});

test('a huge request goes in pieces, between which those who came meanwhile have their turn', () => {
  const batcher = createTaught({ maxBatchSize: 8 });
  batcher.add(request('huge', { items: 800, expiresAtMs: 30_000 }), 0);
  let nowMs = 0;
  const turns: string[] = [];
  for (let turn = 0; turn < 30; turn++) {
    batcher.add(request(`small ${turn}`, { expiresAtMs: nowMs + 30_000 }), nowMs);
    turns.push(...take(batcher, nowMs));
    nowMs += lineMs(8);
  }
  const smalls = turns.filter((value) => value !== 'huge').length;
  assert.ok(smalls >= 28, `${smalls} of 30 small ones were served beside it`);
});

test('one who leaves is never sent, nor are the rest of its items', () => {
  const batcher = createTaught({ maxBatchSize: 4 });
  const gone = batcher.add(request('gone'), 0);
  const large = batcher.add(request('large', { items: 6 }), 0);
  assert.equal(batcher.leave(gone), true);
  assert.equal(batcher.leave(gone), false);
  assert.deepEqual(take(batcher, 0), ['large']);
  assert.equal(batcher.leave(large), true);
  assert.deepEqual([batcher.next(0).kind, batcher.items], ['nothing', 0]);
});

test('who would be late over a batch that is too large goes in a smaller one', () => {
  const batcher = createTaught({ buckets: [(items) => 10 + items] });
  batcher.add(request('urgent', { expiresAtMs: 13.5 }), 0);
  for (const value of ['a', 'b', 'c', 'd', 'e']) batcher.add(request(value, { expiresAtMs: 100 }), 0);
  assert.deepEqual(take(batcher, 0).length, 3);
});

test('those who are late anyway are given back instead of making others late', () => {
  const batcher = createTaught({ buckets: [(items) => 10 + items] });
  batcher.add(request('late', { expiresAtMs: 9 }), 0);
  for (let one = 0; one < 8; one++) batcher.add(request(`in time ${one}`, { expiresAtMs: 18.5 }), 0);
  const next = batcher.next(0);
  assert.deepEqual([next.doomed, next.kind === 'batch' && next.batch.items], [['late'], 8]);
  assert.equal(batcher.items, 0);
});

test('one who is alone may try, however long its like have run', () => {
  const batcher = createTaught({ buckets: [() => 500] });
  const own = { items: 1, expiresAtMs: 100, priority: 0, kind: '', bucket: 0 };
  assert.equal(batcher.predictAnswerMs(own, 0), 0);
  batcher.add(request('hopeful', own), 0);
  assert.deepEqual(take(batcher, 0), ['hopeful']);
});

test('nobody whose time is up is sent', () => {
  const batcher = createTaught();
  batcher.add(request('over', { expiresAtMs: 10 }), 0);
  assert.deepEqual(batcher.next(10), { kind: 'nothing', doomed: ['over'] });
});

test('the door is told of what runs, what waits before it, and what it takes itself', () => {
  const batcher = createTaught({ buckets: [(items) => 10 + items] });
  const own = { items: 1, expiresAtMs: 1000, priority: 0, kind: '', bucket: 0 };
  batcher.add(request('running', { items: 8 }), 0);
  const running = batcher.next(0);
  near(batcher.predictAnswerMs(own, 8), 10 + 11); // ten are left of eighteen
  batcher.add(request('before', { items: 16, expiresAtMs: 900 }), 8);
  batcher.add(request('after', { items: 16, expiresAtMs: 1100 }), 8);
  batcher.add(request('of another kind', { expiresAtMs: 900, kind: 'x' }), 8);
  near(batcher.predictAnswerMs(own, 8), 10 + 2 * 18 + 11 + 18);
  near(batcher.predictAnswerMs({ ...own, priority: 1 }, 8), 10 + 11);
  batcher.slots = 2;
  near(batcher.predictAnswerMs(own, 8), (10 + 2 * 18 + 11) / 2 + 18);
  if (running.kind === 'batch') batcher.ended(running.batch, 18, 18);
  near(batcher.predictAnswerMs({ ...own, priority: 1 }, 18), 11);
});

test('a batch that runs for longer than it should is expected to do so for as long again', () => {
  const batcher = createTaught({ buckets: [() => 10] });
  batcher.add(request('hanging'), 0);
  batcher.next(0);
  const own = { items: 1, expiresAtMs: 1000, priority: 0, kind: '', bucket: 0 };
  near(batcher.predictAnswerMs(own, 60), 50 + 10);
});

test('short ones go along with long ones where that costs less than a batch of their own', () => {
  const short = (items: number) => 5 + 0.1 * items;
  const long = (items: number) => 5 + items;
  const batcher = createTaught({ buckets: [short, long] });
  const batchOf = (shorts: number, longs: number, longsExpireAtMs: number) => {
    for (let one = 0; one < shorts; one++) batcher.add(request('short', { expiresAtMs: 500 }), 0);
    for (let one = 0; one < longs; one++) {
      batcher.add(request('long', { bucket: 1, expiresAtMs: longsExpireAtMs }), 0);
    }
    const next = batcher.next(0);
    assert.equal(next.kind, 'batch');
    batcher.ended(next.batch, undefined, 0);
    return [next.batch.bucket, next.batch.items, batcher.items];
  };
  assert.deepEqual(batchOf(2, 2, 400), [1, 4, 0]); // long ones are more urgent, and take the short ones along
  assert.deepEqual(batchOf(2, 2, 600), [1, 4, 0]); // short ones are, and go up
  assert.deepEqual(batchOf(6, 1, 600), [0, 6, 1]); // six would pay 0.9 ms more each, to save one launch of 5 ms
});

test('callers who come back at once are waited for, as long as that saves a launch', () => {
  const batcher = createTaught();
  let nowMs = 0;
  for (let round = 0; round < 20; round++) {
    for (const value of ['a', 'b', 'c', 'd']) batcher.add(request(value, { expiresAtMs: nowMs + 1000 }), nowMs);
    const next = batcher.next(nowMs);
    assert.equal(next.kind, 'batch');
    nowMs += next.batch.predictedMs;
    batcher.ended(next.batch, next.batch.predictedMs, nowMs);
    nowMs += 0.3;
  }
  batcher.add(request('a', { expiresAtMs: nowMs + 1000 }), nowMs);
  assert.equal(batcher.next(nowMs).kind, 'wait');
  for (const value of ['b', 'c', 'd']) batcher.add(request(value, { expiresAtMs: nowMs + 1000 }), nowMs);
  const all = batcher.next(nowMs);
  assert.deepEqual(all.kind === 'batch' && [all.batch.items, all.batch.reason], [4, 'waited']);
  if (all.kind === 'batch') batcher.ended(all.batch, undefined, nowMs + 5);
  batcher.add(request('after a while', { expiresAtMs: nowMs + 1000 }), nowMs + 100);
  const lone = batcher.next(nowMs + 100);
  assert.deepEqual(lone.kind === 'batch' && [lone.batch.items, lone.batch.reason], [1, 'idle']);
});

test('an author who says so has requests wait, but never until they are late', () => {
  const batcher = createTaught({ maxWaitMs: 20 });
  batcher.add(request('patient'), 0);
  assert.deepEqual(batcher.next(5), { kind: 'wait', untilMs: 20, doomed: [] });
  batcher.add(request('urgent', { expiresAtMs: 18 }), 5);
  const waiting = batcher.next(5);
  assert.ok(waiting.kind === 'wait' && waiting.untilMs < 18 - lineMs(2) + 0.1);
  assert.deepEqual(take(batcher, waiting.untilMs), ['urgent', 'patient']);
});

test('whom an author has gather are not scattered over the workers that are free', () => {
  const batcher = createTaught({ maxWaitMs: 20, maxBatchSize: 4 });
  batcher.slots = 4;
  for (const value of ['a', 'b', 'c', 'd']) batcher.add(request(value), 0);
  assert.deepEqual(take(batcher, 0), ['a', 'b', 'c', 'd']);
  for (const value of ['e', 'f']) batcher.add(request(value), 0);
  assert.equal(batcher.next(0).kind, 'wait');
  assert.deepEqual(take(batcher, 20), ['e', 'f']);
});

test('workers that are free at the same time share who waits', () => {
  const batcher = createTaught();
  batcher.slots = 3;
  for (const value of ['a', 'b', 'c', 'd', 'e']) batcher.add(request(value), 0);
  const sizes = Array.from({ length: 3 }, () => {
    const next = batcher.next(0);
    return next.kind === 'batch' && next.batch.items;
  });
  assert.deepEqual(sizes, [2, 2, 1]);
});

test('where one lane waits another one is served', () => {
  const batcher = createTaught({ maxWaitMs: 20, maxBatchSize: 2 });
  batcher.add(request('waits'), 0);
  for (const value of ['x', 'y']) batcher.add(request(value, { kind: 'other', expiresAtMs: 70_000 }), 0);
  assert.deepEqual(take(batcher, 0), ['x', 'y']);
});

/** Runs requests of so many items one after the other, each with a second; gives how each ended, and the batches. */
function runLarge(batcher: Batcher<Arrival>, sizes: readonly number[], runMs: () => number) {
  const arrivals = sizes.map((items, at): Arrival => {
    const atMs = 2000 * at;
    return { atMs, items, expiresAtMs: atMs + 1000, priority: 0, kind: '', bucket: 0 };
  });
  const run = simulate(batcher, { arrivals, slots: 1, runMs, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY });
  return { kinds: run.outcomes.map(({ kind }) => kind), batches: run.batches.length };
}

test('of a large request that cannot be done in its time no more runs than it takes to know that', () => {
  const batcher = createBatcher<Arrival>({ maxBatchSize: 8, maxWaitMs: 0 });
  const { kinds, batches } = runLarge(batcher, [8 * 90, 8000, 8000], () => 10);
  assert.deepEqual([kinds, batches], [['answered', 'refused', 'refused'], 92]);
});

test('a large request is not given up for what the first batches of a model take', () => {
  const batcher = createBatcher<Arrival>({ maxBatchSize: 8, maxWaitMs: 0 });
  let batch = 0;
  const { kinds } = runLarge(batcher, [80], () => (batch++ === 0 ? 500 : 10));
  assert.deepEqual(kinds, ['answered']);
});

test('a request without items is refused, since no batch would ever hold it', () => {
  assert.throws(() => createTaught().add(request('empty', { items: 0 }), 0), /answer it without/);
});
