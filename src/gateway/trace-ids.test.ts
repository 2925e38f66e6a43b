import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTraceIds } from './trace-ids.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';
const read = createTraceIds();

test("a caller's trace is kept with a span of our own", () => {
  const { traceId, spanId, isSampled } = read(`00-${trace}-${parent}-01`);
  assert.deepEqual([traceId, isSampled], [trace, true]);
  assert.match(spanId, /^[0-9a-f]{16}$/);
  assert.notEqual(spanId, parent);
});

for (const [flags, isSampled] of [
  ['00', false],
  ['01', true],
  ['02', false],
  ['03', true],
  ['ff', true],
] as const) {
  test(`the flags ${flags} say ${isSampled ? '' : 'not '}sampled`, () => {
    assert.equal(read(`00-${trace}-${parent}-${flags}`).isSampled, isSampled);
  });
}

test('a later version with more at its end is understood as far as it goes', () => {
  assert.equal(read(`01-${trace}-${parent}-01-more`).traceId, trace);
});

for (const given of [
  undefined,
  '',
  'nonsense',
  `00-${'0'.repeat(32)}-${parent}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${parent}-01`,
  `00-${trace.slice(1)}-${parent}-01`,
  `00-${trace}${parent}-01`,
  `00-${trace}-${parent}`,
  ` 00-${trace}-${parent}-01`,
  `ff-${trace}-${parent}-01`,
  `00-${trace}-${parent}-01-more`,
  `00-${trace}-${parent}-011`,
]) {
  test(`${given === undefined ? 'nothing' : JSON.stringify(given)} begins a new trace`, () => {
    const made = read(given);
    assert.match(made.traceId, /^[0-9a-f]{32}$/);
    assert.notEqual(made.traceId, trace);
    assert.equal(made.isSampled, false);
  });
}

test('a hundred thousand ids are all different', () => {
  const seen = new Set<string>();
  for (let n = 0; n < 50_000; n++) {
    const { traceId, spanId } = read(undefined);
    seen.add(traceId).add(spanId);
  }
  assert.equal(seen.size, 100_000);
});
