import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRecycle, findVainLimit, type WorkerLife } from './recycle-policy.ts';

const mebibyte = 1024 ** 2;
const rest = { cpuSeconds: 0, loopLagSeconds: 0 };
const small = { rssBytes: 100 * mebibyte, heapBytes: 20 * mebibyte, ...rest };
const large = { rssBytes: 900 * mebibyte, heapBytes: 400 * mebibyte, ...rest };

const life = (more: Partial<WorkerLife>): WorkerLife => ({
  ageMs: 0,
  requests: 0,
  luck: 0,
  first: small,
  recent: [small, small, small],
  ...more,
});

test('without limits a worker stays', () => {
  assert.equal(decideRecycle(life({ ageMs: 1e12, requests: 1e9, recent: [large, large, large] }), {}), undefined);
});

test('a worker goes when it has taken as many requests as it may', () => {
  assert.equal(decideRecycle(life({ requests: 999 }), { maxRequests: 1000 }), undefined);
  assert.equal(decideRecycle(life({ requests: 1000 }), { maxRequests: 1000 }), 'it has taken 1000 requests');
});

test('a worker goes when it is as old as it may be', () => {
  assert.equal(decideRecycle(life({ ageMs: 59_999 }), { maxAgeMs: 60_000 }), undefined);
  assert.equal(decideRecycle(life({ ageMs: 60_000 }), { maxAgeMs: 60_000 }), 'it is 60 s old');
});

test('luck makes a life up to a fifth shorter, so that workers that began together do not go together', () => {
  assert.equal(decideRecycle(life({ requests: 800, luck: 1 }), { maxRequests: 1000 }), 'it has taken 800 requests');
  assert.equal(decideRecycle(life({ requests: 899, luck: 0.5 }), { maxRequests: 1000 }), undefined);
  assert.equal(decideRecycle(life({ ageMs: 54_000, luck: 0.5 }), { maxAgeMs: 60_000 }), 'it is 54 s old');
  assert.equal(decideRecycle(life({ requests: 0, luck: 1 }), { maxRequests: 1 }), undefined, 'one call at least');
});

test('a worker goes when it was above a limit of memory three times in a row', () => {
  const limits = { maxRssBytes: 512 * mebibyte };
  assert.equal(decideRecycle(life({ recent: [large, large, large] }), limits), 'it holds 900 MiB');
  assert.equal(
    decideRecycle(life({ recent: [large, large, large] }), { maxHeapBytes: 300 * mebibyte }),
    'it has a heap of 400 MiB',
  );
  assert.equal(decideRecycle(life({ recent: [large, large] }), limits), undefined, 'too few readings');
  assert.equal(decideRecycle(life({ recent: [large, small, large] }), limits), undefined, 'garbage was collected');
});

test('a worker that was above a limit of memory as it began stays, and that is said', () => {
  const limits = { maxRssBytes: 64 * mebibyte };
  assert.equal(decideRecycle(life({ recent: [large, large, large] }), limits), undefined);
  assert.match(
    String(findVainLimit(small, limits)),
    /^holds 100 MiB as it begins, which is above recycle\.maxRssBytes; raise that/,
  );
  assert.equal(findVainLimit(small, { maxRssBytes: 512 * mebibyte, maxHeapBytes: 512 * mebibyte }), undefined);
});
