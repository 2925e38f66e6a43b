/** A thousand callers of each bad habit at once: `npm run test:long`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meetSlowClients } from './load/slow-clients.ts';

const scale = Number(process.env.BENTOTS_LOAD_SCALE ?? 1);

test('a thousand slow senders, five hundred stalled readers, a thousand idle ones, ten thousand that leave', async (t) => {
  const of = (count: number) => Math.ceil(count * scale);
  const crowd = {
    slowHeaders: of(500),
    slowBodies: of(500),
    stalledReaders: of(500),
    idle: of(1000),
    aborted: of(10_000),
  };
  const figures = await meetSlowClients({ ...crowd, othersPerSecond: 200, forMs: 15_000, standMs: 45_000 });
  const { othersMs, before, during, after } = figures;
  t.diagnostic(JSON.stringify({ told: figures.told, others: figures.others }));
  for (const [share, from, to] of [
    ['median', othersMs.beforeMedian, othersMs.duringMedian],
    ['p99', othersMs.beforeP99, othersMs.duringP99],
  ] as const) {
    t.diagnostic(
      `others, ${share}: ${from.toFixed(2)} ms before, ${to.toFixed(2)} ms during: ${(to / from).toFixed(2)}`,
    );
  }
  for (const [when, { rssBytes, heapBytes, resources }] of Object.entries({ before, during, after })) {
    const mebibytes = [rssBytes, heapBytes].map((bytes) => (bytes / 1024 / 1024).toFixed(1));
    t.diagnostic(`${when}: rss ${mebibytes[0]} MiB, heap ${mebibytes[1]} MiB, ${JSON.stringify(resources)}`);
  }
  assert.deepEqual(figures.others.map(Object.keys), [['200'], ['200']], 'everyone else is served');
  assert.deepEqual(figures.told, { 408: crowd.slowHeaders + crowd.slowBodies });
  assert.equal(after.resources.TCPSocketWrap ?? 0, before.resources.TCPSocketWrap ?? 0);
  assert.ok((after.resources.Timeout ?? 0) <= (before.resources.Timeout ?? 0) + 2);
  assert.ok(after.heapBytes < before.heapBytes + 8 * 1024 * 1024, 'nothing is held of those who came');
  assert.ok(after.rssBytes < before.rssBytes + 32 * 1024 * 1024, 'a second crowd takes what the first one gave back');
});
