/** The short form of the tests under load; the figures come from `npm run test:long`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overload } from './load/overload.ts';
import { meetSlowClients } from './load/slow-clients.ts';

test('asked for ten times what it can do, a service does what it can and refuses the rest', async (t) => {
  const forMs = 2000;
  const figures = await overload({ forMs, factor: 10 });
  t.diagnostic(JSON.stringify(figures));
  const { answers, capacity } = figures;
  const good = answers['200'] ?? 0;
  const refused = answers['503 OVERLOADED'] ?? 0;
  const late = answers['504 TIMEOUT'] ?? 0;
  assert.equal(good + refused + late, figures.sent, 'every request is answered, and in no other way');
  assert.ok(refused > figures.sent / 2);
  assert.ok(late < good / 2, `${late} were let in in vain, beside ${good} that were answered`);
  const could = (capacity * forMs) / 1000;
  assert.ok(good > could * 0.4, `${good} of ${could}`); // a tenth, were calls refused too late
  assert.equal(figures.refusalsWithoutRetryAfter, 0);
  assert.ok(figures.grownBytes < 64 * 1024 * 1024);
});

test('callers that send slowly, read nothing, do nothing or leave are cut, and nobody else notices', async (t) => {
  const crowd = { slowHeaders: 50, slowBodies: 50, stalledReaders: 50, idle: 100, aborted: 1000 };
  const figures = await meetSlowClients({ ...crowd, othersPerSecond: 50, forMs: 1500, standMs: 5000 });
  t.diagnostic(JSON.stringify(figures));
  assert.deepEqual(figures.told, { 408: 100 }, 'who sends slowly is told so');
  assert.deepEqual(figures.others.map(Object.keys), [['200'], ['200']], 'everyone else is served');
  const { before, after } = figures;
  assert.equal(after.resources.TCPSocketWrap ?? 0, before.resources.TCPSocketWrap ?? 0, 'every connection is closed');
  assert.ok((after.resources.Timeout ?? 0) <= (before.resources.Timeout ?? 0) + 2);
  assert.ok(after.heapBytes - before.heapBytes < 20 * 1024 * 1024, `${after.heapBytes - before.heapBytes} bytes more`);
});
