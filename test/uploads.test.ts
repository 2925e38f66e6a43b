/** Large files on their way in. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ReadableStream } from 'node:stream/web';
import { test } from 'node:test';
import { heldBytes } from './held-bytes.ts';
import { useTemporaryFolder } from './spool-folder.ts';
import { start } from './start.ts';

const mebibyte = 1024 * 1024;

const piece = Buffer.alloc(64 * 1024, 'a piece of a file');

/** A form with one file, and what buffers held more at most while it was taken. */
function formOf(mebibytes: number) {
  const before = heldBytes();
  const seen = { peakBytes: 0, hash: createHash('sha256') };
  async function* write() {
    yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n');
    for (let sent = 0; sent < mebibytes * mebibyte; sent += piece.length) {
      seen.hash.update(piece);
      yield piece;
      if (sent % (4 * mebibyte) === 0) seen.peakBytes = Math.max(seen.peakBytes, heldBytes() - before);
    }
    yield Buffer.from('\r\n--b--\r\n');
  }
  return { body: ReadableStream.from(write()), seen };
}

test('of a file of 64 MiB the gateway holds a few pieces, and keeps nothing', async () => {
  using folder = useTemporaryFolder();
  await using forms = await start('forms');
  const { body, seen } = formOf(64);
  const response = await fetch(`${forms.url}/one`, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body,
    duplex: 'half',
  } as RequestInit);
  const { file } = (await response.json()) as { file: { size: number; hash: string } };
  assert.deepEqual([file.size, file.hash], [64 * mebibyte, seen.hash.digest('hex')]);
  assert.ok(seen.peakBytes < 16 * mebibyte, `${seen.peakBytes} bytes in buffers`);
  await folder.until(0);
});
