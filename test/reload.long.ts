/** The full figure: 20 reloads (RELOADS) at 500 requests a second (RATE) beside 100 streams (STREAMS). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloadUnderLoad } from './reload-under-load.ts';

const { RELOADS = '20', RATE = '500', STREAMS = '100' } = process.env;
const mostGrowthMiB = 8;

test(`${RELOADS} reloads at ${RATE} requests a second with ${STREAMS} streams: none fails, and memory comes back`, async (t) => {
  const { status, ...figures } = await reloadUnderLoad({
    reloads: Number(RELOADS),
    requestsPerSecond: Number(RATE),
    streams: Number(STREAMS),
    workers: 2,
  });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(figures.failures, {});
  assert.equal(status.generations.length, 1);
  // The first reloads fill caches; what each of them left behind would go on adding up.
  const half = Math.floor(figures.heapMiB.length / 2);
  const [early, late] = [figures.heapMiB.slice(0, half), figures.heapMiB.slice(half)].map((all) => Math.min(...all));
  assert.ok(Number(late) - Number(early) <= mostGrowthMiB, `the heap in use grew from ${early} to ${late} MiB`);
});
