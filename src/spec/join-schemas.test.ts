import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecoratedSchemas, ExportedSchema } from './decorated.ts';
import { joinInput, joinOutput, type MethodSources } from './join-schemas.ts';
import type { ReflectedMethod } from './reflected.ts';
import { createSchemaCheck } from './schema-check.ts';
import type { JsonSchema } from './service-spec.ts';

const run = (schema: JsonSchema, takesUndefined = false): ExportedSchema => ({ schema, isRun: true, takesUndefined });
const plain = (schema: JsonSchema): ExportedSchema => ({ schema, isRun: false, takesUndefined: 'default' in schema });

const types = (names: readonly string[], properties: JsonSchema = {}, $defs?: JsonSchema): ReflectedMethod =>
  ({
    parameters: names.map((name) => ({ name: name.replace('?', ''), isRequired: !name.endsWith('?') })),
    input: { type: 'object', properties, ...($defs ? { $defs } : {}) },
    output: { type: 'string' },
  }) as unknown as ReflectedMethod;

const sources = (schemas: DecoratedSchemas, more: Partial<MethodSources> = {}): MethodSources => ({
  owner: 'S.m',
  takesBody: false,
  schemas,
  shape: { kind: 'unary', isAsync: true, parameterCount: 1 },
  types: types(['a']),
  inferred: new Map(),
  checkPlain: createSchemaCheck(),
  ...more,
});

test('a schema of one parameter goes before its type, and the comment of the parameter stays', () => {
  const inferred = { a: { type: 'string' }, b: { type: 'boolean', description: 'A flag.', default: true } };
  const joined = joinInput(
    sources({ params: [['b', run({ type: 'number', format: 'x' })]] }, { types: types(['a', 'b?'], inferred) }),
  );
  const number = { description: 'A flag.', default: true, type: 'number' };
  assert.deepEqual(joined, {
    body: 'fields',
    parameters: [
      { name: 'a', isRequired: true },
      { name: 'b', isRequired: false },
    ],
    input: { type: 'object', properties: { a: { type: 'string' }, b: { ...number, format: 'x' } }, required: ['a'] },
    checkedInput: { type: 'object', properties: { a: { type: 'string' }, b: number }, required: ['a'] },
  });
});

test('a parameter whose schema takes undefined may be left out', () => {
  const joined = joinInput(sources({ params: [['a', run({ type: 'string' }, true)]] }));
  assert.deepEqual([joined.parameters, 'required' in joined.input], [[{ name: 'a', isRequired: false }], false]);
});

test('definitions of types and of schemas do not mix', () => {
  const inferred = { a: { $ref: '#/$defs/Item' } };
  const given = { items: { $ref: '#/$defs/Item' }, $defs: { Item: { type: 'number' } } };
  const { input } = joinInput(
    sources({ params: [['b', plain(given)]] }, { types: types(['a', 'b'], inferred, { Item: { type: 'string' } }) }),
  );
  assert.deepEqual(input.$defs, { Item: { type: 'string' }, Item_2: { type: 'number' } });
});

test('one schema for all parameters gives them in the order of the method', () => {
  const schema = { type: 'object', properties: { b: { type: 'string' }, a: {} }, required: ['b'] };
  const joined = joinInput(sources({ input: run(schema) }, { types: types(['a', 'b']) }));
  assert.deepEqual(Object.keys(joined.input.properties as object), ['a', 'b']);
  assert.deepEqual(joined.parameters, [
    { name: 'a', isRequired: false },
    { name: 'b', isRequired: true },
  ]);
});

test('JSON Schema that nothing else checks is checked whole by the gateway', () => {
  const joined = joinInput(sources({ params: [['a', plain({ type: 'string', pattern: '^a' })]] }));
  assert.deepEqual((joined.input.properties as JsonSchema).a, { type: 'string', pattern: '^a' });
  assert.equal(joined.checkedInput, undefined);
});

test('a whole body is what its schema says', () => {
  const joined = joinInput(sources({ input: run({ type: 'string', minLength: 1 }) }, { takesBody: true }));
  assert.deepEqual(joined, {
    body: 'text',
    parameters: [{ name: 'a', isRequired: true }],
    input: { type: 'string', minLength: 1 },
    checkedInput: { type: 'string' },
  });
});

test('plain JavaScript takes names and order of its parameters from params', () => {
  const joined = joinInput(
    sources(
      {
        params: [
          ['b', plain({})],
          ['a', plain({ default: 1 })],
        ],
      },
      { types: undefined },
    ),
  );
  assert.deepEqual(joined.parameters, [
    { name: 'b', isRequired: true },
    { name: 'a', isRequired: false },
  ]);
});

test('a result without schema and type is anything', () => {
  assert.deepEqual(joinOutput(sources({}, { types: undefined })), { schema: {} });
  assert.deepEqual(joinOutput(sources({ output: run({ type: 'string', format: 'x' }) })), {
    schema: { type: 'string', format: 'x' },
    checked: { type: 'string' },
  });
});

const object = (...names: string[]) =>
  run({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])) });

const wrong: readonly (readonly [what: string, MethodSources, message: string])[] = [
  [
    'input and params',
    sources({ input: object('a'), params: [] }),
    'S.m has input and params, which say the same in two ways; remove one',
  ],
  [
    'params of a whole body',
    sources({ params: [] }, { takesBody: true }),
    'S.m has params and body: true, but a whole body has no parts with names; describe it with input',
  ],
  [
    'an input that is no object',
    sources({ input: run({ type: 'string' }) }),
    'the input of S.m must describe an object with the parameters as its properties; for anything else add body: true',
  ],
  [
    'an input without a parameter',
    sources({ input: object('b', 'c') }),
    'S.m has the parameter "a", which is not in its input (b, c); add it to the schema, or take the whole with body: true',
  ],
  [
    'an input with more than the parameters',
    sources({ input: object('a', 'b') }),
    'the input of S.m has "b", which S.m has no parameter for; add the parameter, or take the whole with body: true',
  ],
  [
    'params for a parameter that is not there',
    sources({ params: [['b', plain({})]] }),
    'params of S.m has "b", but its parameters are a; give both the same name',
  ],
  [
    'plain JavaScript without params',
    sources({}, { types: undefined }),
    'S.m is plain JavaScript, which has no types; describe its parameters in order with params: { … }, params: {} if it takes none',
  ],
  [
    'plain JavaScript with an input',
    sources({ input: object('a') }, { types: undefined }),
    'S.m has an input, but plain JavaScript does not say what its parameters are called; describe them in order with params: { … }, or take the whole with body: true',
  ],
  [
    'plain JavaScript with a whole body and no input',
    sources({}, { types: undefined, takesBody: true }),
    'S.m has body: true, but plain JavaScript has no types; describe the body with input: …',
  ],
  [
    'plain JavaScript with too few params',
    sources({ params: [] }, { types: undefined, shape: { kind: 'unary', isAsync: false, parameterCount: 2 } }),
    'S.m has 2 parameters, but its params are none; describe all of them in order',
  ],
  [
    'a parameter that is called by a number',
    sources({ params: [['0', plain({})]] }, { types: undefined }),
    'params of S.m has "0", a number, and JavaScript puts those first; give it a name',
  ],
  [
    'JSON Schema that is none',
    sources({ params: [['a', plain({ properties: { x: { type: 'strin' } } })]] }),
    'params.a of S.m is no valid JSON Schema: properties/x/type must be equal to one of the allowed values; correct it',
  ],
  [
    'a pattern that could hold the gateway',
    sources({ params: [['a', plain({ items: { pattern: '^(a+)+$' } })]] }),
    'the pattern "^(a+)+$" in params.a of S.m has two repetitions that can share the same characters',
  ],
  [
    'a name by such a pattern',
    sources({ output: plain({ patternProperties: { '(': {} } }) }),
    'the pattern "(" in the output of S.m is not a regular expression',
  ],
];

for (const [what, given, message] of wrong) {
  test(`refused with what to do: ${what}`, () => {
    assert.throws(
      () => [joinInput(given), joinOutput(given)],
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'SERVICE_INVALID');
        assert.ok(error.message.startsWith(message), error.message);
        return true;
      },
    );
  });
}
