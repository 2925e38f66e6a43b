/** What batches promise, at length: `npm run test:long`; BENTOTS_ROWS says how many rows, BENTOTS_SEEDS how many cases of each property. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkNobodyStarves, checkTraffic } from '../src/batching/batcher.fixture.ts';
import { checkDeadlines } from '../src/batching/brute-force.fixture.ts';
import { sendRows } from './send-rows.ts';
import { start } from './start.ts';

const rows = Number(process.env.BENTOTS_ROWS ?? 100_000);
const seeds = Number(process.env.BENTOTS_SEEDS ?? 10_000);

test('whatever comes: in order, in batches that are not too large, each answered once, nothing sent in vain', () => {
  checkTraffic(seeds);
});

for (const mostItems of [1, 3]) {
  for (const kinds of [1, 3]) {
    test(`where nobody comes any more, nobody is late whom any schedule answers in time: ${kinds} kinds, ${mostItems} items`, (t) => {
      t.diagnostic(`${checkDeadlines({ kinds, mostItems, slots: 1 }, seeds)} of ${seeds} cases could be met`);
    });
  }
}

test('who has time, and is of another kind, bucket or priority than a flood, is answered in time amid it', () => {
  checkNobodyStarves(seeds / 10); // each is a flood of a second
});

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
