import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGaps } from './compare-schemas.ts';
import type { JsonSchema } from './service-spec.ts';
import { createValidatorCompiler } from './validator.ts';

const string = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer' };
const nothing = { type: 'null' };
const object = (properties: JsonSchema, required = Object.keys(properties), more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
  ...more,
});
const list = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({ type: 'array', items, ...more });
const words = (...values: unknown[]): JsonSchema => ({ enum: values });
const union = (...anyOf: JsonSchema[]): JsonSchema => ({ anyOf });
const card = object({ kind: { const: 'card' }, number: string });
const transfer = object({ kind: { const: 'transfer' }, iban: string });
const tree = (leaf: JsonSchema): JsonSchema => ({
  $ref: '#/$defs/Tree',
  $defs: { Tree: object({ leaf, children: list({ $ref: '#/$defs/Tree' }) }) },
});

/** Pairs of which every value of the first is one of the second, and not the other way round. */
const narrowAndWide: readonly (readonly [what: string, narrow: JsonSchema, wide: JsonSchema])[] = [
  ['a type and anything', string, {}],
  ['a whole number and a number', integer, number],
  ['one type and one of several', string, { type: ['string', 'null'] }],
  ['one type and a union', string, union(number, string)],
  ['one word and a text', { type: 'string', const: 'a' }, string],
  ['one word and several', { const: 'a' }, words('a', 'b')],
  ['words and a union of words', words('a', 'b'), union({ const: 'a' }, { const: 'b' }, { const: 'c' })],
  ['one side of a boolean', { const: true }, { type: 'boolean' }],
  ['a word that matches, and a pattern', words('ab'), { type: 'string', pattern: '^a' }],
  ['words of a length', words('ab', 'cd'), { type: 'string', maxLength: 2 }],
  ['a lower limit that is higher', { ...number, minimum: 2 }, { ...number, minimum: 1 }],
  ['a limit and none', { ...number, maximum: 2 }, number],
  ['a limit that is outside and one that is inside', { ...number, exclusiveMinimum: 1 }, { ...number, minimum: 1 }],
  ['whole numbers above 0 and from 0', { ...integer, exclusiveMinimum: 0 }, { ...number, minimum: 0 }],
  ['whole numbers below 10.5 and up to 11', { ...integer, maximum: 10.5 }, { ...integer, maximum: 11 }],
  ['multiples of 6 and of 3', { ...number, multipleOf: 6 }, { ...number, multipleOf: 3 }],
  ['multiples of 2 and whole numbers', { ...number, multipleOf: 2 }, integer],
  ['a length', { ...string, minLength: 2 }, { ...string, minLength: 1 }],
  ['a pattern and none', { ...string, pattern: '^a' }, string],
  ['a format and none', { ...string, format: 'uuid' }, string],
  ['a list of narrower items', list(integer), list(number)],
  ['a tuple and a list', { type: 'array', prefixItems: [integer, integer], items: false }, list(number)],
  [
    'a tuple and a shorter limit',
    { type: 'array', prefixItems: [string], items: false },
    { type: 'array', maxItems: 3 },
  ],
  ['items that are unique', list(string, { uniqueItems: true }), list(string)],
  ['a field that is required', object({ a: string }), object({ a: string }, [])],
  ['a field that is narrower', object({ a: integer }), object({ a: number })],
  ['an object that is closed', object({ a: string }, [], { additionalProperties: false }), object({ a: string }, [])],
  [
    'fields by name and any field of the type',
    object({ a: integer }, ['a'], { additionalProperties: integer }),
    { type: 'object', additionalProperties: number },
  ],
  ['an index and an object', { type: 'object', additionalProperties: number }, { type: 'object' }],
  ['fields enough', object({ a: string, b: string }), { ...object({ a: string, b: string }, []), minProperties: 1 }],
  ['a member and its union', card, union(card, transfer)],
  ['a member and a union of one only', card, { oneOf: [card, transfer] }],
  ['a value and what is not another', string, { not: number }],
  [
    'parts that hold together',
    { allOf: [object({ a: string }), object({ b: string })] },
    object({ a: string, b: string }, ['a']),
  ],
  [
    'parts with the same field',
    { allOf: [object({ a: { ...number, minimum: 1 } }), object({ a: { ...number, maximum: 5 } })] },
    object({ a: { ...number, minimum: 0, maximum: 5 } }),
  ],
  ['a type that holds itself', tree(integer), tree(number)],
  ['a definition and what it stands for', tree(integer), object({ leaf: number, children: { type: 'array' } })],
  [
    'a kind and anything',
    { ...string, 'x-io-type': 'bytes', contentEncoding: 'base64' },
    union({ ...string, 'x-io-type': 'bytes' }, nothing),
  ],
];

for (const [what, narrow, wide] of narrowAndWide) {
  for (const side of ['input', 'output'] as const) {
    test(`${what}: the ${side} fits one way and not the other`, () => {
      assert.deepEqual(findGaps(narrow, wide, side), []);
      assert.notDeepEqual(findGaps(wide, narrow, side), []);
      for (const same of [narrow, wide]) assert.deepEqual(findGaps(same, structuredClone(same), side), []);
    });
  }
}

/** Pairs that nobody should have to decide. */
for (const [what, narrow, wide] of [
  ['another pattern', { ...string, pattern: '^a' }, { ...string, pattern: '^[a]' }],
  ['another format', { ...string, format: 'email' }, { ...string, format: 'idn-email' }],
  ['a keyword that is not known', string, { ...string, 'x-made-up': 1 }],
  [
    'a condition',
    object({ a: string }),
    { ...object({ a: string }), if: { required: ['b'] }, else: { required: ['c'] } },
  ],
  [
    'several members that fit in part',
    object({ a: words('x', 'y') }),
    union(object({ a: words('x') }), object({ a: words('y') })),
  ],
  [
    'a member of one only that may fit two',
    object({ a: string }),
    { oneOf: [object({ a: string }), object({ b: string })] },
  ],
  [
    'an object that is open and one that is closed',
    object({ a: string }),
    object({ a: string }, ['a'], { additionalProperties: false }),
  ],
  ['fractions', { ...number, multipleOf: 0.2 }, { ...number, multipleOf: 0.1 }],
  [
    'what depends on everything else',
    { ...object({ a: string }), unevaluatedProperties: false },
    { ...object({ a: string }, []), unevaluatedProperties: false },
  ],
] as const) {
  test(`${what} cannot be decided, so it is a gap that is not certain`, () => {
    const gaps = findGaps(narrow, wide, 'input');
    assert.ok(gaps.length > 0 && gaps.every(({ isCertain }) => !isCertain), JSON.stringify(gaps));
  });
}

test('a field that is new and optional is no gap, and one that is no longer read is one', () => {
  const [one, two] = [object({ a: string }), object({ a: string, b: number }, ['a'])];
  assert.deepEqual(findGaps(one, two, 'input'), []);
  assert.deepEqual(findGaps(two, one, 'input'), [
    { path: '.b', kind: 'rule', narrow: 'read', wide: 'ignored', isCertain: true },
  ]);
});

test('a field that is no longer given is a gap, and one that is given more is none', () => {
  const [one, two] = [object({ a: string }), object({ a: string, b: number }, ['a'])];
  assert.deepEqual(findGaps(one, two, 'output'), [
    { path: '.b', kind: 'rule', narrow: 'not given', wide: 'given', isCertain: true },
  ]);
  assert.deepEqual(findGaps(two, one, 'output'), []);
});

test('what a schema says to people is no difference, but a field may have the name of a keyword', () => {
  const title = object({ title: string, description: number });
  assert.deepEqual(
    findGaps({ ...title, title: 'A', description: 'B', examples: [1] }, { ...title, title: 'C' }, 'input'),
    [],
  );
  assert.notDeepEqual(findGaps(title, object({ title: number, description: number }), 'input'), []);
});

test('definitions may have other names', () => {
  const renamed = JSON.parse(JSON.stringify(tree(integer)).replaceAll('Tree', 'Node')) as JsonSchema;
  assert.deepEqual(findGaps(tree(integer), renamed, 'input'), []);
  assert.deepEqual(
    findGaps(renamed, tree(string), 'output').map(({ path }) => path),
    ['.leaf'],
  );
});

test('a mistake deep in types that lead to each other is found, though each is taken to be right at first', () => {
  const pair = (leaf: JsonSchema): JsonSchema => ({
    $ref: '#/$defs/A',
    $defs: {
      A: object({ b: union({ $ref: '#/$defs/B' }, nothing) }),
      B: object({ a: union({ $ref: '#/$defs/A' }, nothing), leaf }),
    },
  });
  assert.deepEqual(findGaps(pair(integer), pair(number), 'input'), []);
  assert.deepEqual(
    findGaps(pair(number), pair(integer), 'input').map(({ path }) => path),
    ['.b.leaf'],
  );
});

test('what was proven on the way to a member that does not fit after all is not taken for proven', () => {
  const types = (bad: JsonSchema) => ({
    Item: object({ box: { $ref: '#/$defs/Box' }, bad }),
    Box: object({ item: { $ref: '#/$defs/Item' } }),
  });
  const [item, box] = [{ $ref: '#/$defs/Item' }, { $ref: '#/$defs/Box' }];
  const narrow = { ...object({ one: object({ item }), two: box }), $defs: types(number) };
  const wide = { ...object({ one: union(object({ item }), { type: 'object' }), two: box }), $defs: types(integer) };
  assert.deepEqual(
    findGaps(narrow, wide, 'output').map(({ path }) => path),
    ['.two.item.bad'],
  );
});

test('what would take for ever is not decided', () => {
  // A way through forty levels is a choice of two at each.
  const ways = (leaf: JsonSchema): JsonSchema => {
    const level = (depth: number) => ({ $ref: `#/$defs/L${depth}` });
    const levels = Array.from({ length: 40 }, (_, depth) => {
      const inner = depth === 0 ? leaf : level(depth - 1);
      return [`L${depth}`, union(object({ a: inner, b: inner }), object({ a: inner, c: inner }))];
    });
    return { ...level(39), $defs: Object.fromEntries(levels) };
  };
  const started = performance.now();
  assert.deepEqual(findGaps(ways(integer), ways(number), 'input'), []);
  assert.ok(findGaps(ways(number), ways(integer), 'input').length > 0);
  assert.ok(performance.now() - started < 20_000, `${performance.now() - started} ms`);
});

test('whatever is said to fit does: no value of the narrow schema is refused by the wide one', () => {
  const next = createRandom(20_240_531);
  const compile = createValidatorCompiler();
  let fitting = 0;
  for (let round = 0; round < 3000; round++) {
    const narrow = randomSchema(next, 2);
    const wide = next(3) === 0 ? randomSchema(next, 2) : mutate(next, narrow);
    const side = next(2) === 0 ? 'input' : 'output';
    if (findGaps(narrow, wide, side).length > 0) continue;
    const [inner, outer] = [compile(close(narrow)), compile(wide)];
    for (const value of values) {
      if (!inner.fits(value)) continue;
      fitting += 1;
      assert.ok(outer.fits(value), JSON.stringify({ narrow, wide, value }));
    }
  }
  assert.ok(fitting > 10_000, `${fitting} values were compared`);
});

type Random = (below: number) => number;

/** Numbers that look random and are the same in every run. */
function createRandom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function pick<T>(next: Random, from: readonly T[]): T {
  return from[next(from.length)] as T; // inside
}

const scalars = [null, true, false, 0, 1, 2, 3, 1.5, -1, '', 'a', 'b', 'ab', 'abc'];
const values: readonly unknown[] = [
  ...scalars,
  [], ...scalars.map((one) => [one]), ...['a', 1, null].flatMap((one) => [[one, 1], [one, 'a'], [one, one, one]]),
  {}, ...scalars.flatMap((one) => [{ a: one }, { b: one }, { a: one, b: 1 }, { a: 'a', b: one }, { a: [one] }, { a: { b: one } }]),
]; // biome-ignore format: rows of values

function randomSchema(next: Random, depth: number): JsonSchema {
  const kind = next(depth > 0 ? 12 : 7);
  switch (kind) {
    case 0:
      return pick(next, [{}, nothing, { type: 'boolean' }, { type: ['string', 'null'] }, { type: 'object' }]);
    case 1:
    case 2:
      return {
        type: pick(next, ['number', 'integer']),
        ...bound(next, ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], 3),
        ...bound(next, ['multipleOf'], 2, 1),
      };
    case 3:
    case 4:
      return {
        ...string,
        ...bound(next, ['minLength', 'maxLength'], 3),
        ...(next(3) === 0 ? { pattern: pick(next, ['^a', 'b$', '^a']) } : {}),
      };
    case 5:
      return words(...scalars.filter(() => next(4) === 0), pick(next, scalars));
    case 6:
      return { const: pick(next, scalars) };
    case 7:
      return list(randomSchema(next, depth - 1), {
        ...bound(next, ['minItems', 'maxItems'], 3),
        ...(next(3) === 0 ? { prefixItems: [randomSchema(next, 0)] } : {}),
        ...(next(4) === 0 ? { uniqueItems: true } : {}),
      });
    case 8:
      return {
        [pick(next, ['anyOf', 'oneOf', 'allOf'])]: [randomSchema(next, depth - 1), randomSchema(next, depth - 1)],
      };
    case 9:
      return { not: randomSchema(next, 0) };
    default: {
      const names = ['a', 'b'].filter(() => next(3) > 0);
      const properties = Object.fromEntries(names.map((name) => [name, randomSchema(next, depth - 1)]));
      const others = [{}, { additionalProperties: false }, { additionalProperties: randomSchema(next, 0) }];
      return object(
        properties,
        names.filter(() => next(2) === 0),
        { ...pick(next, others), ...bound(next, ['minProperties', 'maxProperties'], 3) },
      );
    }
  }
}

function bound(next: Random, keywords: readonly string[], below: number, from = 0): JsonSchema {
  return next(2) === 0 ? {} : { [pick(next, keywords)]: from + next(below) };
}

/** The same schema but for one thing. */
function mutate(next: Random, schema: JsonSchema): JsonSchema {
  const keywords = Object.keys(schema);
  if (keywords.length === 0) return randomSchema(next, 1);
  const keyword = pick(next, keywords);
  const value = schema[keyword];
  const { [keyword]: _, ...rest } = schema;
  if (next(3) === 0) return rest;
  if (typeof value === 'number')
    return { ...rest, [keyword]: Math.max(keyword === 'multipleOf' ? 1 : 0, value + pick(next, [-1, 1])) };
  if (keyword === 'properties') {
    const properties = value as Readonly<Record<string, JsonSchema>>;
    return {
      ...rest,
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, next(2) === 0 ? mutate(next, inner) : inner]),
      ),
    };
  }
  if (Array.isArray(value) && value.length > 1) return { ...rest, [keyword]: value.slice(1) };
  if (keyword === 'items') return { ...rest, items: mutate(next, value as JsonSchema) };
  return union(schema, randomSchema(next, 1));
}

/** The schema with every object closed that declares fields: values have the fields that are declared. */
function close(schema: JsonSchema): JsonSchema {
  const inside = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inside);
    return typeof value === 'object' && value !== null ? close(value as JsonSchema) : value;
  };
  const { properties, additionalProperties } = schema;
  const closed = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (['const', 'enum', 'required', 'not'].includes(keyword)) return [keyword, value];
      if (keyword !== 'properties') return [keyword, inside(value)];
      return [
        keyword,
        Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, inside(inner)])),
      ];
    }),
  );
  const isDeclared = typeof properties === 'object' && Object.keys(properties ?? {}).length > 0;
  return isDeclared && additionalProperties === undefined ? { ...closed, additionalProperties: false } : closed;
}
