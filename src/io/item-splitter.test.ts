import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFrameSplitter, createLineSplitter } from './item-splitter.ts';

for (const [what, createSplitter, first, rest] of [
  ['lines', createLineSplitter, '[1', ']\n'],
  ['frames', createFrameSplitter, '\0\u0003\0\0\0[1', ']'],
] as const) {
  test(`what waits for its end in ${what} is a copy: whoever read it may read into the same buffer again`, () => {
    const splitter = createSplitter(100);
    const buffer = Buffer.from(first);
    assert.deepEqual(splitter.push(buffer), []);
    buffer.fill('x');
    const [item] = splitter.push(Buffer.from(rest));
    assert.equal(Buffer.from(item?.content ?? []).toString(), '[1]');
  });
}
