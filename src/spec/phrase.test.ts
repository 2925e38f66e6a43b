/** What a caller is told of a value that does not fit, rule by rule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createValidatorCompiler, summarize } from './validator.ts';

const compile = createValidatorCompiler();

const string = { type: 'string' };
const number = { type: 'number' };
const nothing = { type: 'null' };
const object = (properties: object, required = Object.keys(properties), more: object = {}) => ({
  type: 'object',
  properties,
  required,
  ...more,
});
const person = object({ name: string, age: number }, ['name']);
const closed = { ...person, additionalProperties: false };
const shape = (kind: string, size: string) => object({ kind: { type: 'string', const: kind }, [size]: number });
const shapes = [shape('circle', 'radius'), shape('square', 'side')];
const pair = object({ left: string, right: string });
const colours = { type: 'string', enum: ['red', 'green', 'blue', 'black'] };
const reference = { $ref: '#/$defs/Person' };
const withPerson = (schema: object) => ({ ...schema, $defs: { Person: person } });
const many = Array.from({ length: 500 }, (_, index) => `word${index}`);

type Row = readonly [sentence: string, schema: object, value: unknown];

const tables: Readonly<Record<string, readonly Row[]>> = {
  'a wrong type': [
    ['the value must be string, but is 5', string, 5],
    ['the value must be string or null, but is 5', { type: ['string', 'null'] }, 5],
    ['the value must be a whole number, but is 1.5', { type: 'integer' }, 1.5],
    ['the value must be a whole number or null, but is "1"', { type: ['integer', 'null'] }, '1'],
    ['the value must be an object, but is an empty array', person, []],
    ['the value must be an array, but is an object', { type: 'array' }, {}],
    [
      'the value must be a file: the part of a form that has a file name, or an object with its base64 text as "data", but is "/a"',
      { 'x-io-type': 'file', type: 'object' },
      '/a',
    ],
    ['the value must be number, but is a function', number, () => 1],
    ['the value must be number, but is a symbol', number, Symbol('secret')],
    ['the value must be number, but is a bigint', number, 10n ** 100n],
    ['the value must be number, but is Infinity', number, Infinity],
    [
      '["a b"].c must be number, but is true',
      { properties: { 'a b': { properties: { c: number } } } },
      { 'a b': { c: true } },
    ],
    [
      'a["b\\nc"] must be number, but is true',
      { properties: { a: { additionalProperties: number } } },
      { a: { 'b\nc': true } },
    ],
  ],
  'a bound': [
    ['the value must be at least 1, but is 0', { type: 'number', minimum: 1 }, 0],
    ['the value must be at most 2, but is 2.5', { type: 'number', maximum: 2 }, 2.5],
    ['the value must be above 0, but is 0', { type: 'number', exclusiveMinimum: 0 }, 0],
    ['the value must be below 1, but is 1', { type: 'number', exclusiveMaximum: 1 }, 1],
    ['the value must be a multiple of 0.5, but is 0.7', { type: 'number', multipleOf: 0.5 }, 0.7],
    ['the value must have at least 1 character, but has 0', { type: 'string', minLength: 1 }, ''],
    ['the value must have at most 3 characters, but has 4', { type: 'string', maxLength: 3 }, 'a😀bc'],
    ['the value must have at least 1 item, but has 0', { type: 'array', minItems: 1 }, []],
    ['the value must have at most 5 items, but has 7', { type: 'array', maxItems: 5 }, Array(7).fill(0)],
    [
      'the value must have at most 1 item, but has 2',
      { type: 'array', prefixItems: [number], items: false, maxItems: 1 },
      [1, 2],
    ],
    ['the value must have at most 1 item, but has 2', { type: 'array', prefixItems: [number], items: false }, [1, 2]],
    ['the value must have at least 2 fields, but has 1', { type: 'object', minProperties: 2 }, { a: 1 }],
    [
      'the value must have no item twice, but [0] and [2] are the same',
      { type: 'array', items: string, uniqueItems: true },
      ['a', 'b', 'a'],
    ],
  ],
  'a form': [
    ['the value must match ^[a-z]+$, but is "A"', { type: 'string', pattern: '^[a-z]+$' }, 'A'],
    ['the value must match ^\\d "\\u000a"$, but is "A"', { type: 'string', pattern: '^\\d "\n"$' }, 'A'],
    ['the value must be a valid uuid, but is "x"', { type: 'string', format: 'uuid' }, 'x'],
    ['the value must be a valid email, but is "x"', { type: 'string', format: 'email' }, 'x'],
    [
      'the value must be a valid date-time such as 2024-05-31T12:00:00Z, but is "2024-05-31"',
      { type: 'string', format: 'date-time' },
      '2024-05-31',
    ],
    [
      'abc is not allowed as a key, which must match ^-?[0-9]+$',
      { type: 'object', propertyNames: { pattern: '^-?[0-9]+$' } },
      { abc: 1 },
    ],
    ['b must be left out', object({ b: { not: {} } }, []), { b: 1 }],
    ['b must be left out', { properties: { b: false } }, { b: 1 }],
  ],
  'a field': [
    ['name is missing', person, {}],
    ['name is missing; did you mean it by "nmae"?', person, { nmae: 'Ada' }],
    ['person.name is missing; did you mean it by "Name"?', object({ person }), { person: { Name: 'Ada' } }],
    ['maxTokens is missing; did you mean it by "max_tokens"?', object({ maxTokens: number }), { max_tokens: 5 }],
    ['name is missing', person, { age: 3 }], // a field of its own
    ['name is missing', object({ name: string }), { age: 3 }], // two edits away, and another word
    ['a is missing', object({ a: number, b: number }), { b: 1, x: 1 }],
    ['mode is missing; it must be "fast" or "exact"', object({ mode: { enum: ['fast', 'exact'] } }), {}],
    ['agee is no field of the object; did you mean "age"?', closed, { name: 'Ada', agee: 1 }],
    [
      'person.agee is no field of the object; did you mean "age"?',
      object({ person: closed }),
      { person: { name: 'Ada', agee: 1 } },
    ],
    ['height is no field of the object; there is name and age', closed, { name: 'Ada', height: 1 }],
    ['a is no field of the object', { type: 'object', additionalProperties: false }, { a: 1 }],
  ],
  'a word': [
    [
      'the value must be one of "red", "green", "blue" or "black", but is "gren"; did you mean "green"?',
      colours,
      'gren',
    ],
    ['the value must be one of "red", "green", "blue" or "black", but is "RED"; did you mean "red"?', colours, 'RED'],
    ['the value must be one of "red", "green", "blue" or "black", but is 5', colours, 5],
    [
      'the value must be "fast" or null, but is "fsat"; did you mean "fast"?',
      { type: ['string', 'null'], enum: ['fast', null] },
      'fsat',
    ],
    ['the value must be "fast", but is "slow"', { const: 'fast' }, 'slow'],
    ['the value must be 3, but is 4', { type: 'number', const: 3 }, 4],
    [
      `the value must be one of ${many
        .slice(0, 20)
        .map((word) => `"${word}"`)
        .join(', ')}, … (500 in all), but is "x"`,
      { enum: many },
      'x',
    ],
  ],
  'a union with a tag': [
    ['radius is missing', { anyOf: shapes }, { kind: 'circle' }],
    ['side must be number, but is "x"', { anyOf: shapes }, { kind: 'square', side: 'x' }],
    [
      'kind must be "circle" or "square", but is "circel"; did you mean "circle"?',
      { anyOf: shapes },
      { kind: 'circel' },
    ],
    ['kind must be "circle" or "square", but is 5', { anyOf: shapes }, { kind: 5 }],
    ['kind is missing; it must be "circle" or "square"', { anyOf: shapes }, { radius: 1 }],
    ['kind is missing; did you mean it by "kynd"?', { anyOf: shapes }, { kynd: 'circle' }],
    ['the value must be an object, but is 5', { anyOf: shapes }, 5],
    ['radius is missing', { anyOf: [...shapes, nothing] }, { kind: 'circle' }],
    ['the value must be an object with kind or null, but is 5', { anyOf: [...shapes, nothing] }, 5],
    ['radius must be number, but is "x"', { anyOf: [string, ...shapes] }, { kind: 'circle', radius: 'x' }],
  ],
  'a union without a tag': [
    ['the value must be string or an object with left and right, but is 5', { anyOf: [string, pair] }, 5],
    ['right is missing', { anyOf: [string, pair] }, { left: 'a' }],
    [
      'the value must be an object with value or an object with left and right, but is an object with left and more',
      { anyOf: [object({ value: number }), pair] },
      { left: 'a', more: 1 },
    ],
    [
      'the value must be an object with a or an object with b, but is an empty object',
      { anyOf: [object({ a: number }), object({ b: number })] },
      {},
    ],
    ['name must be string, but is 1', withPerson({ anyOf: [reference, nothing] }), { name: 1 }],
    [
      '[1].name is missing',
      withPerson({ anyOf: [reference, { type: 'array', items: reference }] }),
      [{ name: 'Ada' }, {}],
    ],
    [
      'the value must be an object with name or an array, but is 5',
      withPerson({ anyOf: [reference, { type: 'array', items: reference }] }),
      5,
    ],
    ['the value must be at least 0, but is -1', { anyOf: [string, { type: 'number', minimum: 0 }] }, -1],
    [
      'the value must be "auto", "none" or number, but is "atuo"; did you mean "auto"?',
      { anyOf: [{ type: 'string', enum: ['auto', 'none'] }, number] },
      'atuo',
    ],
    ['the value must be string, number or null, but is true', { anyOf: [string, { anyOf: [number, nothing] }] }, true],
    ['the value must be string or a whole number, but is true', { oneOf: [string, { type: 'integer' }] }, true],
    ['the value fits more than one of the alternatives', { oneOf: [number, { type: 'integer' }] }, 1],
  ],
};

for (const [what, rows] of Object.entries(tables)) {
  for (const [sentence, schema, value] of rows) {
    test(`of ${what} is said: ${sentence}`, () => {
      const validator = compile(schema as Readonly<Record<string, unknown>>);
      assert.equal(validator.fits(value), false);
      const [first, ...rest] = validator.violations(value, false);
      assert.deepEqual([first && summarize([first]), rest], [sentence, []]);
      const all = validator.violations(value, true);
      assert.equal(summarize(all).replace(/ \(and \d+ more\)$/, ''), sentence);
    });
  }
}

test('what is wrong in several places of a union that is told apart is all listed, and nothing of its other members', () => {
  const schema = withPerson({ type: 'array', items: { anyOf: [reference, nothing, ...shapes] } });
  const value = [{ name: 1, age: 'x' }, null, 5, { name: 'Ada' }, { age: 'y' }];
  const said = compile(withPerson({ type: 'array', items: { anyOf: [reference, nothing] } }))
    .violations(value, true)
    .map((violation) => summarize([violation]));
  assert.deepEqual(said, [
    '[0].name must be string, but is 1',
    '[0].age must be number, but is "x"',
    '[2] must be an object with name or null, but is 5',
    '[4].name is missing',
    '[4].age must be number, but is "y"',
  ]);
  assert.equal(compile(schema).violations(value, true).length, 3, 'three objects: one violation for each value');
});

test('unions inside unions are told by the innermost that is meant', () => {
  const node = { $ref: '#/$defs/Node' };
  const $defs = { Node: object({ value: number, next: { anyOf: [node, nothing] } }, ['value']) };
  const value = { value: 'x', next: { value: 'y', next: { value: 1, next: 5 } } };
  const said = compile({ ...node, $defs })
    .violations(value, true)
    .map((violation) => summarize([violation]));
  assert.deepEqual(said, [
    'value must be number, but is "x"',
    'next.value must be number, but is "y"',
    'next.next.next must be an object with value or null, but is 5',
  ]);
});

test('the rule stays the name of the keyword, whatever the sentence says', () => {
  const typesOf = (schema: object, value: unknown) =>
    compile(schema as Readonly<Record<string, unknown>>)
      .violations(value, true)
      .map(({ loc, type }) => [...loc, type].join(' '));
  assert.deepEqual(typesOf(closed, { nmae: 1 }), ['name required', 'nmae additionalProperties']);
  assert.deepEqual(typesOf({ anyOf: [string, number] }, true), ['anyOf']);
  assert.deepEqual(typesOf({ anyOf: shapes }, { kind: 'x' }), ['kind enum']);
  assert.deepEqual(typesOf(colours, 5), ['type']);
});
