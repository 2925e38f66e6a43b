/** What an author is told about types and signatures that cannot be served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintOf, problemsOf, serviceOf } from './reflect.fixture.ts';

const declarations = `
  enum Computed { A = 'x'.length, B = 2 }
  class Rich { x = 1; go(): void {} }
  class Secret { #x = 1; read = this.#x }
  interface Stage { run(): void }
  interface Handler { on: () => void }
  type Grow<A> = { a: Grow<A[]> };
  type Wide<A> = { a: Wide<A[]>; b: Wide<{ z: A }> };
`;

const template = `\`\${string}-\${string}-\${string}\``;

/** A member of the class `S`, and what is said of it, without the line. */
const table: readonly (readonly [member: string, problem: string])[] = [
  [
    '@api m(when: RegExp): void {}',
    '8: parameter "when" of S.m has the type "RegExp", which cannot cross the wire; send its source: when: string',
  ],
  [
    '@api m(): RegExp { return /x/ }',
    '11: result of S.m has the type "RegExp", which cannot cross the wire; send its source: string',
  ],
  [
    '@api m(a: symbol): void {}',
    '8: parameter "a" of S.m has the type "symbol", which cannot cross the wire; send a name: a: string',
  ],
  [
    '@api m(a: () => void): void {}',
    '8: parameter "a" of S.m has the type "() => void", which cannot cross the wire; send data, and let the receiver choose what to run',
  ],
  [
    '@api m(a: never): void {}',
    '8: parameter "a" of S.m has the type "never", which no value has; write the type of the values to send',
  ],
  [
    '@api m(a: Promise<string>): void {}',
    '8: parameter "a" of S.m has the type "Promise<string>", which cannot cross the wire; await it and use the type of its value',
  ],
  [
    '@api m(): { items: AsyncIterable<string> } { return null! }',
    '13: result "items" of S.m has the type "AsyncIterable<string>", which cannot cross the wire; a stream is the whole result of a method, or a whole parameter of the type AsyncIterable; use an array here',
  ],
  [
    '@api m(): Iterable<string> { return [] }',
    '11: result of S.m has the type "Iterable<string>", which cannot cross the wire; use an array',
  ],
  [
    '@api m(a: String): void {}',
    '8: parameter "a" of S.m has the type "String", which cannot cross the wire; write the primitive type: a: string',
  ],
  [
    '@api m(a: Intl.Collator): void {}',
    '8: parameter "a" of S.m has the type "Intl.Collator", which belongs to the language or the platform and cannot cross the wire; write an interface with the properties to send',
  ],
  [
    '@api m(a: Computed): void {}',
    '8: parameter "a" of S.m has the type "Computed.A", an enum with a member that is computed when the program runs; give each member a number or a string',
  ],
  [
    '@api m(a: Rich): void {}',
    '8: parameter "a" of S.m has the type "Rich", which has the method "go" and cannot cross the wire; send an interface with data only',
  ],
  [
    '@api m(a: Secret): void {}',
    '8: parameter "a" of S.m has the type "Secret", which has a member that is no data and cannot cross the wire; send an interface with data only',
  ],
  [
    '@api m(a: Stage): void {}',
    '8: parameter "a" of S.m has the type "Stage", which has the method "run" and cannot cross the wire; send an interface with data only',
  ],
  [
    '@api m(a: typeof Rich): void {}',
    '8: parameter "a" of S.m has the type "typeof Rich", which cannot cross the wire; send data, and let the receiver choose what to run',
  ],
  [
    '@api m(a: (string | undefined)[]): void {}',
    '8: parameter "a[]" of S.m has the type "string | undefined", which JSON does not have; use null instead of undefined',
  ],
  [
    '@api m(a: undefined[]): void {}',
    '8: parameter "a[]" of S.m has the type "undefined", which JSON does not have; use null instead of undefined',
  ],
  [
    '@api m(a: { [key: symbol]: string }): void {}',
    '8: parameter "a" of S.m has the type "{ [key: symbol]: string }", whose keys are neither strings nor templates that can be checked in linear time; use string keys: a: Record<string, …>',
  ],
  [
    '@api m(a: [...string[], number]): void {}',
    '8: parameter "a" of S.m has the type "[...string[], number]", which has a rest element before its end; move the rest element to the end',
  ],
  [
    `@api m(a: ${template}): void {}`,
    `8: parameter "a" of S.m has the type "${template}", a template that cannot be checked in linear time; use a: string and say what it looks like with @pattern`,
  ],
  [
    '@api m(a: Nope): void {}',
    '8: parameter "a" of S.m has the type "Nope", which cannot be found; fix its import, or install the package that declares it',
  ],
  [
    '@api m(a: Missing[]): void {}',
    '8: parameter "a[]" of S.m has the type "Missing", which cannot be found; fix its import, or install the package that declares it',
  ],
  [
    '@api m(event: ServerEvent<string>): void {}',
    '8: parameter "event" of S.m has the type "ServerEvent<string>", which is a whole item of a stream and nothing else; let the method give AsyncIterable<ServerEvent<…>>, with the types of all items inside: ServerEvent<A | B>',
  ],
  [
    '@api async *m(): AsyncIterable<string | ServerEvent<string>> {}',
    '18: streamed item of S.m has the type "ServerEvent<string>", which is a whole item of a stream and nothing else; let the method give AsyncIterable<ServerEvent<…>>, with the types of all items inside: ServerEvent<A | B>',
  ],
  [
    '@api async *m(): AsyncIterable {}',
    '18: result of S.m has the type "AsyncIterable", which does not say what its items are; write the type of the items: AsyncIterable<string>',
  ],
  [
    '@api async *m() { yield JSON.parse("1") }',
    '13: streamed items of S.m have no type; write the return type: AsyncIterable<string>',
  ],
  [
    '@api async *m(): AsyncIterable<{ when: RegExp }> {}',
    '34: streamed item "when" of S.m has the type "RegExp", which cannot cross the wire; send its source: when: string',
  ],
  [
    '@api m({ a }: { a: string }): void {}',
    '8: parameter "{ a }" of S.m is destructured, so that it has no name for the caller; take the body as a whole with @api({ body: true }), or name each parameter: m(first: string, second: number)',
  ],
  [
    '@api m(...rest: string[]): void {}',
    '11: parameter "...rest" of S.m is a rest parameter, which has no name for each value; take an array: rest: string[]',
  ],
  ['@api m(a): void {}', '8: parameter "a" of S.m has no type; write it: a: string'],
  [
    '@api m(__proto__: string): void {}',
    '8: parameter "__proto__" of S.m has the name of JavaScript\'s prototype; choose another name',
  ],
  [
    '@api m(a: string): void; m(a: number): void; m(): void {}',
    '6: S.m is overloaded, so that its input has no single type; write one signature, with unions and optional parameters',
  ],
  [
    '@api m<T, U>(): void {}',
    '6: S.m has type parameters of its own (T, U), which a caller cannot choose; write the concrete types',
  ],
  [
    '@api m(ctx: Context, a: string): void {}',
    '8: parameter "ctx" of S.m has the type "Context", which is given by bentots and not by the caller; make it the last parameter of the method: ctx: Context',
  ],
  [
    '@api m(a: { inner: Context }): void {}',
    '13: parameter "a.inner" of S.m has the type "Context", which is given by bentots and not by the caller; make it the last parameter of the method: ctx: Context',
  ],
  [
    '@api m(batch: BatchContext, a: string[]): void {}',
    '8: parameter "batch" of S.m has the type "BatchContext", which is given by bentots and not by the caller; make it the last parameter of the method: ctx: BatchContext',
  ],
  [
    '@api m(): ItemError { return null! }',
    '11: result of S.m has the type "ItemError", which stands in the place of the result of one item, and nowhere else; let a batchable method give an array of results or errors: Promise<(number[] | ItemError)[]>',
  ],
  [
    '@api m(): ItemChunk<string>[] { return [] }',
    '11: result "[]" of S.m has the type "ItemChunk<string>", which is a whole item of the stream of a batchable method, and nothing else; let the method give AsyncIterable<ItemChunk<…>>, with the types of all chunks inside: ItemChunk<A | B>',
  ],
  [
    '/** @minimum 0 */ @api m(a: number): void {}',
    '5: S.m: @minimum does not say which parameter it is for; write it after @param <name>',
  ],
  [
    '/** @param b @minimum 0 */ @api m(a: number): void {}',
    '14: S.m: @minimum is for a parameter "b" that does not exist; the parameters are a',
  ],
  [
    '/** @param a @minimum abc */ @api m(a: number): void {}',
    '14: parameter "a" of S.m: @minimum has the value "abc", but wants a number; write for example @minimum 0',
  ],
  [
    '/** @param a @multipleOf 0 */ @api m(a: number): void {}',
    '14: parameter "a" of S.m: @multipleOf has the value "0", but wants a number above 0; write for example @multipleOf 0.5',
  ],
  [
    '/** @param a @minLength 1.5 */ @api m(a: string): void {}',
    '14: parameter "a" of S.m: @minLength has the value "1.5", but wants a whole number, 0 or more; write for example @minLength 1',
  ],
  [
    '/** @param a @minLength 1 */ @api m(a: number): void {}',
    '14: parameter "a" of S.m: @minLength is for strings, and this is of the type number; remove the tag or change the type',
  ],
  [
    '/** @param a @minimum 1 */ @api m(a: number[]): void {}',
    '14: parameter "a" of S.m: @minimum is for numbers, and this is of the type array; remove the tag or change the type',
  ],
  [
    '/** @param a @pattern ^(a+)+$ */ @api m(a: string): void {}',
    '14: parameter "a" of S.m: @pattern has the value "^(a+)+$", which has two repetitions that can share the same characters, which can take very long; rewrite it so that the next character always decides, as in ^[a-z]+(-[a-z]+)*$; write for example @pattern ^[a-z]+$',
  ],
  [
    '/** @param a @uniqueItems yes */ @api m(a: string[]): void {}',
    '14: parameter "a" of S.m: @uniqueItems has the value "yes", but wants nothing; write for example @uniqueItems',
  ],
  [
    '/** @param a @default [ */ @api m(a?: number): void {}',
    '14: parameter "a" of S.m: @default has the value "[", but wants JSON; write for example @default 10',
  ],
  [
    '/** @param a @additionalProperties false */ @api m(a: string): void {}',
    '14: parameter "a" of S.m: @additionalProperties is for objects, and this is of the type string; remove the tag',
  ],
  [
    '/** @param a @additionalProperties false */ @api m(a: Point): void {}',
    '14: parameter "a" of S.m: @additionalProperties stands where a named type is used; write it above the declaration of that type',
  ],
  [
    '@api m(a: { b: AsyncIterable<string> }): void {}',
    '13: parameter "a.b" of S.m has the type "AsyncIterable<string>", which cannot cross the wire; a stream is the whole result of a method, or a whole parameter of the type AsyncIterable; use an array here',
  ],
  [
    '@api m(a: DataView): void {}',
    '8: parameter "a" of S.m has the type "DataView", which cannot cross the wire; send bytes: a: Uint8Array',
  ],
  [
    '@api m(a: Map<string, symbol>): void {}',
    '8: parameter "a[value]" of S.m has the type "symbol", which cannot cross the wire; send a name: string',
  ],
  [
    '@api m(a: Table<string>): void {}',
    '8: parameter "a" of S.m has the type "Table<string>", whose rows have no columns that are known; name them, Table<{ rooms: number; area: number }>, or give all one type, Table<Record<string, number>>',
  ],
  [
    "@api m(a: Tensor<'float33', [1]>): void {}",
    "8: parameter \"a\" of S.m has the type \"Tensor<'float33', [1]>\", whose elements have no single type; name one: Tensor<'float32', ['batch', 512]>",
  ],
  [
    "@api m(a: Tensor<'float32', [1.5]>): void {}",
    "8: parameter \"a\" of S.m has the type \"Tensor<'float32', [1.5]>\", whose shape is no list of sizes and names; write each dimension as a size or a name: Tensor<'float32', ['batch', 3, 224, 224]>",
  ],
  [
    '@api m(a: string & Min<1>): void {}',
    '8: parameter "a" of S.m: the limit minimum is for numbers, and this is of the type string; remove the limit or change the type',
  ],
  [
    '@api m(a: number & Min<number>): void {}',
    '8: parameter "a" of S.m: the limit "minimum" needs one value that is known when the program is compiled',
  ],
  [
    "@api m(a: string & Pattern<'^(a+)+$'>): void {}",
    '8: parameter "a" of S.m: the limit pattern has the value "^(a+)+$", which has two repetitions that can share the same characters, which can take very long; rewrite it so that the next character always decides, as in ^[a-z]+(-[a-z]+)*$',
  ],
  [
    '/** @param a @minLength 1 */ @api m(a: Date): void {}',
    '14: parameter "a" of S.m: @minLength is for strings, and this is a date; remove the tag or change the type',
  ],
  [
    '/** @param a @minimum 1 */ @api m(a: bigint): void {}',
    '14: parameter "a" of S.m: @minimum is for numbers, and this is a bigint; remove the tag or change the type',
  ],
];

const shared = `${declarations}\ninterface Point { x: number }\nimport type { Missing } from './missing.ts';`;
const letters = [...'klmnopqrst']; // as many methods as one error reports problems
const rename = (text: string, name = 'm') => text.replace(/\bm(?=[(<])/g, name).replace(/\bS\.m\b/g, `S.${name}`);

for (let start = 0; start < table.length; start += letters.length) {
  const rows = table.slice(start, start + letters.length);
  const members = rows.map(([member], at) => rename(member, letters[at]));
  const problems = await problemsOf(serviceOf(members.join('\n'), shared));
  for (const [at, [member, problem]] of rows.entries()) {
    test(`the member ${member} is refused with its remedy`, () => {
      assert.equal(problems[at], `service.ts:${at + 3}:${rename(problem, letters[at])}`);
    });
  }
  test(`the members ${start + 1} to ${start + rows.length} have one problem each`, () => {
    assert.equal(problems.length, rows.length);
  });
}

test('an answer that a method makes itself is its whole result, and nothing else', async () => {
  const remedy =
    'has the type "Response", which is an answer and no part of one; let a method give it alone, as Response or Promise<Response>, and send anywhere else what is in it, such as its bytes: Uint8Array';
  const members = [
    '@api a(answer: Response): void {}',
    '@api async b(): Promise<{ answer: Response }> { return null! }',
    '@api async *c(): AsyncIterable<Response> {}',
    '@api d(): Response | string { return "" }',
    '@api e(): Response { return null! }',
    '@api async f(): Promise<Response> { return null! }',
  ];
  const dom = { 'tsconfig.json': '{ "compilerOptions": { "lib": ["esnext", "dom"], "types": [] } }' };
  const problems = await problemsOf(serviceOf(members.join('\n')), dom);
  assert.deepEqual(
    problems.map((problem) => problem.replace(/^service\.ts:\d+:\d+: /, '')),
    [
      `parameter "answer" of S.a ${remedy}`,
      `result "answer" of S.b ${remedy}`,
      `streamed item of S.c ${remedy}`,
      `result of S.d ${remedy}`,
    ],
  );
});

test('a problem inside a type names its path and stands where the property is written', async () => {
  const problems = await problemsOf(
    serviceOf('@api m(deep: Deep): void {}', 'interface Deep { list: { when: RegExp }[] }'),
  );
  assert.deepEqual(problems, [
    'service.ts:5:26: parameter "deep.list[].when" of S.m has the type "RegExp", which cannot cross the wire; send its source: when: string',
  ]);
});

test('a type that expands without an end is refused', async () => {
  const problems = await problemsOf(
    serviceOf('@api m(a: Grow<string>): void {}\n@api w(a: Wide<string>): void {}', declarations),
  );
  assert.equal(problems.length, 2);
  for (const problem of problems) assert.match(problem, /which goes on without an end; let the type refer to itself/);
});

test('at most ten problems are listed, the rest is counted', async () => {
  const members = Array.from({ length: 13 }, (_, at) => `@api m${at}(when: RegExp): void {}`).join('\n');
  const problems = await problemsOf(serviceOf(members));
  assert.equal(problems.length, 11);
  assert.match(problems[9] ?? '', /S\.m9 /);
  assert.equal(problems[10], 'and 3 more');
});

test('the tags of installed packages that mean nothing to us are passed over', async () => {
  const library =
    'export interface Options {\n/** @default true | false\n * @minimum low */ a: number;\n/** @pattern (x+)+ */ b: string }';
  const source = `import type { Options } from 'lib';\n${serviceOf('@api m(a: Options): void {}')}`;
  const files = {
    'node_modules/lib/package.json': '{ "name": "lib", "types": "index.d.ts" }',
    'node_modules/lib/index.d.ts': library,
  };
  assert.deepEqual(await problemsOf(source, files), []);
});

/** A service, and what is underlined in it. */
const underlined: readonly (readonly [what: string, member: string, declarations: string, frames: string])[] = [
  [
    'the type of a parameter',
    '  @api m(text: string, when: RegExp): void {}',
    '',
    '    3 |   @api m(text: string, when: RegExp): void {}\n      |                              ^^^^^^',
  ],
  [
    'the member of a union that is wrong',
    '@api m(a: string | symbol | null): void {}',
    '',
    '    3 | @api m(a: string | symbol | null): void {}\n      |                    ^^^^^^',
  ],
  [
    'the result as it arrives',
    '@api async m(): Promise<RegExp> { return /x/ }',
    '',
    '    3 | @api async m(): Promise<RegExp> { return /x/ }\n      |                         ^^^^^^',
  ],
  [
    'the property of an interface',
    '@api m(a: Point): void {}',
    'interface Point {\n\tx: number;\n\tat: WeakMap<A, B>;\n}',
    '    7 |   at: WeakMap<A, B>;\n      |       ^^^^^^^^^^^^^',
  ],
  [
    'what an alias in the same file says',
    '@api m(a: Days): void {}',
    'type Days = RegExp[];',
    '    5 | type Days = RegExp[];\n      |             ^^^^^^',
  ],
  [
    'the name where the type is not written',
    '@api m() { return /x/ }',
    '',
    '    3 | @api m() { return /x/ }\n      |      ^',
  ],
  [
    'a destructured parameter',
    '@api m({ a, b }: { a: 1, b: 2 }): void {}',
    '',
    '    3 | @api m({ a, b }: { a: 1, b: 2 }): void {}\n      |        ^^^^^^^^',
  ],
  [
    'a tag of a comment',
    '/** @param a @minLength x */ @api m(a: string): void {}',
    '',
    '    3 | /** @param a @minLength x */ @api m(a: string): void {}\n      |              ^^^^^^^^^^',
  ],
];

for (const [what, member, declared, frame] of underlined) {
  test(`below a problem its code is shown, underlined: ${what}`, async () => {
    const [, ...lines] = (await complaintOf(serviceOf(member, declared))).split('\n');
    assert.equal(lines.join('\n'), frame);
  });
}

test('the code of an imported type is shown from its own file, that of a package where it is used', async () => {
  const source = `import type { Item } from './item.ts';\nimport type { Options } from 'lib';\n${serviceOf('@api m(a: Item, b: Options): void {}')}`;
  const files = {
    'item.ts': '// an item\nexport interface Item { at: RegExp }\n',
    'node_modules/lib/package.json': '{ "name": "lib", "types": "index.d.ts" }',
    'node_modules/lib/index.d.ts': 'export interface Options { on: () => void }',
  };
  const problems = (await complaintOf(source, files)).split('\n\n').map((problem) => problem.split('\n'));
  assert.deepEqual(
    problems.map(([sentence, ...frame]) => [sentence?.split(' ')[0], ...frame]),
    [
      ['item.ts:2:25:', '    2 | export interface Item { at: RegExp }', '      |                             ^^^^^^'],
      ['service.ts:5:17:', '    5 | @api m(a: Item, b: Options): void {}', '      |                 ^'],
    ],
  );
});

test('several problems are separated by an empty line', async () => {
  const said = await complaintOf(serviceOf('@api m(a: RegExp): void {}\n@api n(b: symbol): void {}'));
  const lines = said.split('\n').map((line) => line.replace(/ has the type .*/, ''));
  assert.deepEqual(lines, [
    'service.ts:3:8: parameter "a" of S.m',
    '    3 | @api m(a: RegExp): void {}',
    '      |           ^^^^^^',
    '',
    'service.ts:4:8: parameter "b" of S.n',
    '    4 | @api n(b: symbol): void {}',
    '      |           ^^^^^^',
  ]);
});
