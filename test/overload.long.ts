/** Ten times as many requests as a service can answer, for a minute: `npm run test:long`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overload } from './load/overload.ts';

const forMs = Number(process.env.BENTOTS_LOAD_SECONDS ?? 60) * 1000;

test('a service that is asked for ten times what it can do goes on doing what it can', async (t) => {
  const figures = await overload({ forMs, factor: 10 });
  const { nominal, capacity, goodput, refusalMs, lateP99Ms, grownBytes, recoveredMs } = figures;
  t.diagnostic(`${figures.sent} requests in ${forMs / 1000} s: ${JSON.stringify(figures.answers)}`);
  t.diagnostic(
    `capacity ${capacity.toFixed(1)}/s of ${nominal.toFixed(1)}/s, goodput ${goodput.toFixed(1)}/s: ${(goodput / capacity).toFixed(3)}`,
  );
  t.diagnostic(`refused in ${refusalMs.median.toFixed(2)} ms, p99 ${refusalMs.p99.toFixed(2)} ms`);
  t.diagnostic(`memory +${(grownBytes / 1024 / 1024).toFixed(1)} MiB, recovered after ${recoveredMs.toFixed(0)} ms`);
  t.diagnostic(`the generator itself was late by ${lateP99Ms.toFixed(2)} ms, p99`);
  assert.ok(capacity > nominal * 0.8, 'what it can do is what its slots can');
  assert.ok(goodput > capacity * 0.8);
  assert.ok(grownBytes < 64 * 1024 * 1024);
});
