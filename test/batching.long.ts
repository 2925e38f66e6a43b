/** What must hold of batches whatever comes, over more traffic than `npm test` has time for. */
import { test } from 'node:test';
import { checkTraffic } from '../src/batching/batcher.fixture.ts';

test('ten thousand kinds of traffic: in order, in batches that are not too large, each answered once', () => {
  checkTraffic(Number(process.env.BATCHING_RUNS ?? 10_000));
});
