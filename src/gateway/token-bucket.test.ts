import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type BucketSize, takeToken, waitForToken } from './token-bucket.ts';

/** Lets requests come at these moments; gives which of them found a token. */
function run(size: BucketSize, comeAtMs: readonly number[]): boolean[] {
  let fullAtMs = 0;
  return comeAtMs.map((nowMs) => {
    if (waitForToken(size, fullAtMs, nowMs) > 0) return false;
    fullAtMs = takeToken(size, fullAtMs, nowMs);
    return true;
  });
}

test('a full bucket gives its burst at once, then one each time one has dripped in', () => {
  const size = { requestsPerSecond: 10, burst: 3 };
  assert.deepEqual(run(size, [0, 0, 0, 0, 99, 100, 100, 200]), [true, true, true, false, false, true, false, true]);
});

test('a bucket never holds more than its burst, however long nothing was taken', () => {
  assert.deepEqual(run({ requestsPerSecond: 1, burst: 2 }, [1e9, 1e9, 1e9]), [true, true, false]);
});

test('a bucket of one gives its token again after its interval, and not before', () => {
  assert.deepEqual(run({ requestsPerSecond: 0.5, burst: 1 }, [0, 1999, 2000, 2001]), [true, false, true, false]);
});

const sizes = fc.record({
  requestsPerSecond: fc.double({ min: 0.001, max: 100_000, noNaN: true }),
  burst: fc.integer({ min: 1, max: 1000 }),
});
const pauses = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 1, maxLength: 50 });

test('whoever comes after the time that it was told finds a token, and nobody gets more than rate and burst allow', () => {
  fc.assert(
    fc.property(sizes, pauses, (size, waits) => {
      let fullAtMs = 0;
      let nowMs = 1e6;
      let taken = 0;
      for (const pause of waits) {
        nowMs += pause;
        const waitMs = waitForToken(size, fullAtMs, nowMs);
        assert.equal(waitForToken(size, fullAtMs, nowMs + waitMs), 0);
        if (waitMs > 0) continue;
        fullAtMs = takeToken(size, fullAtMs, nowMs);
        taken++;
      }
      assert.ok(taken <= size.burst + ((nowMs - 1e6) * size.requestsPerSecond) / 1000 + 1e-3);
    }),
  );
});
