import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createValidatorCompiler, summarize } from './validator.ts';

const compile = createValidatorCompiler();
const violationsOf = (schema: object, value: unknown, everything = true) => {
  const validator = compile(schema as Readonly<Record<string, unknown>>);
  assert.equal(validator.fits(value), false);
  return validator.violations(value, everything);
};
const sentenceOf = (schema: object, value: unknown) => summarize(violationsOf(schema, value, false));

for (const [schema, value, sentence] of [
  [{ type: 'string' }, 5, 'the value must be string, but is 5'],
  [{ type: ['number', 'null'] }, 'x', 'the value must be number or null, but is "x"'],
  [{ type: 'number' }, [1, 2, 3], 'the value must be number, but is an array of 3'],
  [{ type: 'number' }, {}, 'the value must be number, but is an object'],
  [{ type: 'number' }, null, 'the value must be number, but is null'],
  [{ enum: ['a', 1, null] }, 'b', 'the value must be "a", 1 or null, but is "b"'],
  [{ const: 'a' }, 'b', 'the value must be "a", but is "b"'],
  [{ minimum: 3 }, 2, 'the value must be at least 3, but is 2'],
  [{ type: 'object', required: ['a'] }, {}, 'a is missing'],
] as const) {
  test(`what is wrong is said in words: ${sentence}`, () => {
    assert.equal(sentenceOf(schema, value), sentence);
  });
}

test('a place is written as a path', () => {
  const schema = {
    properties: { items: { items: { properties: { price: { type: 'number' } } } } },
  };
  const violations = violationsOf(schema, { items: [{}, { price: 'x' }] });
  assert.deepEqual(violations[0]?.loc, ['items', 1, 'price']);
  assert.equal(summarize(violations), 'items[1].price must be number, but is "x"');
});

test('a missing key is part of its place', () => {
  const schema = { properties: { a: { type: 'object', required: ['b'] } } };
  assert.deepEqual(violationsOf(schema, { a: {} }), [{ loc: ['a', 'b'], msg: 'is missing', type: 'required' }]);
});

for (const key of ['a/b', 'a~b', '~1', '~0', '~01', '/', '', 'a b', 'é', '__proto', 'a.b']) {
  test(`the key ${JSON.stringify(key)} is in the place as it was written`, () => {
    assert.deepEqual(violationsOf({ properties: { [key]: { type: 'number' } } }, { [key]: 'x' })[0]?.loc, [key]);
  });
}

test('an index is a number; what only begins like one is a key', () => {
  assert.deepEqual(violationsOf({ items: { type: 'number' } }, [1, 'x'])[0]?.loc, [1]);
  for (const key of ['01', '1.0', '-1', '1e3', '+1', ' 1']) {
    assert.deepEqual(violationsOf({ properties: { [key]: { type: 'number' } } }, { [key]: 'x' })[0]?.loc, [key]);
  }
});

test('a key of an object that is written like an index is still a key', () => {
  const schema = { type: 'object', additionalProperties: { type: 'number' } };
  assert.deepEqual(violationsOf(schema, { 7: 'x' })[0]?.loc, ['7']);
});

test('everything that is wrong is listed, at most a hundred times', () => {
  const schema = { items: { type: 'number' } };
  assert.equal(violationsOf(schema, Array(99).fill('x')).length, 99);
  assert.equal(violationsOf(schema, Array(5000).fill('x')).length, 100);
});

test('without everything only the first is listed', () => {
  assert.equal(violationsOf({ items: { type: 'number' } }, ['x', 'y'], false).length, 1);
});

test('the sentence for many violations says the first and how many more', () => {
  const violations = violationsOf({ items: { type: 'number' } }, ['x', 'y', 'z']);
  assert.equal(summarize(violations), '[0] must be number, but is "x" (and 2 more)');
  assert.equal(summarize([]), 'it does not fit its declared type');
});

for (const [step, multiples, others] of [
  [0.1, [0, 0.1, 0.3, 0.7, 1.1, -0.3, 1e21], [0.35, 0.30000000001, 1e-9]],
  [0.01, [19.99, 4.35, 1234567.89], [19.999, 0.001]],
  [0.25, [1e21, -0.75], [0.2]],
  [3, [0, 9, -3, 2 ** 53 - 2], [1, 8.999999999999, 1e-300, 1e21]],
] as const) {
  test(`a multiple of ${step} is one that a person would call so`, () => {
    const { fits } = compile({ type: 'number', multipleOf: step });
    for (const value of multiples) assert.equal(fits(value), true, String(value));
    for (const value of others) assert.equal(fits(value), false, String(value));
  });
}

test('NaN and infinities are no numbers', () => {
  const { fits } = compile({ type: 'number' });
  assert.deepEqual([Number.NaN, Infinity, -Infinity, -0, Number.MAX_VALUE].map(fits), [
    false,
    false,
    false,
    true,
    true,
  ]);
});

test('a number in a string is no number, and a whole one written 1.0 is whole', () => {
  assert.equal(compile({ type: 'number' }).fits('1'), false);
  assert.equal(compile({ type: 'integer' }).fits(JSON.parse('1.0')), true);
});

test('what every object inherits is not there', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const { fits } = compile({ type: 'object', required: [name] });
    assert.equal(fits({}), false, name);
    assert.equal(fits(JSON.parse(`{"${name}":1}`)), true, name);
  }
  assert.equal(compile({ type: 'object', properties: { toString: { type: 'number' } } }).fits({}), true);
});

test('a long text is cut in the message, with its length', () => {
  const [violation] = violationsOf({ type: 'number' }, 'é'.repeat(5000));
  assert.match(violation?.msg ?? '', /^must be number, but is "é{60}"… \(5000 characters\)$/);
});

test('a text with line breaks and quotes stays on one line', () => {
  assert.equal(sentenceOf({ type: 'number' }, 'a\n"b"'), 'the value must be number, but is "a\\n\\"b\\""');
});

test('a value that JSON cannot say can be told of', () => {
  assert.equal(sentenceOf({ type: 'string' }, 5n), 'the value must be string, but is 5');
  assert.equal(sentenceOf({ type: 'string' }, undefined), 'the value must be string, but is undefined');
});

test('half of a surrogate pair is not left over where a text is cut', () => {
  const said = sentenceOf({ type: 'number' }, `${'x'.repeat(59)}😀😀`);
  assert.equal(said, `the value must be number, but is "${'x'.repeat(59)}"… (63 characters)`);
});

test('a list of many words is cut, and the sentence still ends well', () => {
  const words = Array.from({ length: 500 }, (_, index) => `word${index}`);
  assert.ok(sentenceOf({ enum: words }, 'x').length < 300);
});

test('a value that holds itself, or throws when it is read, is told of and not thrown', () => {
  const tree = { $ref: '#/$defs/T', $defs: { T: { type: 'object', properties: { next: { $ref: '#/$defs/T' } } } } };
  const round: Record<string, unknown> = {};
  round.next = round;
  const thrower = { type: 'object', properties: { a: { type: 'number' } } };
  const throwing = Object.defineProperty({}, 'a', {
    enumerable: true,
    get() {
      throw new Error('not to be read');
    },
  });
  for (const [schema, value] of [
    [tree, round],
    [thrower, throwing],
  ] as const) {
    for (const everything of [true, false]) {
      const [violation] = compile(schema).violations(value, everything);
      assert.deepEqual(violation, {
        loc: [],
        msg: 'cannot be read: it is too deep, or holds itself',
        type: 'unreadable',
      });
    }
  }
});

test('a getter whose value is wrong is told like any other value', () => {
  const value = {
    get a() {
      return 'x';
    },
  };
  assert.equal(sentenceOf({ properties: { a: { type: 'number' } } }, value), 'a must be number, but is "x"');
});

// Comparing every missing field with every unknown key letter by letter would be some 10^8 steps, a second or more.
test('a hundred missing fields in an object with 10,000 unknown keys are told in time', () => {
  const names = Array.from({ length: 100 }, (_, at) => `temperature_of_sensor_${at}`);
  const schema = { type: 'object', properties: Object.fromEntries(names.map((n) => [n, {}])), required: names };
  const { violations } = compile(schema);
  const quickestMs = (keys: number) => {
    const value = Object.fromEntries(Array.from({ length: keys }, (_, at) => [`temperature_of_sensors_${at}`, 1]));
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now();
      assert.equal(violations(value, true).length, 100);
      return performance.now() - begun;
    });
    return Math.min(...times);
  };
  assert.ok(quickestMs(10_000) < 30 * quickestMs(100)); // reading the keys alone takes longer, comparing them all would take 100 times as long
});

test('whatever a caller sends, each message is short and on one line, and so is its place', () => {
  const nasty = '\u001b[31m\u202e\n\u2028"'.repeat(5000);
  const field = { type: 'object', required: ['a'], additionalProperties: false, properties: { a: {} } };
  const schema = {
    type: 'object',
    properties: { word: { enum: ['a'] }, pattern: { type: 'string', pattern: '^x$' }, closed: field },
    additionalProperties: { anyOf: [{ type: 'number' }, field, { ...field, required: ['b'] }] },
  };
  const value = { word: nasty, pattern: nasty, closed: { [nasty]: 1 }, [nasty]: { [nasty]: nasty }, x: nasty };
  const violations = violationsOf(schema, value);
  assert.ok(violations.length >= 6);
  for (const violation of violations) {
    const said = summarize([violation]);
    assert.ok(said.length < 800, `${said.length}: ${said}`);
    assert.doesNotMatch(said, /[\p{Cc}\p{Zl}\p{Bidi_Control}]/u);
    for (const part of violation.loc) assert.ok(String(part).length <= 201);
  }
});

test('of what an array or an object holds nothing is told but the names of its fields', () => {
  const said = sentenceOf(
    {
      anyOf: [
        { type: 'object', required: ['a'] },
        { type: 'object', required: ['b'] },
      ],
    },
    {
      token: 'secret',
    },
  );
  assert.equal(said, 'the value must be an object with a or an object with b, but is an object with token');
  assert.equal(sentenceOf({ type: 'string' }, ['secret']), 'the value must be string, but is an array of 1');
});

test('a recursive schema is checked all the way down', () => {
  const schema = {
    $ref: '#/$defs/Tree',
    $defs: { Tree: { type: 'object', properties: { next: { $ref: '#/$defs/Tree' }, name: { type: 'string' } } } },
  };
  assert.deepEqual(violationsOf(schema, { next: { next: { name: 1 } } })[0]?.loc, ['next', 'next', 'name']);
});

test('formats are checked', () => {
  assert.equal(sentenceOf({ type: 'string', format: 'uuid' }, 'x'), 'the value must be a valid uuid, but is "x"');
});

/** Two kinds of node that only a word tells apart, each with nodes below: what a recursive union of TypeScript becomes. */
const expression = (keys: readonly string[]) => {
  const kind = (word: string) => ({
    type: 'object',
    properties: Object.fromEntries(
      keys.map((key) => [key, key === 'op' ? { type: 'string', const: word } : { $ref: '#/$defs/Expression' }]),
    ),
    required: ['op'],
  });
  return {
    $ref: '#/$defs/Expression',
    $defs: { Expression: { anyOf: [kind('add'), kind('multiply')] } },
  };
};
const nested = (depth: number): object =>
  depth === 0 ? { op: 'unknown' } : { op: 'multiply', left: nested(depth - 1) };

for (const keys of [
  ['op', 'left'],
  ['left', 'op'],
]) {
  // A body of 1 kB that is checked for hours would stop the gateway for everyone; 2^16 steps are some 100 ms.
  test(`a wrong value deep in a recursive union (${keys}) is found in time that grows with its size`, () => {
    const validator = compile(expression(keys));
    const timeOf = (depth: number) => {
      const value = nested(depth);
      const begun = performance.now();
      assert.equal(validator.fits(value), false);
      validator.violations(value, true);
      return performance.now() - begun;
    };
    timeOf(8);
    const [shallow, deep] = [timeOf(8), timeOf(16)]; // twice as deep; doubling at every level makes it 256 times as long
    assert.ok(deep < 20 + 20 * shallow, `${shallow.toFixed(2)} ms for 8 levels, ${deep.toFixed(2)} ms for 16`);
  });
}

test('what stands beside a union that one word tells apart holds, too', () => {
  const member = (kind: string) => ({ type: 'object', properties: { kind: { const: kind } }, required: ['kind'] });
  const union = { anyOf: [member('a'), member('b')] };
  assert.equal(sentenceOf({ ...union, allOf: [{ required: ['size'] }] }, { kind: 'a' }), 'size is missing');
  const { fits } = compile({ ...union, oneOf: [{ required: ['x'] }, { required: ['y'] }] });
  assert.deepEqual([fits({ kind: 'a', x: 1 }), fits({ kind: 'a', x: 1, y: 1 })], [true, false]);
});

test('a value that looks like a union is left as it is', () => {
  const member = (kind: string) => ({ properties: { kind: { const: kind } }, required: ['kind'] });
  const value = { anyOf: [member('a'), member('b')] };
  assert.ok(compile({ const: value }).fits(value));
});
