import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Credit } from '../spec/messages.ts';
import { createStreamReader } from './stream-reader.ts';

function create() {
  const granted: Credit[] = [];
  let cancels = 0;
  const clock = { nowMs: 0 };
  const reader = createStreamReader(
    (credit) => granted.push(credit),
    () => cancels++,
    () => clock.nowMs,
  );
  const groups = reader.groups[Symbol.asyncIterator]();
  return { ...reader, groups, granted, clock, cancels: () => cancels, stalledMs: () => reader.stalledMs };
}

test('groups are handed on as they came, those that came before anyone read, too', async () => {
  const { push, end, groups } = create();
  push([1, 2], 16);
  assert.deepEqual(await groups.next(), { done: false, value: [1, 2] });
  const waiting = groups.next();
  push([3], 8);
  assert.deepEqual(await waiting, { done: false, value: [3] });
  end();
  assert.deepEqual(await groups.next(), { done: true, value: undefined });
});

test('credit for a group is granted when the next one is asked for', async () => {
  const { push, groups, granted } = create();
  push([1, 2], 16);
  push([3], 8);
  await groups.next();
  assert.deepEqual(granted, []);
  await groups.next();
  assert.deepEqual(granted, [{ items: 2, bytes: 16 }]);
});

test('a reader that leaves cancels the stream once, and is told of the end', async () => {
  const { push, groups, cancels } = create();
  push([1], 8);
  await groups.next();
  assert.deepEqual(await groups.return?.(), { done: true, value: undefined });
  await groups.return?.();
  push([2], 8);
  assert.deepEqual([cancels(), await groups.next()], [1, { done: true, value: undefined }]);
});

test('a reader that leaves while it waits is woken', async () => {
  const { groups } = create();
  const waiting = groups.next();
  await groups.return?.();
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('a stream that has ended is not cancelled by its reader', async () => {
  const { end, groups, cancels } = create();
  end();
  await groups.return?.();
  assert.equal(cancels(), 0);
});

test('what came before a failure is read before it', async () => {
  const { push, fail, groups } = create();
  push([1], 8);
  push([2], 8);
  assert.equal(fail(new Error('broken')), true);
  assert.deepEqual([(await groups.next()).value, (await groups.next()).value], [[1], [2]]);
  await assert.rejects(groups.next(), /broken/);
});

test('a failure wakes a reader that waits', async () => {
  const { fail, groups } = create();
  const waiting = groups.next();
  fail(new Error('broken'));
  await assert.rejects(waiting, /broken/);
});

test('only the first end counts, and a later failure says that nobody heard it', async () => {
  const { end, fail, groups } = create();
  end();
  assert.equal(fail(new Error('too late')), false);
  assert.equal((await groups.next()).done, true);
});

test('what comes after the end is dropped', async () => {
  const { end, push, groups } = create();
  end();
  push([1], 8);
  assert.equal((await groups.next()).done, true);
});

test('it says how long the worker had no credit, since the consumer took nothing', async () => {
  const { push, end, groups, clock, stalledMs } = create();
  push([1], 8);
  clock.nowMs = 10; // there is credit left
  push([2], 64 * 1024);
  clock.nowMs = 30;
  await groups.next();
  assert.equal(stalledMs(), 0, 'not over yet');
  await groups.next(); // grants what the first took, which is too little
  clock.nowMs = 50;
  void groups.next();
  clock.nowMs = 70;
  push([3], 64 * 1024);
  clock.nowMs = 75;
  end();
  assert.equal(stalledMs(), 45);
});
