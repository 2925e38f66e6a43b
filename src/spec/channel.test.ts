import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCoalescer } from './channel.ts';

/** A coalescer whose turn of the event loop ends when the test says so. */
function create() {
  const parcels: (readonly number[])[] = [];
  const scheduled: (() => void)[] = [];
  const coalescer = createCoalescer<number>(
    (parcel) => parcels.push(parcel),
    (flush) => scheduled.push(flush),
  );
  const endTurn = () => {
    for (const flush of scheduled.splice(0)) flush();
  };
  return { ...coalescer, parcels, scheduled, endTurn };
}

test('what is sent in one turn leaves as one parcel, in order', () => {
  const { send, parcels, scheduled, endTurn } = create();
  for (const n of [1, 2, 3]) send(n);
  assert.deepEqual([parcels, scheduled.length], [[], 1]);
  endTurn();
  assert.deepEqual(parcels, [[1, 2, 3]]);
});

test('each turn has its own parcel', () => {
  const { send, parcels, endTurn } = create();
  send(1);
  endTurn();
  send(2);
  endTurn();
  assert.deepEqual(parcels, [[1], [2]]);
});

test('a flush sends at once, and the end of the turn sends only what came after it', () => {
  const { send, flush, parcels, endTurn } = create();
  send(1);
  flush();
  send(2);
  assert.deepEqual(parcels, [[1]]);
  endTurn();
  assert.deepEqual(parcels, [[1], [2]]);
});

test('nothing is sent where nothing is waiting', () => {
  const { send, flush, parcels, endTurn } = create();
  flush();
  send(1);
  flush();
  endTurn();
  flush();
  assert.deepEqual(parcels, [[1]]);
});

test('what is sent while a parcel leaves goes into the next one', () => {
  const parcels: (readonly number[])[] = [];
  const scheduled: (() => void)[] = [];
  const { send } = createCoalescer<number>(
    (parcel) => {
      parcels.push(parcel);
      if (parcels.length === 1) send(2);
    },
    (flush) => scheduled.push(flush),
  );
  send(1);
  scheduled.shift()?.();
  assert.deepEqual(parcels, [[1]]);
  scheduled.shift()?.();
  assert.deepEqual(parcels, [[1], [2]]);
});

test('a parcel that cannot be sent is not sent again with the next', () => {
  const scheduled: (() => void)[] = [];
  const seen: (readonly number[])[] = [];
  const { send } = createCoalescer<number>(
    (parcel) => {
      seen.push(parcel);
      throw new Error('cannot be sent');
    },
    (flush) => scheduled.push(flush),
  );
  send(1);
  assert.throws(() => scheduled.shift()?.());
  send(2);
  assert.throws(() => scheduled.shift()?.());
  assert.deepEqual(seen, [[1], [2]]);
});
