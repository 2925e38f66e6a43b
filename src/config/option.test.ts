import assert from 'node:assert/strict';
import { test } from 'node:test';
import { option } from './option.ts';

const count = option.count({ default: 1, min: 0, max: 10, doc: '' });

for (const value of [0, 1, 10]) {
  test(`a count from 0 to 10 may be ${value}`, () => {
    assert.equal(count.accepts(value), true);
  });
}

for (const value of [-1, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1', 1n, null, true, [1]]) {
  test(`a count from 0 to 10 may not be ${typeof value} ${String(value)}`, () => {
    assert.equal(count.accepts(value), false);
  });
}

for (const [text, expected] of [
  ['7', 7],
  [' 7 ', 7],
  ['1e1', 10],
  ['0x0a', 10],
] as const) {
  test(`a count may be written ${JSON.stringify(text)}`, () => {
    const value = count.fromText(text);
    assert.deepEqual([value, count.accepts(value)], [expected, true]);
  });
}

for (const text of ['', '  ', 'many', '1,5', '1.5', '-1', 'Infinity', 'NaN', '1_0', '7 workers']) {
  test(`a count may not be written ${JSON.stringify(text)}`, () => {
    assert.equal(count.accepts(count.fromText(text)), false);
  });
}

test('a count without an upper bound ends at the largest whole number that is exact', () => {
  const open = option.count({ default: 1, min: 1, doc: '' });
  assert.deepEqual(
    [open.accepts(Number.MAX_SAFE_INTEGER), open.accepts(Number.MAX_SAFE_INTEGER + 1), open.wanted],
    [true, false, 'a whole number, 1 or more'],
  );
});

test('a duration is never longer than a timer can wait', () => {
  const ms = option.ms({ default: 1, min: 0, doc: '' });
  assert.deepEqual([ms.accepts(2 ** 31 - 1), ms.accepts(2 ** 31)], [true, false]);
  assert.equal(ms.wanted, 'a whole number of milliseconds, from 0 to 2147483647');
});

test('a size says that it is one of bytes', () => {
  assert.equal(option.bytes({ default: 1, min: 1, max: 8, doc: '' }).wanted, 'a whole number of bytes, from 1 to 8');
});

test('a ratio is above 0 and at most 1', () => {
  const ratio = option.ratio({ default: 0.8, doc: '' });
  const values = [0, -0, -0.1, 1.000_001, Number.NaN, Number.POSITIVE_INFINITY, '0.5', Number.MIN_VALUE, 0.5, 1];
  assert.deepEqual(
    values.filter((value) => ratio.accepts(value)),
    [Number.MIN_VALUE, 0.5, 1],
  );
  assert.equal(ratio.accepts(ratio.fromText('')), false);
});

test('a text is accepted by its pattern and only if it is a string', () => {
  const text = option.text({ default: undefined, pattern: /^[a-z]+$/, wanted: 'letters', doc: '' });
  const fake = { toString: () => 'abc' };
  assert.deepEqual(
    ['abc', 'ABC', '', 'abc\n', undefined, fake].map((value) => text.accepts(value)),
    [true, false, false, false, false, false],
  );
});

test('a choice is one of its words, letter by letter', () => {
  const choice = option.choice({ of: ['text', 'json'], default: 'text', doc: '' });
  assert.deepEqual(
    ['text', 'Text', 'toString', 0].map((value) => choice.accepts(value)),
    [true, false, false, false],
  );
  assert.equal(choice.wanted, 'one of text, json');
});

test('a count that may be left out has no default', () => {
  const optional = option.optionalCount({ min: 1, max: 4, doc: '' });
  assert.deepEqual([optional.default, optional.accepts(4), optional.accepts(undefined)], [undefined, true, false]);
});
