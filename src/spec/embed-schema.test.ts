import assert from 'node:assert/strict';
import { test } from 'node:test';
import { embedSchema, type SchemaDefinitions } from './embed-schema.ts';
import type { JsonSchema } from './service-spec.ts';

/** What becomes of a schema, and the `$defs` of the document that it is put into. */
function embed(schema: JsonSchema, $defs: SchemaDefinitions = {}) {
  return { schema: embedSchema(schema, 'Root', $defs, 'the input of S.m'), $defs };
}

test('a schema without references stays as it is, but for its dialect and its name', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://example.com/a',
    type: 'string',
  };
  assert.deepEqual(embed(schema), { schema: { type: 'string' }, $defs: {} });
});

test('what it defines moves to the definitions of the document, also from the place of draft 7', () => {
  for (const place of ['$defs', 'definitions']) {
    const schema = {
      type: 'object',
      properties: { a: { $ref: `#/${place}/Item`, description: 'An item.' } },
      [place]: { Item: { type: 'string' }, Unused: {} },
    };
    assert.deepEqual(embed(schema), {
      schema: { type: 'object', properties: { a: { $ref: '#/$defs/Item', description: 'An item.' } } },
      $defs: { Item: { type: 'string' } },
    });
  }
});

test('a schema that refers to itself is defined under a name, and its outermost keywords stay in view', () => {
  const node = { type: 'object', properties: { next: { $ref: '#/$defs/Root' } } };
  assert.deepEqual(embed({ type: 'object', properties: { next: { $ref: '#' } } }), {
    schema: node,
    $defs: { Root: node },
  });
});

test('a schema that is only a reference is replaced by what it refers to', () => {
  const { schema } = embed({ $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: { type: 'object' } } });
  assert.deepEqual(schema, { type: 'object' });
  const loop = { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } };
  assert.equal(typeof embed(loop).schema.$ref, 'string');
});

test('a name that is taken gets a number', () => {
  const schema = { items: { $ref: '#/$defs/Item' }, $defs: { Item: { type: 'string' } } };
  const { schema: embedded, $defs } = embed(schema, { Item: { type: 'number' } });
  assert.deepEqual(embedded, { items: { $ref: '#/$defs/Item_2' } });
  assert.deepEqual($defs, { Item: { type: 'number' }, Item_2: { type: 'string' } });
});

test('a reference may name a place, an id or an anchor', () => {
  for (const [reference, rest] of [
    ['#/properties/a~1b', { properties: { 'a/b': { type: 'string' } } }],
    ['Item', { $defs: { X: { $id: 'Item', type: 'string' } } }],
    ['https://example.com/root#/$defs/X', { $id: 'https://example.com/root', $defs: { X: { type: 'string' } } }],
    ['#item', { $defs: { X: { $anchor: 'item', type: 'string' } } }],
  ] as const) {
    const { schema, $defs } = embed({ items: { $ref: reference }, ...rest });
    const name = /^#\/\$defs\/(\w+)$/.exec((schema.items as { $ref: string }).$ref)?.[1] ?? '';
    assert.deepEqual($defs[name], { type: 'string' }, reference);
  }
});

test('properties that are called like keywords are no keywords', () => {
  const schema = { properties: { $ref: { type: 'string' }, $id: { type: 'string' }, $defs: { type: 'string' } } };
  assert.deepEqual(embed(schema).schema, schema);
  const data = { enum: [{ $ref: '#/nowhere' }], default: { $id: 'kept' } };
  assert.deepEqual(embed(data).schema, data);
});

for (const reference of ['#/$defs/Gone', 'https://example.com/other.json', '#/__proto__']) {
  test(`a reference to ${reference} is refused and named`, () => {
    assert.throws(() => embed({ items: { $ref: reference } }), {
      code: 'SERVICE_INVALID',
      message: `the input of S.m refers to "${reference}", which is not in it; write the schema in one piece`,
    });
  });
}

test('a dynamic reference is refused', () => {
  assert.throws(() => embed({ $dynamicRef: '#node' }), /the input of S\.m has a \$dynamicRef, which is not read/);
});
