import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRateLimit } from './rate-limit.ts';

const nothing = { requestsPerSecond: undefined, burst: undefined, isShared: false, callerHeader: undefined };

test('nothing said is no limit', () => {
  assert.equal(toRateLimit(nothing, 'here'), undefined);
});

for (const [requestsPerSecond, burst] of [
  [10, 10],
  [2.5, 3],
  [0.01, 1],
] as const) {
  test(`${requestsPerSecond} a second may come in a burst of ${burst} unless another one is said`, () => {
    assert.equal(toRateLimit({ ...nothing, requestsPerSecond }, 'here')?.burst, burst);
    assert.equal(toRateLimit({ ...nothing, requestsPerSecond, burst: 7 }, 'here')?.burst, 7);
  });
}

for (const part of [{ burst: 5 }, { isShared: true }, { callerHeader: 'x-api-key' }]) {
  test(`${Object.keys(part)} without a rate is an error`, () => {
    assert.throws(() => toRateLimit({ ...nothing, ...part }, '@api of Demo.run'), {
      code: 'OPTION_INVALID',
      message: /^@api of Demo\.run, rateLimit: requestsPerSecond is left out, but must be a number above 0/,
    });
  });
}

test('a header that tells callers apart does not go with a rate that they share', () => {
  const both = { ...nothing, requestsPerSecond: 1, isShared: true, callerHeader: 'x-api-key' };
  assert.throws(() => toRateLimit(both, 'here'), { code: 'OPTION_INVALID', message: /callerHeader/ });
});
