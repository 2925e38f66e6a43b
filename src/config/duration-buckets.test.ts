import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceError } from '../errors.ts';
import { durationBuckets } from './duration-buckets.ts';
import { serviceOptions } from './options.ts';
import { resolveOptions } from './resolve.ts';

const of = (duration: object) =>
  durationBuckets(resolveOptions(serviceOptions, { metrics: { duration } }, '@service of A').metrics.duration, 'A');

test('without a word the buckets are those of the reference', () => {
  assert.deepEqual(of({}), [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 180]);
});

test('whole numbers are numbers', () => {
  assert.deepEqual(of({ buckets: [0.1, 0.2, 0.5, 1, 2, 5, 10] }), [0.1, 0.2, 0.5, 1, 2, 5, 10]);
});

test('min, max and factor win over buckets', () => {
  assert.deepEqual(of({ buckets: [1], min: 0.1, max: 10, factor: 4 }), [0.1, 0.4, 1.6, 6.4, 10]);
});

test('a factor that makes small steps gives no more than a hundred, and the last', () => {
  const ends = of({ min: 1, max: 1e9, factor: 1.001 });
  assert.deepEqual([ends.length, ends.at(-1)], [101, 1e9]);
});

for (const [duration, words] of [
  [{ min: 1 }, /metrics\.duration is without max and factor, but must be given with min, max and factor/],
  [{ min: 2, max: 1, factor: 2 }, /from min 2 to max 1, but must be from a min below its max/],
  [{ min: 0, max: 1, factor: 2 }, /min is 0, but must be a number above 0/],
  [{ factor: 1 }, /factor is 1, but must be a number above 1/],
  [{ buckets: [1, 1] }, /each larger than the one before it/],
  [{ buckets: [] }, /a list of 1 to 100 numbers/],
  [{ buckets: [1, Number.NaN] }, /a list of 1 to 100 numbers/],
] as const) {
  test(`${JSON.stringify(duration)} is refused`, () => {
    assert.throws(
      () => of(duration),
      (error) => isServiceError(error, 'OPTION_INVALID') && words.test(error.message),
    );
  });
}
