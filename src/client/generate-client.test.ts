/** What is generated for a service, whatever its schema says. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import ts from 'typescript';
import type { JsonSchema } from '../spec/service-spec.ts';
import { generateClient } from './generate-client.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');

/** What the compiler finds wrong with some modules, each under the name of its place in the list. */
function problemsOf(sources: readonly string[]): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = new Map(sources.map((source, at) => [join(here, `generated-${at}.ts`), source]));
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const source = files.get(file);
    return source === undefined ? getSourceFile(file, ...rest) : ts.createSourceFile(file, source, rest[0]);
  };
  const program = ts.createProgram([...files.keys()], { ...options, noEmit: true }, host);
  return [...files.keys()].flatMap((file, at) => {
    const parsed = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(parsed), ...program.getSemanticDiagnostics(parsed)].map(
      ({ messageText, start = 0 }) =>
        `${ts.flattenDiagnosticMessageText(messageText, ' ')}\n${sources[at]?.slice(start - 200, start + 200)}`,
    );
  });
}

interface Route {
  readonly input?: JsonSchema;
  readonly output?: JsonSchema;
  readonly [key: string]: unknown;
}

const toDocument = (name: string, routes: Readonly<Record<string, Route>>, description?: string): JsonSchema => ({
  name,
  ...(description === undefined ? {} : { description }),
  routes: Object.entries(routes).map(([method, { input, output, ...rest }]) => ({
    name: method,
    route: `/${method}`,
    input: input ?? { type: 'object', properties: {} },
    output: output ?? {},
    ...rest,
  })),
});

const fields = (properties: Readonly<Record<string, unknown>>, required: readonly string[] = [], $defs = {}) => ({
  type: 'object',
  properties,
  required,
  $defs,
});

/** The line of one method. */
function signature(route: Route): string {
  const { source } = generateClient(toDocument('Demo', { f: route }));
  return /^ {2}f\([\s\S]*?;$/m.exec(source)?.[0].trim() ?? source;
}

const output = (schema: JsonSchema) => /: Promise<([\s\S]*)>;$/.exec(signature({ output: schema }))?.[1];

test('a Python service is written with the types that its values have', () => {
  const item = fields(
    { name: { type: 'string', description: 'What it is called.' }, qty: { type: 'integer', default: 1 } },
    ['name'],
  );
  const document = toDocument(
    'demo_service',
    {
      caption: {
        input: fields(
          {
            im: { format: 'image', pil: true, title: 'Im', type: 'file' },
            clips: { type: 'array', items: { type: 'file', format: 'audio', content_type: 'audio/*' } },
            n: { default: 1, title: 'N', type: 'integer', description: 'How many.' },
          },
          ['im'],
        ),
        output: { type: 'string' },
      },
      embed: {
        input: fields({ x: { type: 'tensor', format: 'numpy-array', dtype: 'float32', shape: [-1, 3] } }, ['x']),
        output: { type: 'tensor', format: 'numpy-array', dtype: 'int64' },
        doc: 'Embeds */ what it gets; see @deprecated.',
      },
      job: { output: { type: 'object', additionalProperties: { type: 'string' } }, is_task: true },
      items: {
        input: { ...item, root_input: true },
        output: { type: 'array', items: { $ref: '#/$defs/Item' }, $defs: { Item: item } },
      },
      tokens: { output: { type: 'string', is_stream: true, media_type: 'text/event-stream' } },
    },
    'Shows what there is.',
  );
  const { source } = generateClient(document);
  assert.equal(
    source,
    `/** A typed client. Made by \`bento client generate\`, which overwrites what is changed here. */
import { type Client, type ClientOptions, createClient, type ImageFile, type Tensor } from 'bentots/client';

/** Shows what there is. */
export interface DemoService {
  /** @param n How many. (default: 1) */
  caption(
    im: Blob | Uint8Array | URL | ImageFile,
    clips?: (Blob | Uint8Array | URL | ImageFile)[],
    n?: number,
  ): Promise<string>;

  /** Embeds *\\/ what it gets; see \\@deprecated. */
  embed(x: Tensor<'float32', [number, 3]>): Promise<Tensor<'int64'>>;

  items(
    body: {
      /** What it is called. */
      name: string;
      /** Default: 1 */
      qty?: number;
    },
  ): Promise<Item[]>;

  /** A task: this waits until it is done. */
  job(): Promise<Record<string, string>>;

  tokens(): AsyncIterable<string>;
}

export type Item = {
  /** What it is called. */
  name: string;
  /** Default: 1 */
  qty: number;
};

/** Makes a client of a server of DemoService. */
export function createDemoService(url: string | URL, options?: ClientOptions): Client<DemoService> {
  return createClient<DemoService>(url, options);
}
`,
  );
  assert.deepEqual(problemsOf([source]), []);
});

test('types are those of JSON Schema', () => {
  assert.equal(output({ enum: ['a', "b'\n", 3, null, true] }), `'a' | 'b\\'\\n' | 3 | null | true`);
  assert.equal(output({ const: 'a\u2028\u202e' }), `'a\\u{2028}\\u{202e}'`);
  assert.equal(output({ anyOf: [{ type: 'string' }, { type: 'null' }] }), 'string | null');
  assert.equal(output({ type: ['string', 'null'] }), 'string | null');
  assert.equal(output({ type: 'array', items: { type: ['string', 'integer'] } }), '(string | number)[]');
  assert.equal(output({ type: 'array' }), 'unknown[]');
  assert.equal(
    output({ type: 'array', prefixItems: [{ type: 'string' }, {}], minItems: 2, maxItems: 2 }),
    '[string, unknown]',
  );
  assert.equal(
    output({
      type: 'array',
      prefixItems: [{ type: 'string' }, { type: 'number' }],
      minItems: 1,
      items: { type: 'null' },
    }),
    '[string, number?, ...null[]]',
  );
  assert.equal(output({ allOf: [{ type: 'string' }, { anyOf: [{ const: 1 }, { const: 2 }] }] }), 'string & (1 | 2)');
  assert.equal(output({ type: 'object' }), 'Record<string, unknown>');
  assert.equal(output({ type: 'object', patternProperties: { '^a': { type: 'number' } } }), 'Record<string, number>');
  assert.equal(output(fields({ 'a-b': {}, new: { type: 'null' } }, ['new'])), `{ 'a-b'?: unknown; 'new': null }`);
  assert.equal(output({ $ref: '#/$defs/None' }), 'unknown');
  assert.equal(output({ type: 'nonsense' }), 'unknown');
  assert.equal(output({ 'x-is-response': true }), 'Response');
});

test('bytes of Python services are bytes where they are the whole body, and texts in JSON', () => {
  const bytes = { type: 'string', format: 'binary' };
  assert.equal(output(bytes), 'Uint8Array');
  assert.equal(output({ type: 'array', items: bytes }), 'string[]');
  assert.equal(signature({ input: { ...bytes, root_input: true } }), 'f(body: Uint8Array): Promise<unknown>;');
  assert.equal(
    signature({ input: fields({ data: bytes, number: bytes }) }),
    'f(data?: string, number?: string): Promise<unknown>;',
  );
});

test('what JSON has no word for is written as what the client gives', () => {
  const io = (name: string, rest: JsonSchema = {}) => output({ 'x-io-type': name, ...rest });
  assert.equal(io('date', { type: 'string' }), 'Date');
  assert.equal(io('bigint'), 'bigint');
  assert.equal(io('url'), 'URL');
  assert.equal(io('set', { items: { type: 'string' } }), 'Set<string>');
  const entries = { items: { prefixItems: [{ type: 'string' }, { 'x-io-type': 'date' }] } };
  assert.equal(io('map', entries), 'Map<string, Date>');
  assert.equal(io('bytes'), 'Uint8Array');
  assert.equal(io('bytes', { 'x-container': 'ArrayBuffer' }), 'ArrayBuffer');
  assert.equal(io('bytes', { 'x-container': 'Evil; import("x")' }), 'Uint8Array');
  assert.equal(io('typed-array', { 'x-array': 'Float32Array' }), 'Float32Array');
  assert.equal(io('typed-array', { 'x-array': 'Evil' }), 'unknown');
  assert.equal(io('file', { type: 'file' }), 'File');
  assert.equal(io('blob', { type: 'file' }), 'Blob');
  assert.equal(io('image', { type: 'file' }), 'ImageFile');
  assert.equal(
    io('tensor', { 'x-dtype': 'float32', 'x-shape': ['n', 3, null] }),
    `Tensor<'float32', ['n', 3, number]>`,
  );
  const row = fields({ rooms: { type: 'integer' } }, ['rooms']);
  assert.equal(io('table', { type: 'dataframe', items: row }), 'Table<{ rooms: number }>');
  assert.equal(io('table', { items: { ...row, const: 1 } }), 'Table');
  assert.equal(output({ type: 'dataframe', orient: 'columns' }), 'Table');
  assert.equal(output({ type: 'string', 'x-envelope': 'server-event' }), 'ServerEvent<string>');
  assert.equal(output({ type: 'string', 'x-envelope': 'evil' }), 'string');
  assert.equal(io('tensor', { 'x-dtype': "evil'", 'x-shape': [{}] }), 'Tensor');
});

test('a file that may be something else, or nothing, is written with all that it may be', () => {
  const file = { type: 'file' };
  const nothing = { type: 'null' };
  const upload = 'Blob | Uint8Array | URL | ImageFile';
  const parameter = (schema: JsonSchema) =>
    /^f\(\s*f: ([\s\S]*?),?\s*\): Promise<unknown>;$/.exec(signature({ input: fields({ f: schema }, ['f']) }))?.[1];
  assert.equal(parameter({ anyOf: [file, nothing] }), `${upload} | null`);
  assert.equal(parameter({ oneOf: [{ type: 'array', items: file }, nothing] }), `(${upload})[] | null`);
  assert.equal(parameter({ type: 'array', items: { anyOf: [file, nothing] } }), `(${upload} | null)[]`);
  assert.equal(parameter({ anyOf: [file, { type: 'string' }, { type: 'integer' }] }), `${upload} | string | number`);
  assert.equal(parameter({ anyOf: [file, { type: 'array', items: file }] }), `${upload} | (${upload})[]`);
});

test('parameters before a required one are not optional, and names are made valid', () => {
  const input = fields({ 'a b': {}, a_b: { type: 'string' }, class: { type: 'number' }, '1': {} }, ['class']);
  assert.equal(
    signature({ input }),
    'f(_1: unknown | undefined, a_b: unknown | undefined, a_b2: string | undefined, class_: number): Promise<unknown>;',
  );
});

test('definitions of the same name that say different things have different names', () => {
  const ref = (type: string) => ({ $ref: '#/$defs/Item', $defs: { Item: { type: 'array', items: { type } } } });
  const { source } = generateClient(
    toDocument('Item', { a: { output: ref('string') }, b: { output: ref('number') }, c: { output: ref('string') } }),
  );
  assert.match(source, /a\(\): Promise<Item2>;/);
  assert.match(source, /b\(\): Promise<Item3>;/);
  assert.match(source, /c\(\): Promise<Item2>;/);
  assert.match(source, /export interface Item \{/);
});

test('a type that holds itself is written once', () => {
  const Tree = { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#/$defs/Tree' } } } };
  const { source } = generateClient(toDocument('S', { f: { output: { $ref: '#/$defs/Tree', $defs: { Tree } } } }));
  assert.match(source, /export type Tree = \{ kids\?: Tree\[\] \};/);
  assert.deepEqual(problemsOf([source]), []);
});

test('a chain of references may be long', () => {
  const links = Array.from({ length: 1200 }, (_, at) => [`T${at}`, fields({ next: { $ref: `#/$defs/T${at + 1}` } })]);
  const $defs = Object.fromEntries([...links, ['T1200', { type: 'array', items: { 'x-io-type': 'image' } }]]);
  const { source } = generateClient(toDocument('S', { f: { output: { $ref: '#/$defs/T0', $defs } } }));
  assert.match(source, /export type T1199 = \{ next\?: T1200 \};/);
  assert.match(source, /^import \{.* type ImageFile \} from/m); // which only the last of them needs
});

test('the order of routes and where they came from make no difference', () => {
  const one = toDocument('S', { b: {}, a: { output: { type: 'string' } } });
  const other = { ...one, routes: (one.routes as unknown[]).toReversed() };
  assert.equal(generateClient(one).source, generateClient(other).source);
});

test('a schema that nests without end is cut short', () => {
  let schema: JsonSchema = { type: 'string' };
  for (let depth = 0; depth < 1000; depth++) schema = { type: 'array', items: schema };
  assert.match(output(schema) ?? '', /^unknown(?:\[\])+$/);
});

// What could end a comment, a string or an identifier, or mean something to the compiler.
const hostile = fc.oneof(
  fc.constantFrom(
    '*/', '*/ import "evil"; /*', "'", '"', '`', '\\', "\\'", '$' + '{evil}', '\n', '\r\n', '\u2028', '//', '@ts-nocheck', '@ts-ignore',
    '#!', '</script>', '__proto__', 'constructor', 'then', 'new', 'this', 'string', 'default', 'Promise', 'Client', 'createClient',
    '}; evil(); {', ') => evil', '', ' ', '1', '\ud800', '😀', 'ß', '$call', 'import("x")', '\u202e', 'a b', 'a_b', '\0',
  ),
  fc.string({ maxLength: 12, unit: 'binary' }),
); // biome-ignore format: a table reads as a table

const schemas = fc.letrec<{ schema: JsonSchema }>((tie) => {
  const inner = tie('schema');
  const record = fc.dictionary(hostile, inner, { maxKeys: 4 });
  const texts = fc.record({ description: hostile, title: hostile, default: hostile }, { requiredKeys: [] });
  const kinds = fc.oneof(
    fc.constantFrom<JsonSchema>({}, { type: 'string' }, { type: 'integer' }, { type: 'null' }, { type: 'file' }, { type: 'tensor', dtype: 'bool' }),
    hostile.map((type) => ({ type })),
    hostile.map((value) => ({ const: value })),
    fc.array(fc.oneof(hostile, fc.double(), fc.boolean(), fc.constant(null)), { maxLength: 4 }).map((values) => ({ enum: values })),
    inner.map((items) => ({ type: 'array', items })),
    fc.tuple(fc.array(inner, { maxLength: 3 }), fc.nat(4)).map(([prefixItems, minItems]) => ({ type: 'array', prefixItems, minItems })),
    fc.tuple(record, fc.array(hostile, { maxLength: 4 })).map(([properties, required]) => ({ type: 'object', properties, required })),
    inner.map((additionalProperties) => ({ type: 'object', additionalProperties })),
    fc.array(inner, { maxLength: 3 }).map((anyOf) => ({ anyOf })),
    hostile.map((name) => ({ $ref: `#/$defs/${name}` })),
    fc.tuple(hostile, hostile, fc.array(hostile, { maxLength: 3 })).map(([container, dtype, shape]) => ({
      'x-io-type': 'tensor', 'x-container': container, 'x-dtype': dtype, 'x-shape': shape,
    })),
    fc.tuple(fc.constantFrom('float32', 'string'), fc.array(fc.oneof(hostile, fc.double(), fc.constant(null)))).map(([dtype, shape]) => ({
      'x-io-type': 'tensor', 'x-dtype': dtype, 'x-shape': shape,
    })),
    fc.constantFrom('date', 'map', 'set', 'bytes', 'typed-array', 'async-iterable', 'image', 'blob', 'table').map((name) => ({ 'x-io-type': name })),
  ); // biome-ignore format: a table reads as a table
  return { schema: fc.tuple(texts, kinds).map(([text, kind]): JsonSchema => ({ ...text, ...kind })) };
}).schema;

const documents = fc
  .tuple(
    hostile,
    hostile,
    fc.array(
      fc.record({
        name: hostile, description: hostile, output: fc.tuple(schemas, fc.dictionary(hostile, schemas, { maxKeys: 2 })),
        input: fc.tuple(fc.dictionary(hostile, schemas, { maxKeys: 4 }), fc.array(hostile), fc.boolean()), isStream: fc.boolean(),
      }), // biome-ignore format: a table reads as a table
      { maxLength: 4 },
    ),
  )
  .map(([name, description, routes]) => ({
    name,
    description,
    routes: routes.map(({ output: [schema, $defs], input: [properties, required, isRoot], isStream, ...rest }) => ({
      ...rest,
      route: '/x',
      input: { type: 'object', properties, required, $defs, ...(isRoot ? { root_input: true } : {}) },
      output: { ...schema, $defs, is_stream: isStream },
    })),
  }));

test('whatever the texts of a schema, the module parses and its types are right', () => {
  const count = Number(process.env.GENERATED_CLIENTS ?? 300);
  const written = fc.sample(documents, { numRuns: count, seed: 5 }).map((document) => {
    const { source, name } = generateClient(JSON.parse(JSON.stringify(document)) as JsonSchema);
    const { statements } = ts.createSourceFile('x.ts', source, ts.ScriptTarget.ESNext);
    const kinds = statements.map(({ kind }) => ts.SyntaxKind[kind]);
    assert.deepEqual(
      [kinds[0], kinds[1], kinds.at(-1), new Set(kinds.slice(2, -1))],
      [
        'ImportDeclaration',
        'InterfaceDeclaration',
        'FunctionDeclaration',
        new Set(kinds.length > 3 ? ['TypeAliasDeclaration'] : []),
      ],
      source,
    );
    assert.doesNotMatch(source.slice(source.indexOf('\n')), /^\s*\/?\*.*(?<!\\)@ts-|[\u2028\u2029\u202e]/m);
    assert.match(source, new RegExp(`^export interface ${name.replaceAll('$', '\\$')} \\{`, 'm'));
    return source;
  });
  assert.deepEqual(problemsOf(written), []);
});
