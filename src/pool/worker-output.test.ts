import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { printRecord } from '../spec/output-record.ts';
import { readOutput } from './worker-output.ts';

/** What comes of some chunks on standard error. */
async function read(...chunks: (string | Buffer)[]) {
  const stream = new PassThrough();
  const lines: string[] = [];
  const output = readOutput(stream, 'stderr', 'k3y', (level, message) => lines.push(`${level}: ${message}`));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await output.closed;
  return { lines, tail: output.tail };
}

const record = printRecord('k3y', { level: 'info', message: 'two\nlines' });

test('lines and records come through whole, however they are cut', async () => {
  const all = Buffer.from(`grüße\n${record}rest`);
  for (let at = 1; at < all.length; at++) {
    const { lines } = await read(all.subarray(0, at), all.subarray(at));
    assert.deepEqual(lines, ['warn: grüße', 'info: two\nlines', 'warn: rest']);
  }
});

test('a record after a text without an end of line is still a record', async () => {
  assert.deepEqual((await read(`50 %${record}`)).lines, ['warn: 50 %', 'info: two\nlines']);
});

test('what does not know the key passes for text', async () => {
  const forged = printRecord('other', { level: 'error', message: 'forged' });
  assert.deepEqual((await read(forged)).lines, [`warn: ${forged.trimEnd()}`]);
});

test('the tail has the last of what is no record, and no more than 8 Ki characters', async () => {
  const { tail } = await read('a'.repeat(20_000), `\nlast ${record}words\n`);
  assert.match(tail, /last \nwords\n$/);
  assert.ok(tail.length <= 8 * 1024);
});
