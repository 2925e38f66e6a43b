import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesSchema } from '../io/bytes.ts';
import { fileSchema } from '../io/file.ts';
import { tensorSchema } from '../io/tensor-type.ts';
import type { JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { toSchemaDocument } from './schema-document.ts';

const api = {
  kind: 'unary',
  name: 'run',
  route: '/v1/run',
  body: 'fields',
  parameters: [],
  input: { type: 'object', properties: { a: { type: 'number' } }, required: ['a'] },
  output: { schema: { type: 'string' } },
};
const document = (apis: readonly object[], more = {}) =>
  JSON.parse(toSchemaDocument({ name: 'Demo', apis, ...more } as unknown as ServiceSpec));

test('a method is listed in the keys that Python clients read', () => {
  assert.deepEqual(document([api]), {
    name: 'Demo',
    type: 'service',
    routes: [
      {
        name: 'run',
        route: '/v1/run',
        batchable: false,
        input: {
          type: 'object',
          properties: { a: { title: 'A', type: 'number' } },
          required: ['a'],
          title: 'Input',
        },
        output: { type: 'string' },
        is_task: false,
      },
    ],
    paths: { '/v1/run': { mounted: false } },
  });
});

test('a batchable method says that it is one', () => {
  assert.equal(document([{ ...api, batching: {} }]).routes[0].batchable, true);
});

test('a stream says that it is one', () => {
  assert.deepEqual(document([{ ...api, kind: 'stream' }]).routes[0].output, {
    type: 'string',
    is_stream: true,
    media_type: 'text/event-stream',
  });
});

test('descriptions of service and method are there where they were written', () => {
  const { description, routes } = document([{ ...api, description: 'Runs.' }], { description: 'A demo.' });
  assert.deepEqual([description, routes[0].description], ['A demo.', 'Runs.']);
  assert.equal('description' in document([api]), false);
});

test('the items of a tuple have a schema, by which Python clients read them', () => {
  const pair = { type: 'array', prefixItems: [{ type: 'string' }], items: false, minItems: 1, maxItems: 1 };
  assert.deepEqual(document([{ ...api, output: { schema: pair } }]).routes[0].output, { ...pair, items: {} });
});

const routeOf = (more: object) => document([{ ...api, ...more }]).routes[0];
const inputOf = (properties: object, $defs?: object) =>
  routeOf({ input: { type: 'object', properties, ...($defs ? { $defs } : {}) } }).input;

test('fields have titles made of their names, unless they have one', () => {
  const { properties } = inputOf({ max_tokens: {}, topK: {}, _raw: {}, écran: {}, name: { title: 'The name' } });
  assert.deepEqual(
    Object.values(properties).map((schema) => (schema as { title: string }).title),
    ['Max Tokens', 'TopK', 'Raw', 'Écran', 'The name'],
  );
});

test('a method without parameters has an empty table of them', () => {
  assert.deepEqual(routeOf({ input: { type: 'object' } }).input, { type: 'object', properties: {}, title: 'Input' });
});

test('a type is written where it is used, with its name and what is said about this use', () => {
  const Person = { type: 'object', properties: { pet: { $ref: '#/$defs/Pet' } } };
  const input = inputOf(
    {
      one: { $ref: '#/$defs/Person', description: 'first' },
      many: { type: 'array', items: { $ref: '#/$defs/Person' } },
    },
    { Person, Pet: { type: 'string' } },
  );
  const written = { title: 'Person', type: 'object', properties: { pet: { title: 'Pet', type: 'string' } } };
  assert.deepEqual(input.properties, {
    one: { ...written, description: 'first' },
    many: { title: 'Many', type: 'array', items: written },
  });
  assert.equal('$defs' in input, false);
});

test('a type that holds itself stays a reference, and only such types are kept beside', () => {
  const Tree = {
    type: 'object',
    properties: { leaf: { $ref: '#/$defs/Leaf' }, children: { type: 'array', items: { $ref: '#/$defs/Tree' } } },
  };
  const { properties, $defs } = inputOf({ tree: { $ref: '#/$defs/Tree' } }, { Tree, Leaf: { type: 'number' } });
  assert.deepEqual(properties, { tree: { title: 'Tree', $ref: '#/$defs/Tree' } });
  assert.deepEqual($defs, {
    Tree: { ...Tree, properties: { ...Tree.properties, leaf: { title: 'Leaf', type: 'number' } } },
  });
});

test('a union keeps all of its members', () => {
  const members = [{ type: 'string' }, { type: 'number' }, { type: 'null' }];
  assert.deepEqual(inputOf({ a: { anyOf: members } }).properties.a, { title: 'A', anyOf: members });
  assert.deepEqual(routeOf({ output: { schema: { anyOf: members } } }).output, { anyOf: members });
});

test('types that would fill megabytes stay references', () => {
  const pair = (name: string) => ({ type: 'object', properties: { a: { $ref: name }, b: { $ref: name } } });
  const levels = Array.from({ length: 40 }, (_, depth) => [`L${depth}`, pair(`#/$defs/L${depth + 1}`)]);
  const $defs = { ...Object.fromEntries(levels), L40: { type: 'string' } };
  const { properties, $defs: kept } = inputOf({ deep: { $ref: '#/$defs/L0' } }, $defs);
  assert.deepEqual([properties, kept], [{ deep: { title: 'Deep', $ref: '#/$defs/L0' } }, $defs]);
});

test('a body that is taken as a whole is the root of its schema', () => {
  const schema = { type: 'array', items: { $ref: '#/$defs/N' }, $defs: { N: { type: 'number' } } };
  assert.deepEqual(routeOf({ body: 'json', input: schema }).input, {
    type: 'array',
    items: { title: 'N', type: 'number' },
    root_input: true,
  });
});

test('what has to be asked for by name is told, on both sides', () => {
  const typesOf = (schema: JsonSchema) => {
    const { input, output } = routeOf({ body: 'json', input: schema, output: { schema } });
    return [input['x-media-types'], output['x-media-types']];
  };
  const names = ['application/vnd.safetensors'];
  assert.deepEqual(typesOf(tensorSchema('float32', [2], false)), [names, names]);
  assert.deepEqual(typesOf(tensorSchema('string', [2], false)), [undefined, undefined]);
});

const image = { ...fileSchema('image'), description: 'A picture.' };
const imageInPython = { type: 'file', format: 'image', pil: true, 'x-io-type': 'image' };

for (const [what, schema, written] of [
  ['bytes', bytesSchema('Uint8Array'), { type: 'string', format: 'binary', 'x-io-type': 'bytes' }],
  [
    'bytes in a container',
    bytesSchema('ArrayBuffer'),
    { type: 'string', format: 'binary', 'x-io-type': 'bytes', 'x-container': 'ArrayBuffer' },
  ],
  ['a file', fileSchema('file'), { type: 'file', format: 'binary', 'x-io-type': 'file' }],
  ['a blob', fileSchema('blob'), { type: 'file', format: 'binary', 'x-io-type': 'blob' }],
  ['a picture', image, { description: 'A picture.', ...imageInPython }],
  [
    'a tensor',
    tensorSchema('float32', [2, 3], false),
    {
      ...{ type: 'tensor', format: 'numpy-array', dtype: 'float32', shape: [2, 3], dim: 6 },
      ...{ 'x-io-type': 'tensor', 'x-dtype': 'float32', 'x-shape': [2, 3] },
    },
  ],
] as const) {
  test(`${what} is in the words of Python clients, beside the one that ours read`, () => {
    const { 'x-media-types': _, ...output } = routeOf({ output: { schema } }).output;
    assert.deepEqual(output, written);
    assert.deepEqual(inputOf({ a: schema }).properties.a, { title: 'A', ...written });
    assert.deepEqual(inputOf({ a: { type: 'array', items: schema } }).properties.a.items, written);
    assert.deepEqual(inputOf({ a: { type: 'object', properties: { b: schema } } }).properties.a.properties.b, written);
  });
}

test('members of a union stay JSON Schema, and a file that may be null is still one to upload', () => {
  const anyOf = [image, { type: 'null' }];
  const { anyOf: members } = routeOf({ output: { schema: { anyOf } } }).output;
  assert.deepEqual(members, anyOf);
  assert.deepEqual(inputOf({ a: { anyOf } }).properties.a, {
    ...{ title: 'A', type: 'file', format: 'image', pil: true },
    anyOf,
  });
  const two = [image, { type: 'string' }];
  assert.deepEqual(inputOf({ a: { anyOf: two } }).properties.a, { title: 'A', anyOf: two });
});

test('a text that is answered as JSON does not look like one that is answered as it is', () => {
  const date = { type: 'string', format: 'date-time', 'x-io-type': 'date' };
  assert.deepEqual(routeOf({ output: { schema: date } }).output, { format: 'date-time', 'x-io-type': 'date' });
  assert.deepEqual(inputOf({ at: date }).properties.at, { title: 'At', ...date });
  assert.deepEqual(routeOf({ output: { schema: { type: 'string' } } }).output, { type: 'string' });
});
