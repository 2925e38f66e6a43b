import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideHang, type WorkerSigns } from './hang-policy.ts';

const limits = { timeoutMs: 1000, abortGraceMs: 5000 };
const call = { method: 'embed', movedAtMs: 150 }; // its time is up at 1100, with 50 ms for the way to the worker
const decide = (nowMs: number, signs: Partial<WorkerSigns> = {}) =>
  decideHang({ abandoned: [call], askedAtMs: undefined, answeredAtMs: undefined, ...signs }, limits, nowMs);

test('a worker that gets done with its calls is left alone for ever', () => {
  assert.deepEqual(decide(1e9, { abandoned: [] }), { kind: 'wait', untilMs: Number.POSITIVE_INFINITY });
});

test('a call that its caller gave up early may still take the time that the service allows', () => {
  assert.deepEqual(decide(200), { kind: 'wait', untilMs: 1100 });
  assert.deepEqual(decide(1099), { kind: 'wait', untilMs: 1100 });
});

test('when that is up, the worker is asked for a sign of life', () => {
  assert.deepEqual(decide(1100), { kind: 'ask' });
});

test('the call that has not moved for longest counts', () => {
  const abandoned = [{ method: 'other', movedAtMs: 900 }, call, { method: 'stream', movedAtMs: 500 }];
  assert.deepEqual(decide(1000, { abandoned }), { kind: 'wait', untilMs: 1100 });
});

test('a worker that gives no sign of life for 1.5 s is killed, and not before', () => {
  assert.deepEqual(decide(2599, { askedAtMs: 1100 }), { kind: 'wait', untilMs: 2600 });
  assert.deepEqual(decide(2600, { askedAtMs: 1100 }), {
    kind: 'kill',
    cause: { kind: 'hung', method: 'embed', silentMs: 1500 },
  });
});

test('one that has given a sign is asked again a second later: it may be held by then', () => {
  assert.deepEqual(decide(1300, { answeredAtMs: 1200 }), { kind: 'wait', untilMs: 2200 });
  assert.deepEqual(decide(2200, { answeredAtMs: 1200 }), { kind: 'ask' });
});

test('a sign from before its time was up says nothing', () => {
  assert.deepEqual(decide(1100, { answeredAtMs: 1050 }), { kind: 'ask' });
});

test('one that lives but does not end the call is replaced when the grace is over', () => {
  assert.deepEqual(decide(6000, { answeredAtMs: 5900 }), { kind: 'wait', untilMs: 6100 });
  assert.deepEqual(decide(6100, { answeredAtMs: 5900 }), {
    kind: 'replace',
    cause: { kind: 'abort_ignored', method: 'embed', lateMs: 5000 },
  });
});

test('one that is asked when the grace ends is not taken for alive', () => {
  assert.deepEqual(decide(6500, { askedAtMs: 6000, answeredAtMs: 5900 }), { kind: 'wait', untilMs: 7500 });
});
