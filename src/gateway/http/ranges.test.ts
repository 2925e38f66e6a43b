import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRange } from './ranges.ts';

const etag = '"abc"';

for (const [range, size, decided] of [
  [undefined, 10, 'whole'],
  ['bytes=0-3', 10, { start: 0, end: 3 }],
  ['bytes=2-2', 10, { start: 2, end: 2 }],
  ['bytes=2-', 10, { start: 2, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-30', 10, { start: 0, end: 9 }],
  ['bytes=4-99', 10, { start: 4, end: 9 }],
  [`bytes=0-${'9'.repeat(400)}`, 10, { start: 0, end: 9 }],
  ['BYTES=0-3', 10, { start: 0, end: 3 }],
  ['bytes = 0-3', 10, 'whole'],
  ['bytes=10-', 10, 'none'],
  ['bytes=10-12', 10, 'none'],
  [`bytes=${'9'.repeat(400)}-`, 10, 'none'],
  ['bytes=-0', 10, 'none'],
  ['bytes=0-0', 0, 'none'],
  ['bytes=-5', 0, 'none'],
  ['bytes=3-2', 10, 'whole'],
  ['bytes=-', 10, 'whole'],
  ['bytes=', 10, 'whole'],
  ['bytes=a-b', 10, 'whole'],
  ['bytes=1.5-2', 10, 'whole'],
  ['bytes=-1-2', 10, 'whole'],
  ['lines=0-3', 10, 'whole'],
  ['bytes=0-1,4-5', 10, 'whole'],
  ['', 10, 'whole'],
] as const) {
  test(`of ${size} bytes the range ${JSON.stringify(range?.slice(0, 40))} is ${JSON.stringify(decided)}`, () => {
    assert.deepEqual(decideRange({ range }, etag, size), decided);
  });
}

for (const [ifRange, decided] of [
  ['"abc"', { start: 0, end: 3 }],
  [' "abc" ', { start: 0, end: 3 }],
  ['"other"', 'whole'],
  ['W/"abc"', 'whole'],
  ['abc', 'whole'],
  ['Sat, 01 Jan 2000 00:00:00 GMT', 'whole'],
  ['', 'whole'],
] as const) {
  test(`a range only if the file is ${ifRange} is ${JSON.stringify(decided)}`, () => {
    assert.deepEqual(decideRange({ range: 'bytes=0-3', 'if-range': ifRange }, etag, 10), decided);
  });
}

test('a header full of spaces is read in time that grows with its length', () => {
  assert.equal(decideRange({ range: `bytes=${' '.repeat(16_000)}1${' '.repeat(16_000)}x` }, etag, 10), 'whole');
});
