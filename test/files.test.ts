import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from 'bentots/client';
import type { Files } from './fixtures/files.ts';
import { heldBytes } from './held-bytes.ts';
import { useTemporaryFolder } from './spool-folder.ts';
import { createNote, start } from './start.ts';

const mebibyte = 1024 * 1024;

/** Reads an answer piece by piece; gives its size, and how much more buffers held meanwhile. */
async function drain(response: Response): Promise<{ size: number; peakBytes: number }> {
  const before = heldBytes();
  let [size, peakBytes, seen] = [0, 0, 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size - seen < 4 * mebibyte) continue;
    seen = size;
    peakBytes = Math.max(peakBytes, heldBytes() - before);
  }
  return { size, peakBytes };
}

test('a large file is answered from disk: the gateway never holds it, and keeps nothing of it', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  for (const path of ['/large', '/bytes', '/picture']) {
    const response = await files.post(path, { mebibytes: 48 });
    const { size, peakBytes } = await drain(response);
    assert.equal(response.headers.get('content-length'), String(48 * mebibyte));
    assert.equal(size, 48 * mebibyte);
    assert.ok(peakBytes < 24 * mebibyte, `${path}: ${peakBytes} bytes in buffers`);
    await folder.until(0);
  }
});

test('a large file in an object is JSON as a small one is', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  const { file, size } = await createClient<Files>(files.url).inside(3);
  assert.deepEqual([file.size, file.name, size], [3 * mebibyte, 'large.bin', 3]);
  await folder.until(0);
});

test('what a caller did not take is removed, whenever it left', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  const leave = new AbortController();
  const response = await files.post('/large', { mebibytes: 64 }, { signal: leave.signal });
  assert.equal(folder.files().length, 1);
  leave.abort();
  await folder.until(0);
  await response.text().catch(() => {});

  using note = createNote();
  const leaveEarly = new AbortController();
  const asked = files.post('/late', { note: note.path }, { signal: leaveEarly.signal }).catch(() => {});
  await note.until('asked');
  leaveEarly.abort();
  await asked;
  await note.until('gives');
  await folder.until(1); // it is written while nobody waits for it
  await folder.until(0);
});

test('a result that cannot be sent leaves no file', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  const response = await files.post('/unsendable', {});
  assert.equal(((await response.json()) as { code: string }).code, 'OUTPUT_INVALID');
  await folder.until(0);
});

test('a result of which a part cannot be sent leaves no file that is still written, and its worker lives', async () => {
  using folder = useTemporaryFolder();
  using note = createNote();
  await using files = await start('files');
  const pid = await (await files.post('/pid', {})).text();
  const response = await files.post('/refused', { note: note.path });
  assert.equal(((await response.json()) as { code: string }).code, 'OUTPUT_INVALID');
  await note.until('written');
  await folder.until(0);
  assert.equal(await (await files.post('/pid', {})).text(), pid);
});

test('a form has large files from disk, and large bytes beside them in JSON', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  const response = await files.post('/scan', {}, { headers: { accept: 'multipart/form-data' } });
  const form = await response.formData();
  assert.deepEqual([...form.keys()], ['cover', 'raw']); // what is undefined is left out
  const raw = Buffer.from(JSON.parse(String(form.get('raw'))), 'base64');
  assert.deepEqual([(form.get('cover') as File).size, raw.length, raw[0]], [2 * mebibyte, 2 * mebibyte, 7]);
  await folder.until(0);
});

test('a File is a Blob, and is answered where one is declared', async () => {
  await using files = await start('files');
  const response = await files.post('/named', {});
  assert.deepEqual(
    [response.status, response.headers.get('content-disposition'), (await response.bytes()).length],
    [200, "attachment; filename*=utf-8''a%20%22file%22.bin", 2 * mebibyte],
  );
});

test('a worker that is killed leaves no files', { skip: process.platform === 'win32' }, async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  const pid = Number(await (await files.post('/pid', {})).text());
  const asked = files.post('/endless', {});
  await folder.until(1);
  process.kill(pid, 'SIGKILL');
  assert.equal((await asked).status, 503);
  await folder.until(0);
});

test('the folder is for nobody else, is gone after a stop, and what a killed server left goes at the next start', async () => {
  using folder = useTemporaryFolder();
  {
    await using files = await start('files');
    const response = await files.post('/large', { mebibytes: 2 });
    const [name = ''] = folder.spools();
    if (process.platform !== 'win32') assert.equal(statSync(join(folder.path, name)).mode & 0o777, 0o700);
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    const leftover = join(folder.path, name.replace(`_${process.pid}_`, `_${dead.pid}_`));
    mkdirSync(leftover);
    writeFileSync(join(leftover, '1'), 'left');
    await response.arrayBuffer();
  }
  assert.equal(folder.spools().length, 1, 'the one that was left');
  await (await start('files')).server.stop();
  assert.deepEqual(folder.spools(), []);
});

test('where nothing can be kept, large files are answered 503 and small ones as ever', async () => {
  using folder = useTemporaryFolder();
  await using files = await start('files');
  rmSync(folder.path, { recursive: true });
  writeFileSync(folder.path, 'no folder');
  const response = await files.post('/large', { mebibytes: 2 });
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [503, 'SPOOL_FAILED']);
  await files.line(({ level, message }) => level === 'error' && message.includes('ENOTDIR'));
  assert.equal((await drain(await files.post('/large', { mebibytes: 1 }))).size, mebibyte);
});
