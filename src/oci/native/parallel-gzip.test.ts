import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createParallelGzip } from './parallel-gzip.ts';

async function pack(chunks: readonly Buffer[]): Promise<Buffer> {
  const packed = Readable.from(chunks).pipe(createParallelGzip());
  return Buffer.concat(await Array.fromAsync(packed as AsyncIterable<Buffer>));
}

test('what is packed in pieces is read as one, and is the same however the bytes came', async () => {
  const bytes = Buffer.from(randomBytes(2_600_000).toString('hex'));
  const whole = await pack([bytes]);
  const chunks = Array.from({ length: 100 }, (_, at) => bytes.subarray(at * 52_000, (at + 1) * 52_000));
  assert.ok(gunzipSync(whole).equals(bytes));
  assert.ok(whole.equals(await pack(chunks)));
  assert.ok(whole.length < 0.6 * bytes.length);
});

test('pieces that end where the bytes do are packed once', async () => {
  const bytes = Buffer.alloc(2 * 1024 * 1024, 'x');
  assert.ok(gunzipSync(await pack([bytes])).equals(bytes));
});
