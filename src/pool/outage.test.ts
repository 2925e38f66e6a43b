import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../errors.ts';
import { decideOutageRefusal, explainMissing } from './outage.ts';

const problem = 'process.exit(1) was called';

test('nothing is said where no worker is missing', () => {
  assert.equal(explainMissing('Demo', 2, [], 300, 0), undefined);
});

test('of missing workers the one is told that ended most often, and the next try of any', () => {
  const missing = [
    { times: 2, problem: 'exit code 7', retryAtMs: 3000 },
    { times: 5, problem, retryAtMs: 9000 },
  ];
  const error = explainMissing('Demo', 3, missing, 300, 1000);
  assert.equal(
    error?.message,
    '2 of 3 workers of Demo are missing, since they end again and again: 5 times in a row so far, the last time because process.exit(1) was called; the next try is in 2.0 s',
  );
  assert.equal(error?.retryAfterMs, 2300, 'with the time that a start takes');
});

test('a try that is under way is told', () => {
  const error = explainMissing('Demo', 1, [{ times: 2, problem, retryAtMs: 500 }], 300, 1000);
  assert.match(error?.message ?? '', /; another try is under way$/);
});

test('a call may wait if its time is up after the outage', () => {
  const error = new ServiceError('CRASH_LOOP', { service: 'Demo', count: 1, missing: 1, times: 2, problem, next: '' });
  const outage = { endsAtMs: 1000, refusal: () => error };
  assert.equal(decideOutageRefusal(outage, 1000), error);
  assert.equal(decideOutageRefusal(outage, 1001), undefined);
});
