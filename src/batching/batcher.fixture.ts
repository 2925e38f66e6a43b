/** Random traffic for a batcher, and what must hold of whatever came out. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createBatcher } from './batcher.ts';
import { type Arrival, type Run, simulate } from './simulate.ts';

const lineMs = (items: number) => 5 + 0.1 * items;

/** Traffic of all sorts: requests large and small, of several kinds, some of whose callers go away. */
const traffic = fc.record({
  maxBatchSize: fc.integer({ min: 1, max: 40 }),
  slots: fc.integer({ min: 1, max: 3 }),
  maxWaitMs: fc.constantFrom(0, 0, 3),
  requests: fc.array(
    fc.record({
      gapMs: fc.constantFrom(0, 0, 0.1, 1, 5, 60),
      items: fc.oneof(fc.constant(1), fc.constant(1), fc.integer({ min: 1, max: 120 })),
      timeMs: fc.constantFrom(8, 40, 40, 40, 500, 60_000),
      priority: fc.constantFrom(0, 0, 0, 1, 2),
      kind: fc.constantFrom('', '', 'other'),
      bucket: fc.constantFrom(0, 0, 1),
      staysMs: fc.constantFrom(undefined, undefined, undefined, 0.05, 7),
    }),
    { minLength: 1, maxLength: 120 },
  ),
});

/** Runs so many of them, each from its seed, and checks each. */
export function checkTraffic(runs: number): void {
  const property = fc.property(traffic, ({ maxBatchSize, slots, maxWaitMs, requests }) => {
    let nowMs = 0;
    const arrivals = requests.map(({ gapMs, timeMs, staysMs, ...rest }): Arrival => {
      nowMs += gapMs;
      const leaves = staysMs === undefined ? {} : { leavesAtMs: nowMs + staysMs };
      return { ...rest, ...leaves, atMs: nowMs, expiresAtMs: nowMs + timeMs };
    });
    const batcher = createBatcher<Arrival>({ maxBatchSize, maxWaitMs });
    const world = { arrivals, slots, runMs: lineMs, gatewayMs: 0, endMs: Number.POSITIVE_INFINITY };
    const run = simulate(batcher, world);
    assert.equal(batcher.items, 0, 'nobody is left behind');
    checkAnswers(run, arrivals);
    checkBatches(run, maxBatchSize);
    checkOrder(run);
    checkUrgency(run);
  });
  fc.assert(property, { numRuns: runs, seed: 1 });
}

/** Each has one answer, and only what was sent whole is answered. */
function checkAnswers({ outcomes, batches }: Run, arrivals: readonly Arrival[]): void {
  assert.equal(outcomes.length, arrivals.length);
  assert.equal(new Set(outcomes.map(({ arrival }) => arrival)).size, arrivals.length);
  const nextOf = new Map<Arrival, number>();
  for (const { batch, beganAtMs } of batches) {
    for (const { entry, from, items } of batch.pieces) {
      const { value } = entry;
      assert.equal(from, nextOf.get(value) ?? 0, 'its items go in order, each of them once');
      nextOf.set(value, from + items);
      assert.ok(beganAtMs <= (value.leavesAtMs ?? beganAtMs), 'nothing of one who has left is sent');
      assert.ok(beganAtMs <= value.expiresAtMs, 'nothing of one whose time is up is sent');
    }
  }
  for (const { arrival, kind } of outcomes) {
    const sent = nextOf.get(arrival) ?? 0;
    assert.ok(kind === 'answered' ? sent === arrival.items : sent < arrival.items, `${kind} with ${sent} items sent`);
  }
}

function checkBatches({ batches }: Run, maxBatchSize: number): void {
  for (const { batch } of batches) {
    const items = batch.pieces.reduce((sum, piece) => sum + piece.items, 0);
    assert.equal(batch.items, items);
    assert.ok(items >= 1 && items <= maxBatchSize, `${items} items of at most ${maxBatchSize}`);
    assert.equal(new Set(batch.pieces.map(({ entry }) => entry.value.kind)).size, 1, 'of one kind');
    for (const { entry } of batch.pieces) {
      assert.ok([batch.bucket, batch.bucket - 1].includes(entry.value.bucket), 'of one bucket, or the one below it');
    }
  }
}

/** Nobody is sent before another one of the same class who waits as well, and whose time is up sooner, or at once and who came first. */
function checkUrgency({ batches, outcomes }: Run): void {
  const sentAtMs = new Map<Arrival, number>();
  for (const { batch, beganAtMs } of batches) {
    for (const { entry, from } of batch.pieces) if (from === 0) sentAtMs.set(entry.value, beganAtMs);
  }
  const classes = Map.groupBy(outcomes, ({ arrival: { kind, bucket, priority } }) => `${kind} ${bucket} ${priority}`);
  for (const members of classes.values()) {
    for (const { arrival: early, atMs: goneAtMs } of members) {
      const earlySentMs = sentAtMs.get(early) ?? goneAtMs;
      for (const { arrival: late } of members) {
        const lateSentMs = sentAtMs.get(late);
        if (lateSentMs === undefined || late.expiresAtMs < early.expiresAtMs) continue;
        if (late.expiresAtMs === early.expiresAtMs && late.atMs <= early.atMs) continue;
        const hasWaited = early.atMs <= lateSentMs && lateSentMs < earlySentMs;
        assert.ok(!hasWaited || early.atMs === lateSentMs, 'the more urgent one goes first');
      }
    }
  }
}

/** Of two that differ in nothing but their time, the one that came first is sent first. */
function checkOrder({ batches }: Run): void {
  const last = new Map<string, Arrival>();
  for (const { batch } of batches) {
    for (const { entry, from } of batch.pieces) {
      const { value } = entry;
      if (from > 0) continue; // the rest of a large one gives way
      const { kind, bucket, priority, expiresAtMs, atMs } = value;
      const likes = `${kind} ${bucket} ${priority} ${expiresAtMs - atMs}`;
      assert.ok(atMs >= (last.get(likes)?.atMs ?? 0), 'in the order of coming');
      last.set(likes, value);
    }
  }
}

const floods = fc.record({
  maxBatchSize: fc.integer({ min: 4, max: 16 }),
  slots: fc.integer({ min: 1, max: 2 }),
  load: fc.double({ min: 0.7, max: 2, noNaN: true }),
  floodMs: fc.integer({ min: 40, max: 300 }),
  patient: fc.array(
    fc.record({
      lateMs: fc.integer({ min: 0, max: 30 }),
      items: fc.constantFrom(1, 1, 12),
      kind: fc.constantFrom('', 'rare', 'rarer'),
      bucket: fc.constantFrom(0, 1),
      priority: fc.constantFrom(0, 1),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

const patienceMs = 800;

/** Checks that those who have time, and are unlike the flood that they come in or go after it, are all answered in time. */
export function checkNobodyStarves(runs: number): void {
  const property = fc.property(floods, ({ maxBatchSize, slots, load, floodMs, patient }) => {
    const perMs = (load * slots * maxBatchSize) / lineMs(maxBatchSize);
    const flood = Array.from({ length: Math.ceil(1300 * perMs) }, (_, at): Arrival => {
      const atMs = at / perMs;
      return { atMs, items: 1, expiresAtMs: atMs + floodMs, priority: 1, kind: '', bucket: 0 };
    });
    const guests = patient.map(({ lateMs, ...one }, at): Arrival => {
      const atMs = 100 * (at + 1) + lateMs; // one after the other: there is one turn in nine for all of them
      const isAlike = one.kind === '' && one.bucket === 0 && one.priority === 1; // then it is one of many who are given up
      return { ...one, kind: isAlike ? 'rare' : one.kind, atMs, expiresAtMs: atMs + patienceMs };
    });
    const batcher = createBatcher<Arrival>({ maxBatchSize, maxWaitMs: 0 });
    for (const bucket of [0, 1]) {
      for (let size = 1; size <= maxBatchSize; size++) batcher.costOf(bucket).learn(size, lineMs(size)); // else they are sent too late at first
    }
    const arrivals = [...flood, ...guests].sort((one, other) => one.atMs - other.atMs);
    const { outcomes } = simulate(batcher, { arrivals, slots, runMs: lineMs, gatewayMs: 0, endMs: 1300 });
    const served = new Map(outcomes.map((outcome) => [outcome.arrival, outcome]));
    for (const guest of guests) {
      const { kind, atMs } = served.get(guest) ?? {};
      assert.ok(kind === 'answered' && Number(atMs) <= guest.expiresAtMs, `${JSON.stringify(guest)} is ${kind}`);
    }
  });
  fc.assert(property, { numRuns: runs, seed: 1 });
}
