import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isOnDisk, largestInMemoryBytes } from '../../io/file-content.ts';
import { createFileSink, type MemoryShare } from './file-sink.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'bentots-test-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function createSink(share: MemoryShare = { leftBytes: 2 * largestInMemoryBytes }) {
  const path = join(folder, String(++count));
  return { path, ...createFileSink({ limitBytes: 2 ** 30, share, place: () => path }) };
}

async function collect(bytes: number, share?: MemoryShare) {
  const { stream, content } = createSink(share);
  await once(stream.end(Buffer.alloc(bytes)), 'close');
  return content();
}

test('files lie in memory while there is room for all of them, and one that has gone to disk gives its room back', async () => {
  const share = { leftBytes: 1000 };
  const onDisk = [];
  for (const bytes of [600, 500, 400, 1]) onDisk.push(isOnDisk(await collect(bytes, share)));
  assert.deepEqual(onDisk, [false, true, false, true]);
  assert.equal(share.leftBytes, 0);
});

test('a file that is given up while it is opened is closed, and is not left', async () => {
  const openFiles = () => (existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0);
  const before = openFiles();
  const sinks = Array.from({ length: 20 }, () => createSink());
  const closed = sinks.map(({ stream }) => {
    stream.write(Buffer.alloc(largestInMemoryBytes + 1));
    return once(stream.destroy(), 'close');
  });
  await Promise.all(closed);
  assert.equal(openFiles(), before);
  assert.deepEqual(
    sinks.map(({ path }) => existsSync(path)),
    sinks.map(() => false),
  );
});
