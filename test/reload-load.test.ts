import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reloadUnderLoad } from './reload-under-load.ts';

test('three reloads under load fail no request, cut no stream, and leave nothing behind', async () => {
  const { failures, requests, streams, status } = await reloadUnderLoad({
    reloads: 3,
    requestsPerSecond: 100,
    streams: 10,
    workers: 2,
  });
  assert.deepEqual(failures, {});
  assert.ok(requests > 200 && streams > 0, `${requests} requests, ${streams} streams`);
  const [generation] = status.generations;
  assert.deepEqual([generation?.requests, generation?.streams], [0, 0]);
  assert.deepEqual(
    generation?.workers.map(({ index, state }) => [index, state]),
    [
      [1, 'ready'],
      [2, 'ready'],
    ],
  );
});
