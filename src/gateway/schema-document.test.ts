import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceSpec } from '../spec/service-spec.ts';
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
        input: { ...api.input, title: 'Input' },
        output: { type: 'string' },
        is_task: false,
      },
    ],
    paths: { '/v1/run': { mounted: false } },
  });
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
