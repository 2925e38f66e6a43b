import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const fixture = fileURLToPath(new URL('young-generation.fixture.ts', import.meta.url));
const sizeOf = async (...words: string[]) =>
  Number((await promisify(execFile)(process.execPath, [...process.execArgv, fixture, ...words])).stdout);

test('the young generation of a server grows no further than it needs to', async () => {
  const [limited, unlimited] = [await sizeOf('limited'), await sizeOf()];
  assert.ok(limited <= unlimited / 2, `${limited} bytes with the limit, ${unlimited} without`);
});
