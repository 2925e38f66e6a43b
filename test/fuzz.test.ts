/** Bodies that nobody chose, the same on every run; `npm run test:long` tries others, and more of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from './start.ts';
import { throwBodies } from './throw-bodies.ts';

test('whatever a body says, the answer is one of those that the documents name, and nothing is left behind', async () => {
  const statuses = await throwBodies(500, 1);
  for (const status of [200, 400]) assert.ok((statuses.get(status) ?? 0) > 100, JSON.stringify([...statuses]));
});

test('what cannot be inflated, of a body that is refused before it is read, harms nobody', async () => {
  await using server = await start('fuzzed');
  for (const encoding of ['gzip', 'br', 'zstd', 'deflate', 'gzip, br']) {
    for (const type of ['application/vnd.bentoml+pickle', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type, 'content-encoding': encoding };
      const body = 'rubbish'.repeat(1000);
      const { status } = await fetch(`${server.url}/date`, { method: 'POST', headers, body });
      assert.ok(status === 400 || status === 415, `${status} for ${type} in ${encoding}`);
    }
  }
  assert.equal((await server.post('/bigint', { value: '1' })).status, 200);
});
