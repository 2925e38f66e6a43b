/** Values that JSON would change without a word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertJson } from './check-json.ts';

const refusals: readonly [value: unknown, message: RegExp][] = [
  [[1, [Number.NaN]], /^x\[1\]\[0\] is NaN, which JSON has not/],
  [{ a: { 'b c': -Infinity } }, /^x\.a\["b c"\] is -Infinity/],
  [[undefined], /^x\[0\] is undefined.*null/],
  [[() => 1], /^x\[0\] is a function/],
  [{ s: Symbol('s') }, /^x\.s is a symbol/],
  [new Date(Number.NaN), /^x is an invalid Date/],
  [new Map([['a', new Date(Number.NaN)]]), /^x\[0\]\[1\] is an invalid Date/],
  [Promise.resolve(1), /^x is a promise; await it/],
];

for (const [value, message] of refusals) {
  test(`an argument is refused because it ${message.source.replace(/^\^|\\/g, '')}`, () => {
    assert.throws(() => assertJson(value, 'x'), { name: 'TypeError', message });
  });
}

test('a value that contains itself is refused, one that is shared is not', () => {
  const cycle: unknown[] = [];
  cycle.push({ again: cycle });
  assert.throws(() => assertJson(cycle, 'x'), /x\[0\]\.again contains itself/);
  const shared = { a: 1 };
  assertJson([shared, shared], 'x');
});

test('dates, nulls, undefined fields and objects with toJSON are sent as JSON has them', () => {
  assertJson({ at: new Date(0), none: null, left: undefined, own: { toJSON: () => 'text' } }, 'x');
});
