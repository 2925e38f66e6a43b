import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logModelProgress } from './model-progress.ts';

test('the log says how a download begins, goes on every ten seconds, and ends', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const tell = logModelProgress(
    (level, message, { bytes }) => void lines.push(`${level} ${message} ${bytes}`),
    () => nowMs,
  );
  for (let bytes = 0; bytes <= 100; bytes++) {
    tell({ what: 'a', bytes, totalBytes: 100 });
    if (bytes === 50) tell({ what: 'b', bytes: 1, totalBytes: 3 });
    nowMs += 250;
  }
  assert.deepEqual(lines, [
    'info fetching the model a: 0 % 0',
    'info fetching the model a: 40 % 40',
    'info fetching the model b: 33 % 1',
    'info fetching the model a: 80 % 80',
    'info fetched the model a 100',
  ]);
});
