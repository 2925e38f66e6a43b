/** Which JSON Schema each TypeScript type becomes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsOf, serviceOf } from './reflect.fixture.ts';

const declarations = `
  enum Color { Red = 'red', Blue = 'blue' }
  enum Level { Low, High = 5 }
  const enum Flag { Off, On }
  enum Single { Only = 'only' }
  /** A price. @minimum 0 */
  type Price = number;
  type Prices = Price[];
  /** Something to buy. */
  interface Item { /** Its name. @minLength 1 */ name: string; price: Price }
  interface Extended extends Item { tags?: string[] }
  interface Page<T> { items: T[]; next?: string }
  interface Tree { value: number; children: Tree[] }
  interface Twig<T> { value: T; children: Twig<T>[] }
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
  type List = { head: string; tail: List | null };
  interface Even { odd?: Odd }
  interface Odd { even?: Even }
  type Circle = { kind: 'circle'; radius: number };
  type Square = { kind: 'square'; side: number };
  type Shape = Circle | Square;
  type Brand = string & { readonly __brand: 'id' };
  class Point { x = 0; y?: number }
  /** @additionalProperties false */
  interface Closed { a: string }
  interface Odd1 { __proto__: string; constructor: number; toString: string; 'with space': boolean; 7: string }
  type DeepPartial<T> = { [K in keyof T]?: DeepPartial<T[K]> };
  type Half = { name: string } | { name?: never; id: number };
  interface Big_Name<T> { of: T; self?: Big_Name<T> }
`;

const item = {
  type: 'object',
  properties: {
    name: { type: 'string', description: 'Its name.', minLength: 1 },
    price: { type: 'number', description: 'A price.', minimum: 0 },
  },
  required: ['name', 'price'],
  description: 'Something to buy.',
};
const bare = { ...item, description: undefined };
const { description: _, ...plainItem } = bare;
const circle = {
  type: 'object',
  properties: { kind: { type: 'string', const: 'circle' }, radius: { type: 'number' } },
  required: ['kind', 'radius'],
};
const square = {
  type: 'object',
  properties: { kind: { type: 'string', const: 'square' }, side: { type: 'number' } },
  required: ['kind', 'side'],
};
const strings = { type: 'array', items: { type: 'string' } };
const price = { type: 'number', description: 'A price.', minimum: 0 };
const numericKey = '^-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?$';
const ref = (name: string) => ({ $ref: `#/$defs/${name}` });

/** A type, its schema, and its `$defs` where it has some. */
const table: readonly (readonly [type: string, schema: object, definitions?: object])[] = [
  ['string', { type: 'string' }],
  ['number', { type: 'number' }],
  ['boolean', { type: 'boolean' }],
  ['null', { type: 'null' }],
  ['any', {}],
  ['unknown', {}],
  ['object', { type: 'object' }],
  ['{}', { type: 'object' }],
  ["'a'", { type: 'string', const: 'a' }],
  ['-1', { type: 'number', const: -1 }],
  ['true', { type: 'boolean', const: true }],
  ["'b' | 'a'", { type: 'string', enum: ['b', 'a'] }],
  ['3 | 1 | 2', { type: 'number', enum: [3, 1, 2] }],
  ["'x' | 1", { enum: ['x', 1] }],
  ["'x' | true", { enum: ['x', true] }],
  ['string | null', { type: ['string', 'null'] }],
  ['null | number', { type: ['number', 'null'] }],
  ['boolean | null', { type: ['boolean', 'null'] }],
  ["'a' | 'b' | null", { type: ['string', 'null'], enum: ['a', 'b', null] }],
  ['string[] | null', { anyOf: [strings, { type: 'null' }] }],
  ['string | number', { anyOf: [{ type: 'string' }, { type: 'number' }] }],
  ['number | string', { anyOf: [{ type: 'number' }, { type: 'string' }] }],
  ['string | number | null', { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] }],
  ['string | boolean', { anyOf: [{ type: 'string' }, { type: 'boolean' }] }],
  ["'auto' | number", { anyOf: [{ type: 'string', enum: ['auto'] }, { type: 'number' }] }],
  ["'a' | (string & {})", { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'string' }] }],
  ['string[]', strings],
  ['Array<string>', strings],
  ['readonly string[]', strings],
  ['ReadonlyArray<string>', strings],
  ['number[][]', { type: 'array', items: { type: 'array', items: { type: 'number' } } }],
  ["('a' | 'b')[]", { type: 'array', items: { type: 'string', enum: ['a', 'b'] } }],
  [
    '[string, number]',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2, maxItems: 2 },
  ],
  [
    '[string, number?]',
    { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 1, maxItems: 2 },
  ],
  [
    '[string, ...number[]]',
    { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' }, minItems: 1 },
  ],
  [
    'readonly [x: number, y: number]',
    {
      type: 'array',
      prefixItems: [
        { type: 'number', title: 'x' },
        { type: 'number', title: 'y' },
      ],
      items: false,
      minItems: 2,
      maxItems: 2,
    },
  ],
  ['[]', { type: 'array', items: false, minItems: 0, maxItems: 0 }],
  ['{ a: string }', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
  ['{ a?: string }', { type: 'object', properties: { a: { type: 'string' } } }],
  ['{ a: string | undefined }', { type: 'object', properties: { a: { type: 'string' } } }],
  ['{ a?: string | null }', { type: 'object', properties: { a: { type: ['string', 'null'] } } }],
  ['{ [key: string]: number }', { type: 'object', additionalProperties: { type: 'number' } }],
  [
    '{ a: 1; [key: string]: number }',
    {
      type: 'object',
      properties: { a: { type: 'number', const: 1 } },
      required: ['a'],
      additionalProperties: { type: 'number' },
    },
  ],
  [
    '{ [key: number]: string }',
    { type: 'object', propertyNames: { pattern: numericKey }, additionalProperties: { type: 'string' } },
  ],
  [
    '{ [key: string]: string | number; [key: number]: number }',
    {
      type: 'object',
      additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] },
      patternProperties: { [numericKey]: { type: 'number' } },
    },
  ],
  [
    '{ a: null; [key: number]: string }',
    {
      type: 'object',
      properties: { a: { type: 'null' } },
      required: ['a'],
      patternProperties: { [numericKey]: { type: 'string' } },
    },
  ],
  ['Record<string, string[]>', { type: 'object', additionalProperties: strings }],
  ['Record<string, unknown>', { type: 'object', additionalProperties: {} }],
  ['Record<string, string | undefined>', { type: 'object', additionalProperties: { type: 'string' } }],
  ['Record<string, Price>', { type: 'object', additionalProperties: price }],
  [
    "Record<'a' | 'b', number>",
    { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a', 'b'] },
  ],
  ['Color', { type: 'string', enum: ['red', 'blue'] }],
  ['Color | null', { type: ['string', 'null'], enum: ['red', 'blue', null] }],
  ['Color.Red', { type: 'string', const: 'red' }],
  ['Level', { type: 'number', enum: [0, 5] }],
  ['Flag', { type: 'number', enum: [0, 1] }],
  ['Single', { type: 'string', const: 'only' }],
  ['Price', price],
  ['Price | null', { type: ['number', 'null'], description: 'A price.', minimum: 0 }],
  ['Prices', { type: 'array', items: price }],
  ['[Price]', { type: 'array', prefixItems: [price], items: false, minItems: 1, maxItems: 1 }],
  ['Item', item],
  ['Item[]', { type: 'array', items: item }],
  ['Extended', { ...plainItem, properties: { tags: strings, ...item.properties } }],
  ['Partial<Item>', { type: 'object', properties: item.properties }],
  ["Pick<Item, 'name'>", { type: 'object', properties: { name: item.properties.name }, required: ['name'] }],
  ["Omit<Item, 'name'>", { type: 'object', properties: { price }, required: ['price'] }],
  ['Required<{ a?: string }>', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
  ['Readonly<{ a: string }>', { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
  [
    '{ a: string } & { b?: number }',
    { type: 'object', properties: { a: { type: 'string' }, b: { type: 'number' } }, required: ['a'] },
  ],
  [
    'DeepPartial<{ a: { b: string } }>',
    {
      type: 'object',
      properties: { a: { type: 'object', properties: { b: { type: 'string' } } } },
    },
  ],
  ['Page<string>', { type: 'object', properties: { items: strings, next: { type: 'string' } }, required: ['items'] }],
  [
    'Page<Item>',
    {
      type: 'object',
      properties: { items: { type: 'array', items: item }, next: { type: 'string' } },
      required: ['items'],
    },
  ],
  ['Shape', { oneOf: [circle, square], discriminator: { propertyName: 'kind' } }],
  [
    'Half',
    {
      anyOf: [
        { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        { type: 'object', properties: { name: { not: {} }, id: { type: 'number' } }, required: ['id'] },
      ],
    },
  ],
  ['Brand', { type: 'string' }],
  ['Point', { type: 'object', properties: { x: { type: 'number' }, y: { type: 'number' } }, required: ['x'] }],
  [
    'Closed',
    {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    },
  ],
  [`\`user_\${number}\``, { type: 'string', pattern: '^user_-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?$' }],
  [`\`\${string}.png\``, { type: 'string', pattern: '\\.png$' }],
  [`\`/v1/\${string}\``, { type: 'string', pattern: '^\\/v1\\/' }],
  [`\`a\${'x' | 'y'}\``, { type: 'string', enum: ['ax', 'ay'] }],
  [
    'Tree',
    ref('Tree'),
    {
      Tree: {
        type: 'object',
        properties: { value: { type: 'number' }, children: { type: 'array', items: ref('Tree') } },
        required: ['value', 'children'],
      },
    },
  ],
  [
    'Twig<string[]>',
    ref('Twig_string_array'),
    {
      Twig_string_array: {
        type: 'object',
        properties: { value: strings, children: { type: 'array', items: ref('Twig_string_array') } },
        required: ['value', 'children'],
      },
    },
  ],
  [
    'Json',
    ref('Json'),
    {
      Json: {
        anyOf: [
          { type: 'string' },
          { type: 'number' },
          { type: 'boolean' },
          { type: 'array', items: ref('Json') },
          { type: 'object', additionalProperties: ref('Json') },
          { type: 'null' },
        ],
      },
    },
  ],
  [
    'List',
    ref('List'),
    {
      List: {
        type: 'object',
        properties: { head: { type: 'string' }, tail: { anyOf: [ref('List'), { type: 'null' }] } },
        required: ['head', 'tail'],
      },
    },
  ],
  [
    'Even',
    ref('Even'),
    {
      Even: {
        type: 'object',
        properties: { odd: { type: 'object', properties: { even: ref('Even') } } },
      },
    },
  ],
  [
    '[Item, Item]',
    {
      type: 'array',
      prefixItems: [ref('Item'), ref('Item')],
      items: false,
      minItems: 2,
      maxItems: 2,
    },
    { Item: item },
  ],
  [
    '[Page<Item>, Page<Item>]',
    {
      type: 'array',
      prefixItems: [ref('Page_Item'), ref('Page_Item')],
      items: false,
      minItems: 2,
      maxItems: 2,
    },
    {
      Page_Item: {
        type: 'object',
        properties: { items: { type: 'array', items: item }, next: { type: 'string' } },
        required: ['items'],
      },
    },
  ],
  [
    'Big_Name<Color>',
    ref('Big_Name_Color'),
    {
      Big_Name_Color: {
        type: 'object',
        properties: { of: { type: 'string', enum: ['red', 'blue'] }, self: ref('Big_Name_Color') },
        required: ['of'],
      },
    },
  ],
];

const members = table.map(([type], at) => `@api m${at}(value: ${type}): void {}`).join('\n');
const methods = await methodsOf(serviceOf(members, declarations));

for (const [at, [type, schema, definitions]] of table.entries()) {
  test(`the type ${type} becomes its schema`, () => {
    const { input } = methods[`m${at}`] ?? assert.fail('the method is missing');
    assert.deepEqual((input.properties as Record<string, unknown>).value, schema);
    assert.deepEqual(input.$defs, definitions);
  });
}

test('properties named like those of every object are ordinary properties', async () => {
  const { m } = await methodsOf(serviceOf('@api m(value: Odd1): Odd1 { return value }', declarations));
  assert.ok(m);
  const { properties, required } = m.output as { properties: object; required: string[] };
  const names = ['7', '__proto__', 'constructor', 'toString', 'with space'];
  assert.deepEqual(Object.keys(properties).sort(), names);
  assert.deepEqual([...required].sort(), names);
  assert.equal(Object.getPrototypeOf(properties), Object.prototype);
  assert.match(JSON.stringify(m.input), /"__proto__":\{"type":"string"\}/);
});

test('two types of the same name get two definitions', async () => {
  const other = 'export interface Item { id: number }';
  const { m } = await methodsOf(
    `import type { Item as Other } from './other.ts';\n${serviceOf(
      '@api m(a: Item, b: Item, c: Other, d: Other): void {}',
      'interface Item { name: string }',
    )}`,
    { 'other.ts': other },
  );
  assert.deepEqual(m?.input.properties, { a: ref('Item'), b: ref('Item'), c: ref('Item_2'), d: ref('Item_2') });
  assert.deepEqual(Object.keys(m?.input.$defs as object), ['Item', 'Item_2']);
});

test('reflecting the same file twice gives the same bytes', async () => {
  const print = async () => {
    const reflected = await methodsOf(serviceOf(members, declarations));
    return JSON.stringify(Object.values(reflected).map(({ source, ...rest }) => [source.line, source.column, rest]));
  };
  assert.equal(await print(), await print());
});
