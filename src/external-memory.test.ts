import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const fixture = fileURLToPath(new URL('external-memory.fixture.ts', import.meta.url));
const run = async (...words: string[]) =>
  promisify(execFile)(process.execPath, [...process.execArgv, fixture, ...words]);

test('bytes that come by have the heap looked through less often, and an older Node is not bothered', async () => {
  const [counted, ever] = [await run('counted'), await run()];
  assert.equal(counted.stderr, '');
  const [few, many] = [Number.parseInt(counted.stdout, 10), Number.parseInt(ever.stdout, 10)];
  if (Number.parseInt(process.versions.v8, 10) >= 13) assert.ok(few <= many * 0.8, `${few} times, ${many} without`);
  else assert.ok(many > 0);
});
