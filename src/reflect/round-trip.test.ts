/** Every kind of type, from the wire to the method and back: what fits comes back as it went in, what does not is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import { createOutputReader } from '../client/output-reader.ts';
import { pack, unpack } from '../io/crossing.ts';
import { ImageFile } from '../io/image.ts';
import { Table } from '../io/table.ts';
import { Tensor } from '../io/tensor.ts';
import { toJson } from '../io/to-json.ts';
import { createReader } from '../spec/codec.ts';
import type { JsonSchema } from '../spec/service-spec.ts';
import { createValidatorCompiler } from '../spec/validator.ts';
import { methodsOf, serviceOf } from './reflect.fixture.ts';

const declarations = `
  enum Color { Red = 'red', Blue = 'blue' }
  enum Level { Low, High = 5 }
  const enum Flag { Off, On }
  /** @minimum 0 */ type Price = number;
  interface Item { /** @minLength 1 */ name: string; price: Price; readonly tags?: readonly string[] }
  interface Extended extends Item { at: Date }
  interface Page<T> { items: T[]; next?: string }
  interface Tree { value: number; children: Tree[] }
  interface Folder { made: Date; inside: Map<string, Folder> }
  type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
  type List = { head: bigint; tail: List | null };
  type Circle = { kind: 'circle'; radius: number };
  type Square = { kind: 'square'; side: number };
  type Shape = Circle | Square;
  type Event = { on: 'start' | 'pause'; at: Date } | { on: 'end'; bytes: Uint8Array };
  type Brand = string & { readonly __brand: 'id' };
  class Point { x = 0; y?: number }
  class Named<T> { readonly name!: string; value!: T }
  /** @additionalProperties false */ interface Closed { a: string }
  interface Odd { constructor: number; toString: string; 'with space': boolean; 7: string }
  type DeepPartial<T> = { [K in keyof T]?: DeepPartial<T[K]> };
  type Getters<T> = { [K in keyof T & string as \`get_\${K}\`]: T[K] };
  type Unwrap<T> = T extends Promise<infer U> ? U : T;
  type Half = { name: string } | { name?: never; id: number };
  /** @format uuid */ type Id = string;
  /** @pattern ^[a-z]+$ */ type Slug = string;
  /** @integer @minimum 1 @maximum 10 */ type Count = number;
  /** @multipleOf 0.5 @exclusiveMinimum 0 */ type Step = number;
  /** @minItems 1 @maxItems 2 @uniqueItems */ type Few = string[];
  /** @uniqueItems */ type Distinct = { a: number; b?: number }[];
  interface Deep { /** @default 3 */ n?: number; list: { when: Date | null }[] }
`;

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const moment = '2024-05-31T12:00:00.000Z';
const when = new Date(moment);

/** What goes in and comes back, and what the method gets where that is something else. */
type Good = readonly [wire: unknown, value?: unknown];

/** A type, what fits, and what does not. */
const table: readonly (readonly [type: string, good: readonly Good[], bad: readonly unknown[]])[] = [
  ['string', [[''], ['x😀']], [1, null, ['x']]],
  ['number', [[0], [-1.5], [1e300]], ['1', null, true]],
  ['boolean', [[true], [false]], [0, 'true']],
  ['null', [[null]], [0, '']],
  ["'a'", [['a']], ['b', 1]],
  ['-1', [[-1]], [1]],
  ['true', [[true]], [false, 'true']],
  ["'a' | 'b'", [['a'], ['b']], ['c', null]],
  ["'x' | 1 | true", [['x'], [1], [true]], [2, false]],
  ['string | null', [['a'], [null]], [1]],
  ["'a' | 'b' | null", [['a'], [null]], ['c', 1]],
  ['string | number', [['a'], [1]], [true, null]],
  ["'auto' | number", [['auto'], [1]], ['other']],
  ['string | boolean | null', [['a'], [false], [null]], [1]],
  ['string[]', [[[]], [['a']]], ['a', [1]]],
  ['readonly number[]', [[[1, 2]]], [['1']]],
  ['number[][]', [[[[1], []]]], [[1]]],
  ["('a' | 1)[]", [[['a', 1]]], [['b']]],
  ['[string, number?]', [[['a']], [['a', 1]]], [[], ['a', 'b'], ['a', 1, 2]]],
  ['[string, ...number[]]', [[['a']], [['a', 1, 2]]], [[], ['a', 'b']]],
  ['readonly [x: number, y: number]', [[[1, 2]]], [[1], [1, 2, 3]]],
  ['[]', [[[]]], [[1]]],
  [
    '[Date, bigint]',
    [
      [
        [moment, '1'],
        [when, 1n],
      ],
    ],
    [[moment], ['x', '1']],
  ],
  ['{ a: string }', [[{ a: 'x' }], [{ a: 'x', more: 1 }]], [{}, { a: 1 }, [], null]],
  ['{ a?: string }', [[{}], [{ a: 'x' }]], [{ a: null }]],
  ['{ a: string | undefined }', [[{}], [{ a: 'x' }]], [{ a: 1 }]],
  ['{ readonly a: 1 }', [[{ a: 1 }]], [{ a: 2 }]],
  [
    'Item',
    [[{ name: 'a', price: 1 }], [{ name: 'a', price: 0, tags: [] }]],
    [{}, { name: '', price: 1 }, { name: 'a', price: -1 }],
  ],
  [
    'Extended',
    [
      [
        { name: 'a', price: 1, at: moment },
        { name: 'a', price: 1, at: when },
      ],
    ],
    [{ name: 'a', price: 1 }],
  ],
  ['Partial<Item>', [[{}], [{ price: 1 }]], [{ price: '1' }]],
  ["Pick<Item, 'name'>", [[{ name: 'a' }]], [{}]],
  ["Omit<Item, 'name'>", [[{ price: 1 }]], [{ name: 'a' }]],
  ['Required<Item>', [[{ name: 'a', price: 1, tags: ['t'] }]], [{ name: 'a', price: 1 }]],
  ['Readonly<{ at: Date }>', [[{ at: moment }, { at: when }]], [{ at: 1 }]],
  [
    '{ a: string } & { b?: Date }',
    [
      [{ a: 'x' }],
      [
        { a: 'x', b: moment },
        { a: 'x', b: when },
      ],
    ],
    [{ b: moment }],
  ],
  ['DeepPartial<{ a: { b: string } }>', [[{}], [{ a: {} }]], [{ a: { b: 1 } }]],
  [
    'Getters<{ a: number; b: Date }>',
    [
      [
        { get_a: 1, get_b: moment },
        { get_a: 1, get_b: when },
      ],
    ],
    [{ a: 1 }],
  ],
  ['Unwrap<Promise<number[]>>', [[[1]]], [1]],
  ['Page<Item>', [[{ items: [] }], [{ items: [{ name: 'a', price: 1 }], next: 'x' }]], [{}, { items: [{}] }]],
  ['Page<Date>', [[{ items: [moment] }, { items: [when] }]], [{ items: ['now'] }]],
  ['Point', [[{ x: 1 }], [{ x: 1, y: 2 }]], [{}, { x: '1' }]],
  [
    'Named<Uint8Array>',
    [
      [
        { name: 'a', value: 'AQI=' },
        { name: 'a', value: Uint8Array.of(1, 2) },
      ],
    ],
    [{ name: 'a', value: '*' }],
  ],
  ['Closed', [[{ a: 'x' }]], [{ a: 'x', b: 1 }]],
  [
    'Odd',
    [[{ constructor: 1, toString: 'x', 'with space': true, 7: 's' }]],
    [{}, { constructor: 'x', toString: 'x', 'with space': true, 7: 's' }],
  ],
  ['Half', [[{ name: 'a' }], [{ id: 1 }]], [{}, { name: 1, id: 1 }]],
  ['Record<string, number>', [[{}], [{ a: 1 }]], [{ a: 'x' }]],
  [
    "Record<'a' | 'b', Date>",
    [
      [
        { a: moment, b: moment },
        { a: when, b: when },
      ],
    ],
    [{ a: moment }],
  ],
  [
    'Record<string, Date | null>',
    [
      [
        { a: moment, b: null },
        { a: when, b: null },
      ],
    ],
    [{ a: 'x' }],
  ],
  ['{ [key: string]: bigint }', [[{ a: '1' }, { a: 1n }]], [{ a: 'x' }]],
  ['{ a: 1; [key: string]: number }', [[{ a: 1, b: 2 }]], [{ a: 2 }, { a: 1, b: 'x' }]],
  ['{ [key: number]: string }', [[{ 1: 'a' }]], [{ a: 'a' }, { 1: 1 }]],
  [
    `{ [key: \`x-\${string}\`]: Date }`,
    [
      [
        { 'x-a': moment, b: 1 },
        { 'x-a': when, b: 1 },
      ],
    ],
    [{ 'x-a': 1 }],
  ],
  ['object', [[{}], [{ a: [1] }]], [1, null]],
  ['unknown', [[1], [null], [{ a: [1] }], ['x']], []],
  ['any', [[1], [{ a: null }]], []],
  ['Color', [['red']], ['Red', 0]],
  ['Color.Blue', [['blue']], ['red']],
  ['Level', [[0], [5]], [1, 'Low']],
  ['Flag', [[0], [1]], [2]],
  ['Color | Level', [['red'], [5]], ['green', 1]],
  [
    'Tree',
    [[{ value: 1, children: [{ value: 2, children: [] }] }]],
    [{ value: 1, children: [{ value: 'x', children: [] }] }],
  ],
  ['Json', [[1], [null], [[{ a: ['b'] }]]], []],
  [
    'List',
    [
      [
        { head: '1', tail: { head: '2', tail: null } },
        { head: 1n, tail: { head: 2n, tail: null } },
      ],
    ],
    [{ head: '1' }],
  ],
  [
    'Folder',
    [
      [
        { made: moment, inside: [['a', { made: moment, inside: [] }]] },
        { made: when, inside: new Map([['a', { made: when, inside: new Map() }]]) },
      ],
    ],
    [{ made: moment, inside: [['a', { made: 'x', inside: [] }]] }],
  ],
  [
    'Shape',
    [[{ kind: 'circle', radius: 1 }], [{ kind: 'square', side: 2 }]],
    [{ kind: 'circle', side: 1 }, { kind: 'oval' }, null],
  ],
  ['Shape | null', [[{ kind: 'circle', radius: 1 }], [null]], [{ kind: 'oval' }]],
  ['Shape[]', [[[{ kind: 'circle', radius: 1 }]]], [[{}]]],
  [
    'Event',
    [
      [
        { on: 'pause', at: moment },
        { on: 'pause', at: when },
      ],
      [
        { on: 'end', bytes: '' },
        { on: 'end', bytes: new Uint8Array() },
      ],
    ],
    [
      { on: 'end', at: moment },
      { on: 'stop', at: moment },
    ],
  ],
  ['Brand', [['x']], [1]],
  ['Price', [[0]], [-1]],
  ['Id', [['9b2c1f2e-6f1e-4c55-9f0e-1d2a3b4c5d6e']], ['x']],
  ['Slug', [['abc']], ['a-b', '']],
  ['Count', [[1], [10]], [0, 11, 1.5]],
  ['Step', [[0.5], [3]], [0, 0.7]],
  ['Few', [[['a']], [['a', 'b']]], [[], ['a', 'a'], ['a', 'b', 'c']]],
  [
    'Distinct',
    [[[{ a: 1 }, { a: 2 }]]],
    [
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
  ],
  ['Deep', [[{ list: [{ when: null }, { when: moment }] }, { list: [{ when: null }, { when }] }]], [{ list: [{}] }]],
  ['number & Min<0>', [[0]], [-1]],
  ['number & Max<1>', [[1]], [1.1]],
  ['number & Above<0> & Below<1>', [[0.5]], [0, 1]],
  ['number & MultipleOf<5>', [[10]], [7]],
  ['Int', [[3]], [3.5]],
  ['Int & Min<1> & Max<3>', [[1], [3]], [0, 4, 1.5]],
  ['string & MinLength<2> & MaxLength<3>', [['ab'], ['abc']], ['a', 'abcd']],
  ["string & Pattern<'^[a-z]+$'>", [['abc']], ['A']],
  ["string & Format<'uuid'>", [['9b2c1f2e-6f1e-4c55-9f0e-1d2a3b4c5d6e']], ['x']],
  ["(string & Format<'email'>) | null", [['a@b.example'], [null]], ['x']],
  ['string[] & MinItems<1> & MaxItems<2>', [[['a']]], [[], ['a', 'b', 'c']]],
  ['(Int & Min<0>)[] & UniqueItems', [[[1, 2]]], [[1, 1], [-1], [0.5]]],
  ['{ a: number & Min<0> }', [[{ a: 0 }]], [{ a: -1 }]],
  ['Set<number> & MinItems<1>', [[[1], new Set([1])]], [[]]],
  [`\`user_\${number}\``, [['user_1'], ['user_-2.5']], ['user_x', 'user_']],
  [`\`\${string}.png\``, [['a.png'], ['.png']], ['a.jpg']],
  [`\`a\${'x' | 'y'}\``, [['ax'], ['ay']], ['az']],
  [`\`\${bigint}\``, [['12']], ['1.5']],
  ['Date', [[moment, when]], ['2024-05-31', 'now', 1717156800000, null, '2016-12-31T23:59:60Z']],
  ['Date | null', [[moment, when], [null]], ['x', 1]],
  ['Date | string', [[moment, when], ['today']], [1]],
  ['Date | number', [[moment, when], [5]], ['today']],
  [
    'Date[]',
    [
      [
        [moment, moment],
        [when, when],
      ],
    ],
    [[1], moment],
  ],
  ['URL', [['https://example.com/a?b=c#d', new URL('https://example.com/a?b=c#d')]], ['no url', 1, '/path']],
  ['URL[]', [[['a:b'], [new URL('a:b')]]], [['x y']]],
  [
    '{ link?: URL | null }',
    [[{}], [{ link: null }], [{ link: 'https://a.example/' }, { link: new URL('https://a.example/') }]],
    [{ link: 'x' }],
  ],
  [
    'bigint',
    [
      ['0', 0n],
      ['-123456789012345678901234567890', -123456789012345678901234567890n],
    ],
    ['1.5', 'x', '', 1.5, 2 ** 53],
  ],
  ['1n | 2n', [['1', 1n]], ['3']],
  ['bigint | null', [['5', 5n], [null]], ['x']],
  ['bigint[]', [[['1'], [1n]]], [[true]]],
  [
    'Map<string, number>',
    [
      [
        [
          ['a', 1],
          ['b', 2],
        ],
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ],
      [[], new Map()],
    ],
    [
      {},
      [['a']],
      [
        ['a', 1],
        ['a', 2],
      ],
      [['a', 'x']],
    ],
  ],
  ['ReadonlyMap<string, Date>', [[[['a', moment]], new Map([['a', when]])]], [[['a', 'x']]]],
  ['Map<bigint, URL[]>', [[[['1', ['a:b']]], new Map([[1n, [new URL('a:b')]]])]], [[['1', ['x y']]]]],
  [
    'Map<string, Map<string, Set<Date>>>',
    [[[['a', [['b', [moment]]]]], new Map([['a', new Map([['b', new Set([when])]])]])]],
    [[['a', [['b', ['x']]]]]],
  ],
  [
    'Set<string>',
    [
      [['a', 'b'], new Set(['a', 'b'])],
      [[], new Set()],
    ],
    [['a', 'a'], [1], 'a'],
  ],
  ['ReadonlySet<Date>', [[[moment], new Set([when])]], [[moment, moment]]],
  ['Set<{ a: bigint }>', [[[{ a: '1' }, { a: '2' }], new Set([{ a: 1n }, { a: 2n }])]], [[{ a: '1' }, { a: '1' }]]],
  [
    'Uint8Array',
    [
      ['AQID', Uint8Array.of(1, 2, 3)],
      ['', new Uint8Array()],
    ],
    ['AQI', 'A*==', [1], 'AQ-_', 'AQ==\n'],
  ],
  ['Uint8ClampedArray', [['/w==', Uint8ClampedArray.of(255)]], ['x']],
  ['ArrayBuffer', [['AQ==', Uint8Array.of(1).buffer]], ['x']],
  ['Buffer', [['aGk=', Buffer.from('hi')]], ['x']],
  ['Uint8Array | string', [['AQID', Uint8Array.of(1, 2, 3)], ['hello']], [1]],
  ['Uint8Array | null', [['AQ==', Uint8Array.of(1)], [null]], ['x', 1]],
  ['{ data: Uint8Array }[]', [[[{ data: 'AQ==' }], [{ data: Uint8Array.of(1) }]]], [[{ data: 1 }]]],
  ['Int8Array', [[[-128, 127], Int8Array.of(-128, 127)]], [[128], [1.5], ['1']]],
  ['Int16Array', [[[-32768], Int16Array.of(-32768)]], [[32768]]],
  ['Uint16Array', [[[65535], Uint16Array.of(65535)]], [[-1]]],
  ['Int32Array', [[[2147483647], Int32Array.of(2147483647)]], [[2147483648]]],
  ['Uint32Array', [[[4294967295], Uint32Array.of(4294967295)]], [[4294967296]]],
  ['Float32Array', [[[1.5, -2], Float32Array.of(1.5, -2)]], [[1e300], ['1'], [null]]],
  ['Float64Array', [[[0.1, 1e300], Float64Array.of(0.1, 1e300)]], [[null]]],
  ['BigInt64Array', [[['-9223372036854775808'], BigInt64Array.of(-(2n ** 63n))]], [['9223372036854775808'], [1.5]]],
  [
    'BigUint64Array',
    [[['18446744073709551615'], BigUint64Array.of(2n ** 64n - 1n)]],
    [['-1'], [-1], ['18446744073709551616']],
  ],
  [
    "Tensor<'float32', [2, 2]>",
    [
      [
        [
          [1, 2],
          [3, 4],
        ],
        new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2]),
      ],
    ],
    [
      [1, 2, 3, 4],
      [[1, 2], [3]],
      [
        [1, 2],
        [3, '4'],
      ],
      [[1, 2]],
      [
        [1, 2],
        [3, 1e300],
      ],
    ],
  ],
  [
    "Tensor<'float32', ['n', 2]>",
    [
      [[[1, 2]], new Tensor('float32', Float32Array.of(1, 2), [1, 2])],
      [[], new Tensor('float32', new Float32Array(), [0, 0])],
    ],
    [[[1]], [[1, 2], [3]]],
  ],
  ["Tensor<'float64', ['n', 'n']>", [[[[1]], new Tensor('float64', Float64Array.of(1), [1, 1])]], [[[1, 2]]]],
  ["Tensor<'int8', [number]>", [[[1, -128], new Tensor('int8', Int8Array.of(1, -128), [2])]], [[128], [1.5]]],
  ["Tensor<'uint16', [1]>", [[[65535], new Tensor('uint16', Uint16Array.of(65535), [1])]], [[-1], [1, 2]]],
  [
    "Tensor<'int64', [2]>",
    [[[1, '-9223372036854775808'], new Tensor('int64', BigInt64Array.of(1n, -(2n ** 63n)), [2])]],
    [
      [1, '9223372036854775808'],
      [1, 1.5],
    ],
  ],
  ["Tensor<'bool', ['n']>", [[[true, false], new Tensor('bool', Uint8Array.of(1, 0), [2])]], [[1]]],
  ["Tensor<'string', ['n']>", [[['a'], new Tensor('string', ['a'], [1])]], [[1]]],
  ["Tensor<'float32', []>", [[1.5, new Tensor('float32', Float32Array.of(1.5), [])]], [[1.5], 'x']],
  ["Tensor<'float32'>", [[[[[1]]], new Tensor('float32', Float32Array.of(1), [1, 1, 1])]], [[[1], 2], [['x']], 'x']],
  [
    "{ a: Tensor<'float16', ['n']>; b: Tensor<'float16', ['n']> }",
    [
      [
        { a: [1.5], b: [-2] },
        {
          a: new Tensor('float16', Uint16Array.of(0x3e00), [1]),
          b: new Tensor('float16', Uint16Array.of(0xc000), [1]),
        },
      ],
    ],
    [
      { a: [1], b: [1, 2] },
      { a: [1e6], b: [1] },
    ],
  ],
  ["Tensor<'float32', [1]> | null", [[[1], new Tensor('float32', Float32Array.of(1), [1])], [null]], [[1, 2]]],
  [
    'Table<{ id: bigint; at?: Date }>',
    [
      [[{ id: '1', at: moment }, { id: '2' }], Table.fromColumns({ id: [1n, 2n], at: [when, undefined] })],
      [[], Table.fromColumns({ id: [], at: [] })],
    ],
    [[{ at: moment }], [{ id: '1', at: 'now' }], { id: ['x'] }, { id: ['1'], at: [] }, [[1]], 'id'],
  ],
  [
    'Table<Record<string, number>>',
    [[[{ a: 1, b: 2 }, { a: 3 }], Table.fromColumns({ a: [1, 3], b: [2, undefined] })]],
    [[{ a: 'x' }], { a: ['x'] }, { a: 1 }],
  ],
  [
    'Table<Item>',
    [[[{ name: 'x', price: 1, tags: ['a'] }], Table.fromColumns({ name: ['x'], price: [1], tags: [['a']] })]],
    [{ name: [''], price: [1] }, { name: ['x'], price: [-1] }, [{ name: 'x', price: -1 }]],
  ],
  [
    'ImageFile',
    [[{ data: png, type: 'image/png', name: 'a.png' }, new ImageFile(Buffer.from(png, 'base64'), { name: 'a.png' })]],
    [{ data: 'AQID' }, { data: 1 }, png],
  ],
];

const compile = createValidatorCompiler();
const members = table.map(([type], at) => `@api m${at}(value: ${type}, other?: ${type}): ${type} { return value }`);
const tsconfig = JSON.stringify({
  compilerOptions: {
    target: 'esnext',
    types: ['node'],
    typeRoots: [new URL('../../node_modules/@types', import.meta.url).pathname],
  },
});
const methods = await methodsOf(serviceOf(members.join('\n'), declarations), { 'tsconfig.json': tsconfig });

/** What the gateway makes of the parsed body of a request; undefined if it refuses it. */
function receive(schema: JsonSchema, body: unknown): Record<string, unknown> | undefined {
  const validator = compile(schema);
  if (!validator.fits(body)) {
    assert.ok(validator.violations(body, true).length > 0);
    return undefined;
  }
  const read = createReader(schema, (member) => compile(member).fits);
  try {
    return (read ? read(body) : body) as Record<string, unknown>; // the schema of an input is one of an object
  } catch (error) {
    assert.equal((error as Error).name, 'Misfit', String(error));
    return undefined;
  }
}

const cross = (value: unknown): unknown => deserialize(serialize(value)); // as between two processes
const copy = (wire: unknown): unknown => JSON.parse(JSON.stringify(wire));

for (const [at, [type, good, bad]] of table.entries()) {
  const { input = {}, output = {} } = methods[`m${at}`] ?? {};
  test(`values of the type ${type} come back as they went in, and others are refused`, async () => {
    for (const [wire, value = wire] of good) {
      const said = JSON.stringify(wire);
      const received = receive(input, { value: copy(wire), other: copy(wire) });
      assert.ok(received, `${said} is refused`);
      const { value: given, other } = unpack(cross(received)) as Record<string, unknown>;
      assert.deepStrictEqual(given, value, said);
      assert.deepStrictEqual(other, value, said);
      const answer = copy(toJson(cross(await pack(given))));
      assert.deepStrictEqual(answer, wire, said);
      assert.ok(compile(output).fits(answer), `${said} does not fit as a result`);
      assert.deepStrictEqual((createOutputReader(output) ?? ((json) => json))(answer), value, `${said} at the client`);
    }
    for (const wire of bad) {
      const said = JSON.stringify(wire); // reading changes it
      assert.equal(receive(input, { value: wire }), undefined, `${said} is let in`);
    }
    assert.equal(receive(input, {}), undefined, 'a value has to be sent');
  });
}

test('a file comes back with its bytes, media type and name', async () => {
  const { m } = await methodsOf(serviceOf('@api m(value: File, other: Blob[]): File { return value }'), {
    'tsconfig.json': tsconfig,
  });
  const file = { data: 'aGk=', type: 'text/plain', name: 'a.txt' };
  const received = unpack(cross(receive(m?.input ?? {}, { value: file, other: [{ data: 'aGk=' }] })));
  const { value, other } = received as { value: File; other: [Blob] };
  assert.deepEqual([await value.text(), value.type, value.name], ['hi', 'text/plain', 'a.txt']);
  assert.deepEqual([await other[0].text(), other[0].type], ['hi', 'application/octet-stream']);
  assert.deepEqual(toJson(cross(await pack(value))), file);
  for (const more of [{ type: 'no/ty pe' }, { name: '../a' }, { name: 'a\\b' }, { name: 'a\0' }, { data: '%' }]) {
    assert.equal(receive(m?.input ?? {}, { value: { ...file, ...more }, other: [] }), undefined, JSON.stringify(more));
  }
});

test('a type of the platform that somebody adds to is still that type', async () => {
  const files = { 'tsconfig.json': tsconfig };
  const source = serviceOf('@api m(blob: Blob, at: Date): Blob { return blob }');
  const added = `${source}\ndeclare global { interface Blob {} interface Date { more(): void } }`;
  assert.deepEqual((await methodsOf(added, files)).m?.input, (await methodsOf(source, files)).m?.input);
});

test('a sequence is an array on the wire, and iterated by the method', async () => {
  const { m } = await methodsOf(serviceOf('@api async m(value: AsyncIterable<Date>): Promise<void> {}'));
  const { value } = unpack(cross(receive(m?.input ?? {}, { value: [moment, moment] }))) as {
    value: AsyncIterable<Date>;
  };
  assert.deepEqual(await Array.fromAsync(value), [when, when]);
  assert.equal(receive(m?.input ?? {}, { value: ['x'] }), undefined);
});

test('a tensor whose first rows promise more than there is takes no room before it is refused', async () => {
  const { m } = await methodsOf(serviceOf("@api m(a: Tensor<'float64', ['n', 'm']>): void {}"));
  const long = Array.from({ length: 300_000 }, () => 0);
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(receive(m?.input ?? {}, { a: [long, ...long.map(() => [])] }), undefined); // would be 720 GB
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000);
});

test('dimensions of one name have one size in the whole call, whatever the parameter', async () => {
  const { m } = await methodsOf(
    serviceOf("@api m(a: Tensor<'int8', ['n']>, b: { c: Tensor<'int8', ['n', 1]> }[]): void {}"),
  );
  assert.ok(receive(m?.input ?? {}, { a: [1, 2], b: [{ c: [[1], [2]] }] }));
  assert.equal(receive(m?.input ?? {}, { a: [1, 2], b: [{ c: [[1], [2]] }, { c: [[1]] }] }), undefined);
});
