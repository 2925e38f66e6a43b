/** The figures of batches with bad rows in them: `npm run test:long`; BENTOTS_ROWS says how many rows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendRows } from './send-rows.ts';
import { start } from './start.ts';

const rows = Number(process.env.BENTOTS_ROWS ?? 100_000);

for (const [how, method] of [
  ['errors of items', 'pickyByItem'],
  ['halving', 'picky'],
] as const) {
  test(`of many rows with a bad one in every 32 no other row fails, by ${how}`, async (t) => {
    await using server = await start('batches', { workers: 2 });
    const begunMs = performance.now();
    const { wrong, refused } = await sendRows(server.url, `/${method}`, rows);
    assert.deepEqual([wrong, refused], [0, Math.floor((rows + 24) / 32)]);
    t.diagnostic(`${rows} rows in ${Math.round(performance.now() - begunMs)} ms`);
  });
}
