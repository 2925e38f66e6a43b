/** How services, their methods, parameters and documentation are found in a file. */
import assert from 'node:assert/strict';
import { rmSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isServiceError } from '../errors.ts';
import { complaintOf, createProject, methodsOf, problemsOf, serviceOf } from './reflect.fixture.ts';
import { reflect } from './reflect.ts';

const propertiesOf = (method: { input: object } | undefined) =>
  (method?.input as { properties: Record<string, unknown> } | undefined)?.properties;

test('a service is a decorated class of the file, under the name it is exported by', async () => {
  using project = createProject({
    'service.ts': `
      import { service as serve } from 'bentots';
      import * as bento from 'bentots';
      const service = (value: Function, context: ClassDecoratorContext) => {};
      /** Says hello. */
      @serve export class Named {}
      @bento.service({ name: 'x' }) class Renamed {}
      @(serve({})) class Unexported {}
      @service export class OtherDecorator {}
      export class Undecorated {}
      @serve export default class {}
      export { Renamed as Public };
    `,
  });
  const { module } = await reflect(project.path('service.ts'));
  assert.equal(module.file, project.path('service.ts'));
  assert.deepEqual(
    module.services.map(({ className, exportName, description }) => [className, exportName, description]),
    [
      ['Named', 'Named', 'Says hello.'],
      ['Renamed', 'Public', undefined],
      ['Unexported', undefined, undefined],
      ['default', 'default', undefined],
    ],
  );
  assert.deepEqual(module.services[0]?.source, { file: project.path('service.ts'), line: 6, column: 27 });
});

test('a file without a service has none', async () => {
  using project = createProject({ 'service.ts': 'export const a = 1;' });
  assert.deepEqual((await reflect(project.path('service.ts'))).module.services, []);
});

test('an api is a decorated method, own or inherited from other files, sorted by name', async () => {
  const methods = await methodsOf(
    `import { api as endpoint, service } from 'bentots';
     import * as bento from 'bentots';
     import { Base } from './base.ts';
     const api = (value: Function, context: ClassMethodDecoratorContext) => {};
     interface Item { id: string }
     @service export class S extends Base<Item> {
       @endpoint zebra(): void {}
       @bento.api({ route: '/x' }) apple(): void {}
       @api mine(): void {}
       plain(): void {}
       @endpoint static fixed(): void {}
       overridden(a: number): number { return a }
     }`,
    {
      'base.ts': `import { api } from 'bentots';
        export class Root { @api() deep(): string { return '' } @api overridden(a: number): number { return a } }
        export class Base<T> extends Root { @api() inherited(item: T): T[] { return [item] } }`,
    },
  );
  assert.deepEqual(Object.keys(methods), ['apple', 'deep', 'inherited', 'overridden', 'zebra']);
  const id = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  assert.deepEqual(propertiesOf(methods.inherited), { item: id });
  assert.deepEqual(methods.inherited?.output, { type: 'array', items: id });
  assert.match(methods.deep?.source.file ?? '', /base\.ts$/);
  assert.deepEqual([methods.zebra?.source.line, methods.zebra?.source.column], [7, 18]);
});

test('the kind and whether it is asynchronous follow from the result', async () => {
  const methods = await methodsOf(
    serviceOf(
      `
      @api a(): string { return '' }
      @api async b(): Promise<string> { return '' }
      @api c(): Promise<string> { return Promise.resolve('') }
      @api async d() { return { ok: true, at: [1] } }
      @api async *e() { yield 'a' }
      @api async *f(): AsyncGenerator<number, void, unknown> {}
      @api g(): AsyncIterable<{ token: string }> { return null! }
      @api async h(): Promise<AsyncIterable<string | null>> { return null! }
      @api *i() { yield 1 }
      @api j(): Generator<string> { return null! }
      @api k(): IterableIterator<string> { return null! }
      @api l(): AsyncIterator<string> { return null! }
      @api m(): AsyncIterableIterator<string> { return null! }
      @api n(): Tokens { return null! }
      @api o(): Own { return new Own() }
      @api p() {}
      @api async q(): Promise<void> {}
      @api r(): string[] { return [] }
      @api async s(): Promise<string | undefined> { return '' }
      @api async t(): Promise<Score[]> { return [] }`,
      `type Tokens = AsyncIterable<Score>;
       /** @minimum 0 */ type Score = number;
       class Own { async *[Symbol.asyncIterator](): AsyncGenerator<boolean> {} }`,
    ),
  );
  const seen = Object.values(methods).map(({ name, kind, isAsync, output }) => [name, kind, isAsync, output]);
  const text = { type: 'string' };
  const score = { type: 'number', minimum: 0 };
  const token = { type: 'object', properties: { token: text }, required: ['token'] };
  const ok = {
    type: 'object',
    properties: { ok: { type: 'boolean' }, at: { type: 'array', items: { type: 'number' } } },
    required: ['ok', 'at'],
  };
  assert.deepEqual(seen, [
    ['a', 'unary', false, text],
    ['b', 'unary', true, text],
    ['c', 'unary', true, text],
    ['d', 'unary', true, ok],
    ['e', 'stream', true, text],
    ['f', 'stream', true, { type: 'number' }],
    ['g', 'stream', true, token],
    ['h', 'stream', true, { type: ['string', 'null'] }],
    ['i', 'stream', false, { type: 'number' }],
    ['j', 'stream', false, text],
    ['k', 'stream', false, text],
    ['l', 'stream', true, text],
    ['m', 'stream', true, text],
    ['n', 'stream', true, score],
    ['o', 'stream', true, { type: 'boolean' }],
    ['p', 'unary', false, { type: 'null' }],
    ['q', 'unary', true, { type: 'null' }],
    ['r', 'unary', false, { type: 'array', items: text }],
    ['s', 'unary', true, { type: ['string', 'null'] }],
    ['t', 'unary', true, { type: 'array', items: score }],
  ]);
});

test('a parameter may be left out if it has a question mark, an initialiser or undefined in its type', async () => {
  const { m } = await methodsOf(
    serviceOf(
      '@api m(this: S, a: string, b?: string, c: string | undefined = undefined, d = Date.now(), e: number | undefined): void {}',
    ),
  );
  assert.deepEqual(m?.parameters, [
    { name: 'a', isRequired: true },
    { name: 'b', isRequired: false },
    { name: 'c', isRequired: false },
    { name: 'd', isRequired: false },
    { name: 'e', isRequired: false },
  ]);
  assert.deepEqual(m?.input.required, ['a']);
  assert.deepEqual(propertiesOf(m), {
    a: { type: 'string' },
    b: { type: 'string' },
    c: { type: 'string' },
    d: { type: 'number' },
    e: { type: 'number' },
  });
});

test('a literal initialiser is the default, another one is left to JavaScript', async () => {
  const { m } = await methodsOf(
    serviceOf(
      `@api m(a = 5, b = -1.5, c = 'x', d = \`y\`, e = true, f: string | null = null, g = [1, [2]], h = { k: 'v', 'a b': { 1: false } },
        i = Color.Red, j: Color = Color['Blue'], l = 'a' as const, n = ({ z: 1 } satisfies object), o = +1, p = -0, q = [] as string[],
        r = Math.max(1), s = limit, t = [...items], u = { ...base }, v = \`\${limit}\`, w = Mode.On, x = { toString: 'own' }, y = 1e999, z = { __proto__: null }): void {}`,
      `enum Color { Red = 'red', Blue = 'blue' } enum Mode { Off, On } const limit = 3, items = [1], base = { q: 1 };`,
    ),
  );
  const defaults = Object.entries(propertiesOf(m) ?? {}).map(([name, schema]) => [
    name,
    (schema as { default?: unknown }).default,
  ]);
  assert.deepEqual(Object.fromEntries(defaults), {
    a: 5,
    b: -1.5,
    c: 'x',
    d: 'y',
    e: true,
    f: null,
    g: [1, [2]],
    h: { k: 'v', 'a b': { 1: false } },
    i: 'red',
    j: 'blue',
    l: 'a',
    n: { z: 1 },
    o: 1,
    p: 0,
    q: [],
    r: undefined,
    s: undefined,
    t: undefined,
    u: undefined,
    v: undefined,
    w: 1,
    x: { toString: 'own' },
    y: undefined,
    z: undefined,
  });
  assert.deepEqual(m?.input.required, undefined);
  assert.ok(m?.parameters.every(({ isRequired }) => !isRequired));
});

test('a Context as the last parameter is no part of the input', async () => {
  const methods = await methodsOf(
    `import { api, service, type Context as Ctx } from 'bentots';
     import type * as bento from 'bentots';
     interface Context { own: string }
     @service export class S {
       @api a(text: string, ctx: Ctx): void {}
       @api b(ctx?: bento.Context): void {}
       @api c(text: string, ctx: Ctx | undefined): void {}
       @api d(context: Context): void {}
     }`,
  );
  const seen = Object.values(methods).map(({ takesContext, parameters }) => [
    takesContext,
    parameters.map(({ name }) => name),
  ]);
  assert.deepEqual(seen, [
    [true, ['text']],
    [true, []],
    [true, ['text']],
    [false, ['context']],
  ]);
});

test('of what a batchable method takes and gives, the caller sees neither its BatchContext nor what speaks of single items', async () => {
  const { a, b, c } = await methodsOf(
    serviceOf(`
      @api({ batchable: true }) async a(texts: string[], batch: BatchContext): Promise<(number[] | ItemError)[]> { return [] }
      @api({ batchable: true }) async *b(texts: string[]): AsyncIterable<ItemChunk<string | number>> {}
      @api async c(texts: string[]): Promise<(number[] | string)[]> { return [] }`),
  );
  const numbers = { type: 'array', items: { type: 'number' } };
  assert.deepEqual(
    [a?.takesContext, a?.takesBatchContext, a?.parameters.map(({ name }) => name)],
    [true, true, ['texts']],
  );
  assert.deepEqual(a?.output, { type: 'array', items: numbers });
  assert.deepEqual([b?.kind, b?.isAsync, b?.givesChunks], ['stream', true, true]);
  assert.deepEqual(b?.output, { anyOf: [{ type: 'string' }, { type: 'number' }] });
  assert.deepEqual([c?.takesBatchContext, c?.givesChunks], [undefined, undefined]);
});

test('JSDoc describes methods, parameters, results and properties, and limits them', async () => {
  const { m } = await methodsOf(
    serviceOf(
      `/**
       * Finds what is near.
       *
       * See {@link Item}.
       * @param text - What to look for. @minLength 1 @maxLength 20
       * @param {number} [count=3] How many.
       *   At most ten.
       *   @minimum 1
       *   @maximum 10
       *   @integer
       * @param options How.
       * @returns What was found. @minItems 1
       * @deprecated use other
       * @example
       * m('a')
       */
      @api m(text: string, count = 3, options?: Options, /** @format uuid */ id?: string): Item[] { return [] }`,
      `interface Item { /** @type integer */ id: number }
       interface Options {
         /** @exclusiveMinimum 0 @exclusiveMaximum 1 @multipleOf 0.1 @default 0.5 */ share?: number;
         /** @pattern ^[a-z]+(-[a-z]+)*$ @title Slug @example a-b @example "c" */ slug?: string;
         /** @minItems 1 @maxItems 3 @uniqueItems */ tags?: string[];
         /** @deprecated */ old?: string | null;
         /** @default 'x' @maxLength 3 */ word?: string | null;
       }`,
    ),
  );
  assert.equal(m?.description, 'Finds what is near.\n\nSee Item.');
  assert.equal(m?.isDeprecated, true);
  assert.deepEqual(propertiesOf(m), {
    text: { type: 'string', description: 'What to look for.', minLength: 1, maxLength: 20 },
    count: { type: 'integer', description: 'How many.\nAt most ten.', minimum: 1, maximum: 10, default: 3 },
    options: {
      type: 'object',
      properties: {
        share: { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1, multipleOf: 0.1, default: 0.5 },
        slug: { type: 'string', pattern: '^[a-z]+(-[a-z]+)*$', title: 'Slug', examples: ['a-b', 'c'] },
        tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3, uniqueItems: true },
        old: { type: ['string', 'null'], deprecated: true },
        word: { type: ['string', 'null'], default: 'x', maxLength: 3 },
      },
      description: 'How.',
    },
    id: { type: 'string', format: 'uuid' },
  });
  assert.deepEqual(m?.output, {
    type: 'array',
    items: { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
    description: 'What was found.',
    minItems: 1,
  });
});

test('the comment of a parameter stands beside the reference to its shared type', async () => {
  const { m } = await methodsOf(
    serviceOf(
      '/** @param a First.\n * @param b Second. */\n@api m(a: Item, b: Item): void {}',
      '/** A thing. */ interface Item { id: string }',
    ),
  );
  assert.deepEqual(propertiesOf(m), {
    a: { $ref: '#/$defs/Item', description: 'First.' },
    b: { $ref: '#/$defs/Item', description: 'Second.' },
  });
  assert.partialDeepStrictEqual(m?.input.$defs, { Item: { description: 'A thing.' } });
});

test('types come through the paths and the extended files of the tsconfig, but our options win', async () => {
  const methods = await methodsOf(
    `import type { Item } from '#types/item';\n${serviceOf('@api m(a: Item, b?: string): void {}')}`,
    {
      'tsconfig.json':
        '{ // comments are allowed\n "extends": "./base.json", "compilerOptions": { "module": "esnext", "moduleResolution": "bundler" }, }',
      'base.json':
        '{ "compilerOptions": { "strict": false, "experimentalDecorators": true, "lib": ["esnext"], "types": [], "paths": { "#types/*": ["./types/*.ts"] } } }',
      'types/item.ts': 'export interface Item { a: string | null }',
    },
  );
  assert.deepEqual(propertiesOf(methods.m)?.a, {
    type: 'object',
    properties: { a: { type: ['string', 'null'] } },
    required: ['a'],
  });
});

test('global names of declaration files that the tsconfig includes are known, other such files play no part', async () => {
  using project = createProject({
    'service.ts': serviceOf('@api m(a: Everywhere, b: AlsoHere): void {}'),
    'types/globals.d.ts': 'interface Everywhere { id: string }',
    'types/more.d.ts': 'export {};\ndeclare global { interface AlsoHere { id: string } }',
    'dist/service.d.ts': 'export declare class S {}',
  });
  const { module, sources } = await reflect(project.path('service.ts'));
  const id = { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] };
  assert.deepEqual(propertiesOf(module.services[0]?.methods[0]), { a: id, b: id });
  const names = sources.map(({ file }) => file.slice(project.folder.length + 1));
  assert.deepEqual(names.sort(), ['service.ts', 'types/globals.d.ts', 'types/more.d.ts']);
});

test('a project without a tsconfig is read with sane options', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(a: string | null, b = [1]): void {}') });
  rmSync(project.path('tsconfig.json'));
  const { module, configs } = await reflect(project.path('service.ts'));
  assert.deepEqual(propertiesOf(module.services[0]?.methods[0]), {
    a: { type: ['string', 'null'] },
    b: { type: 'array', items: { type: 'number' }, default: [1] },
  });
  assert.deepEqual(configs, []);
});

test('names of the platform are known without being asked for, unless the tsconfig says which there are', async () => {
  const source = serviceOf('@api m(url: string) { return new TextEncoder().encode(url).length }');
  const without = await methodsOf(source, { 'tsconfig.json': '{}' });
  assert.deepEqual(without.m?.output, { type: 'number' });
  assert.match(
    (await problemsOf(source))[0] ?? '',
    /^service\.ts:3:6: result of S\.m has the type "any", since something that it is made of cannot be found; fix the import, or write the type$/,
  );
});

test('a broken tsconfig is an error with its file, line and code', async () => {
  const tsconfig = '{\n  "compilerOptions": {\n    "strict": tru\n  }\n}';
  assert.match(
    (await problemsOf(serviceOf(''), { 'tsconfig.json': tsconfig }))[0] ?? '',
    /^tsconfig\.json:3:15 could not be loaded: /,
  );
  assert.equal(
    (await complaintOf(serviceOf(''), { 'tsconfig.json': tsconfig })).split('\n').slice(1).join('\n'),
    '    3 |     "strict": tru\n      |               ^^^',
  );
  const missing = '{ "extends": "./gone.json" }';
  assert.match(
    (await problemsOf(serviceOf(''), { 'tsconfig.json': missing }))[0] ?? '',
    /^tsconfig\.json:1:\d+ could not be loaded: .*gone\.json/,
  );
});

test('a syntax error is an error with file, line, column and code', async () => {
  using project = createProject({ 'service.ts': 'import "./other.ts";\n', 'other.ts': 'export const a = ;\n' });
  await assert.rejects(reflect(project.path('service.ts')), (error) => {
    assert.ok(isServiceError(error, 'SOURCE_BROKEN'));
    assert.equal(
      error.message,
      `${project.path('other.ts')}:1:18 could not be loaded: Expression expected.\n    1 | export const a = ;\n      |                  ^`,
    );
    return true;
  });
});

test('a file that does not exist is an error that names it', async () => {
  using project = createProject({});
  await assert.rejects(reflect(project.path('gone.ts')), {
    code: 'SOURCE_BROKEN',
    message: `${project.path('gone.ts')} could not be loaded: there is no such file`,
  });
});

test('a project in which bentots is not installed is told to install it', async () => {
  using project = createProject({ 'service.ts': serviceOf('') });
  rmSync(project.path('node_modules'), { recursive: true });
  await assert.rejects(reflect(project.path('service.ts')), {
    code: 'SOURCE_BROKEN',
    message: `${project.path('service.ts')}:2:1 could not be loaded: the package "bentots" is not installed where this file can import it; run: npm install bentots`,
  });
});

test('the files that took part are listed without those of packages', async () => {
  using project = createProject({
    'service.ts': `import { a } from './a.ts';\nimport data from './data.json' with { type: 'json' };\n${serviceOf('@api m() { return [a, data.x] }')}`,
    'a.ts': 'export const a = 1;',
    'data.json': '{ "x": 1 }',
    'tsconfig.json':
      '{ "extends": "./base.json", "compilerOptions": { "module": "nodenext", "resolveJsonModule": true } }',
    'base.json': '{ "compilerOptions": { "lib": ["esnext"], "types": [] } }',
  });
  const { sources, configs } = await reflect(project.path('service.ts'));
  const names = (texts: readonly { file: string }[]) => texts.map(({ file }) => file.slice(project.folder.length + 1));
  assert.deepEqual(names(sources), ['service.ts', 'a.ts', 'data.json']);
  assert.deepEqual(names(configs), ['tsconfig.json', 'base.json']);
  for (const { sha256 } of [...sources, ...configs]) assert.match(sha256, /^[0-9a-f]{64}$/);
});

test('a JavaScript service has the types of its comments', async () => {
  using project = createProject({
    'service.js': `import { api, service } from 'bentots';
      @service export class S {
        /**
         * @param {string} text What to count. @minLength 1
         * @returns {Promise<number>} How many.
         */
        @api async m(text) { return text.length }
      }`,
  });
  const { module } = await reflect(project.path('service.js'));
  const [method] = module.services[0]?.methods ?? [];
  assert.deepEqual(propertiesOf(method), { text: { type: 'string', description: 'What to count.', minLength: 1 } });
  assert.deepEqual(method?.output, { type: 'number', description: 'How many.' });
});

test('the vocabulary of bentots itself is recognised', async () => {
  using project = createProject({
    'service.ts': serviceOf('@api m(text: string, ctx: Context): string { return text }'),
  });
  rmSync(project.path('node_modules/bentots'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../..', import.meta.url)), project.path('node_modules/bentots'));
  const { module, sources } = await reflect(project.path('service.ts'));
  assert.equal(module.services[0]?.methods[0]?.takesContext, true);
  assert.equal(sources.length, 1);
});
