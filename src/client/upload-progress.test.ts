/** What is told of a body on its way; test/browser asks the same of a browser. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { json, silence, startService } from './client.fixture.ts';
import { createClient } from './create-client.ts';
import { collectUnhandled } from './unhandled.fixture.ts';
import type { UploadProgress } from './upload-progress.ts';

const file = { type: 'object', properties: { f: { type: 'file', format: 'binary' } } };

test('progress grows up to the size of the body, which is told to the server as ever', async () => {
  await using server = await startService({ f: { input: file, answer: json(1) } });
  const seen: UploadProgress[] = [];
  const client = createClient(server.url, { onUploadProgress: (progress) => seen.push(progress) });
  assert.equal(await client.$call('f', new Blob([new Uint8Array(3_000_000)])), 1);
  const { headers, bytes } = server.requests.at(-1) ?? assert.fail();
  assert.equal(headers['content-length'], String(bytes.length));
  assert.ok(seen.length > 3, `${seen.length} reports`);
  assert.deepEqual(
    seen.map(({ sentBytes }) => sentBytes),
    seen.map(({ sentBytes }) => sentBytes).toSorted((a, b) => a - b),
  );
  assert.deepEqual(seen.at(-1), { sentBytes: bytes.length, totalBytes: bytes.length });
});

test('JSON has progress, too, and no body has none; other requests of the client are not told', async () => {
  await using server = await startService({ f: { parameters: ['a?'], answer: json(1) } });
  const seen: UploadProgress[] = [];
  const client = createClient(server.url).$with({ onUploadProgress: (progress) => seen.push(progress) });
  await client.$call('f');
  assert.deepEqual(seen, []);
  await client.$call('f', 'é');
  assert.deepEqual(seen, [{ sentBytes: 10, totalBytes: 10 }]);
  assert.equal(server.requests.at(-1)?.body, '{"a":"é"}');
});

test('an upload that is tried again begins again', async () => {
  let refusals = 1;
  await using server = await startService({
    f: {
      parameters: ['a'],
      answer: (response) =>
        refusals-- > 0 ? response.writeHead(503, { 'retry-after': '0' }).end('{}') : response.end('1'),
    },
  });
  const seen: number[] = [];
  const client = createClient(server.url, { onUploadProgress: ({ sentBytes }) => seen.push(sentBytes) });
  assert.equal(await client.$call('f', 1), 1);
  assert.deepEqual(seen, [7, 7]);
});

test('an upload is given up with its call, and a listener that throws does not end it', async (t) => {
  await using server = await startService({
    f: { parameters: ['a'], answer: silence },
    g: { parameters: ['a'], answer: json(1) },
  });
  const controller = new AbortController();
  const client = createClient(server.url, { signal: controller.signal, onUploadProgress() {} });
  const answering = client.$call('f', 1);
  while (server.count('/f') === 0) await once(server.events, 'request');
  controller.abort();
  await assert.rejects(answering, { code: 'CANCELLED' });

  const unhandled = collectUnhandled(t);
  const clumsy = createClient(server.url, {
    onUploadProgress() {
      throw new Error('clumsy');
    },
  });
  assert.equal(await clumsy.$call('g', 1), 1);
  assert.deepEqual(unhandled.map(String), ['Error: clumsy']);
});
