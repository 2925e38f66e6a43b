import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ServiceSpec } from '../spec/service-spec.ts';
import { createBuckets, createRateLimits, type RateLimits } from './rate-limits.ts';

test('a table of buckets never has more than its size', () => {
  const buckets = createBuckets(3);
  for (let n = 0; n < 100; n++) buckets.set(`caller ${n}`, 1e9 + n, n);
  const kept = Array.from({ length: 100 }, (_, n) => n).filter((n) => buckets.get(`caller ${n}`) > 0);
  assert.equal(kept.length, 3);
});

test('who owes nothing is forgotten before who does, however old', () => {
  const buckets = createBuckets(4);
  buckets.set('owes', 1000, 0);
  for (const caller of ['a', 'b', 'c']) buckets.set(caller, 10, 0);
  for (let n = 0; n < 10; n++) buckets.set(`later ${n}`, 50 + n, 50 + n);
  assert.equal(buckets.get('owes'), 1000);
  assert.equal(buckets.get('a'), Number.NEGATIVE_INFINITY);
});

test('a bucket that is known changes in place and pushes nobody out', () => {
  const buckets = createBuckets(2);
  buckets.set('a', 100, 0);
  buckets.set('b', 100, 0);
  buckets.set('a', 200, 0);
  assert.deepEqual([buckets.get('a'), buckets.get('b')], [200, 100]);
});

test('buckets are handed on from code to code, and nothing else of the code before is held', async () => {
  const rateLimit = { requestsPerSecond: 1, burst: 1, isShared: false };
  const specs: WeakRef<object>[] = [];
  let limits: RateLimits | undefined;
  for (let reload = 0; reload < 20; reload++) {
    const spec = { name: 'S', settings: { traffic: { rateLimit } }, apis: [{ name: 'run', rateLimit }] };
    specs.push(new WeakRef(spec));
    limits = createRateLimits(spec as unknown as ServiceSpec, limits);
    assert.equal(limits?.refuse('run', 'one', {}) === undefined, reload === 0, 'the bucket is the same');
  }
  await new Promise(setImmediate); // until the end of a turn nothing that a WeakRef was made of is collected
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  assert.ok(specs.filter((spec) => spec.deref()).length <= 1);
});
