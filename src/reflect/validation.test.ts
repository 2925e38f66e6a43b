/** The schemas of everyday types accept what fits the type, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { methodsOf, serviceOf } from './reflect.fixture.ts';

const declarations = `
  interface Item { /** @minLength 1 */ name: string; /** @minimum 0 */ price: number; tags?: string[] }
  /** @additionalProperties false */ interface Closed { a: string }
  interface Tree { value: number; children: Tree[] }
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
  type Shape = { kind: 'circle'; radius: number } | { kind: 'square'; side: number };
  enum Color { Red = 'red', Blue = 'blue' }
  /** @format uuid */ type Id = string;
  /** @pattern ^[a-z]+$ */ type Slug = string;
  /** @integer @minimum 1 @maximum 10 */ type Count = number;
  /** @minItems 1 @maxItems 2 @uniqueItems */ type Few = string[];
  interface Odd { constructor: number; toString: string }
  interface Either { a?: string; b?: never }
`;

/** A type, values that fit, and values that do not. */
const table: readonly (readonly [type: string, good: readonly unknown[], bad: readonly unknown[]])[] = [
  ['string', ['', 'x'], [1, null, ['x']]],
  ['number', [0, -1.5], ['1', null, true]],
  ['boolean', [true, false], [0, 'true']],
  ['string | null', ['a', null], [1]],
  ["'a' | 'b' | null", ['a', null], ['c', 1]],
  ['string | number', ['a', 1], [true, null]],
  ['string[]', [[], ['a']], ['a', [1]]],
  ['[string, number?]', [['a'], ['a', 1]], [[], ['a', 'b'], ['a', 1, 2]]],
  ['[string, ...number[]]', [['a'], ['a', 1, 2]], [[], ['a', 'b']]],
  [
    'Item',
    [
      { name: 'a', price: 1 },
      { name: 'a', price: 0, tags: [], more: 1 },
    ],
    [{}, { name: '', price: 1 }, { name: 'a', price: -1 }, []],
  ],
  ['Partial<Item>', [{}, { price: 1 }], [{ price: '1' }]],
  ['Closed', [{ a: 'x' }], [{ a: 'x', b: 1 }]],
  ['Record<string, number>', [{}, { a: 1 }], [{ a: 'x' }]],
  [
    '{ [key: number]: string }',
    [{ 1: 'a' }, { '-1': 'a', '0.5': 'b', '1e+21': 'c' }],
    [{ a: 'a' }, { 1: 2 }, { '1.': 'a' }],
  ],
  ['{ a: null; [key: number]: string }', [{ a: null, 1: 'b', c: 3 }], [{ a: null, 1: 2 }, { 1: 'b' }]],
  [
    'Tree',
    [{ value: 1, children: [{ value: 2, children: [] }] }],
    [{ value: 1, children: [{ value: 'x', children: [] }] }],
  ],
  ['Json', [1, null, [{ a: ['b'] }]], [undefined]],
  ['Shape', [{ kind: 'circle', radius: 1 }], [{ kind: 'circle', side: 1 }, { kind: 'oval' }]],
  ['Color', ['red'], ['Red', 0]],
  ['Id', ['9b2c1f2e-6f1e-4c55-9f0e-1d2a3b4c5d6e'], ['x']],
  ['Slug', ['abc'], ['a-b', '']],
  ['Count', [1, 10], [0, 11, 1.5]],
  ['Few', [['a'], ['a', 'b']], [[], ['a', 'a'], ['a', 'b', 'c']]],
  [`\`user_\${number}\``, ['user_1', 'user_-2.5'], ['user_x', 'user_']],
  ['Odd', [{ constructor: 1, toString: 'x' }], [{}, { constructor: 'x', toString: 'x' }]],
  ['Either', [{}, { a: 'x' }], [{ b: 1 }]],
  ['unknown', [1, null, {}], []],
];

const members = table.map(([type], at) => `@api m${at}(value: ${type}, other?: ${type}): void {}`).join('\n');
const methods = await methodsOf(serviceOf(members, declarations));

for (const [at, [type, good, bad]] of table.entries()) {
  test(`a value of the type ${type} is told from others`, () => {
    const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, ownProperties: true, strictTuples: false });
    addFormats.default(ajv);
    ajv.addVocabulary(['discriminator']);
    const validate = ajv.compile(methods[`m${at}`]?.input ?? {});
    for (const value of good)
      assert.ok(validate({ value }), `${JSON.stringify(value)}: ${ajv.errorsText(validate.errors)}`);
    for (const value of good) assert.ok(validate({ value, other: value }), JSON.stringify(value));
    for (const value of bad) assert.equal(validate({ value }), false, JSON.stringify(value));
    assert.equal(validate({}), false);
  });
}
