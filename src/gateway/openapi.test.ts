import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceOptions } from '../config/options.ts';
import { resolveOptions } from '../config/resolve.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { fileSchema } from '../io/file.ts';
import { sequenceSchema } from '../io/sequence.ts';
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import { builtins } from './http/builtins.ts';
import { toOpenApi } from './openapi.ts';

/** As much of a document as these tests look at. */
interface Document {
  readonly info: object;
  readonly servers: object;
  readonly paths: Readonly<Record<string, { readonly post: Operation; readonly get: Operation }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly tags: readonly string[];
  readonly parameters: object;
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer & { readonly $ref?: string }>>;
}

interface Answer {
  readonly description: string;
  readonly headers?: object;
  readonly content: Content;
}

type Content = Readonly<
  Record<string, { readonly schema: JsonSchema; readonly examples?: object; readonly 'x-item-schema'?: object }>
>;

const string = { type: 'string' };
const number = { type: 'number' };

function toApi(more: Partial<ApiSpec> & { readonly name: string }): ApiSpec {
  return {
    kind: 'unary',
    route: `/${more.name}`,
    body: 'fields',
    parameters: [],
    input: { type: 'object', properties: {} },
    output: { schema: number },
    takesContext: false,
    isBlocking: true,
    slots: 1,
    source: { file: 'service.ts', line: 1, column: 1 },
    ...more,
  } as ApiSpec; // both kinds have the same members
}

function toSpec(apis: readonly ApiSpec[], more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: 'Demo',
    exportName: 'Demo',
    source: { file: 'service.ts', line: 1, column: 1 },
    settings: {
      workers: 1,
      startTimeoutMs: 1,
      probePeriodMs: 1,
      probeTimeoutMs: 1,
      recycle: {},
      traffic: { timeoutMs: 2000, abortGraceMs: 1, maxQueue: 7 },
      metrics: { enabled: true, namespace: 'demo', durationBuckets: [1] },
      logging: resolveOptions(serviceOptions, {}, 'the defaults').logging,
      http: { response: { traceId: false } },
    },
    apis,
    models: [],
    arguments: [],
    deploymentHooks: [],
    ...more,
  };
}

const documentOf = (...apis: ApiSpec[]) => toOpenApi(toSpec(apis)) as unknown as Document;
const operationOf = (api: ApiSpec) => documentOf(api).paths[api.route]?.post as Operation;

/** A method that takes one value of a defined type. */
const taking = (name: string, type: string, $defs: Readonly<Record<string, JsonSchema>>) =>
  toApi({
    name,
    body: 'fields',
    parameters: [{ name: 'value', isRequired: true }],
    input: { type: 'object', properties: { value: { $ref: `#/$defs/${type}` } }, required: ['value'], $defs },
  });
const takenBy = (document: Document, name: string) => {
  const schema = document.paths[`/${name}`]?.post.requestBody?.content['application/json']?.schema;
  return (schema?.properties as Readonly<Record<string, object>> | undefined)?.value;
};

test('the document says what the service is, and lies beside what it describes', () => {
  const { info, servers } = toOpenApi(
    toSpec([toApi({ name: 'run' })], { description: 'A demo.' }),
  ) as unknown as Document;
  assert.deepEqual(info, { title: 'Demo', description: 'A demo.', version: 'not available' });
  assert.deepEqual(servers, [{ url: '.', description: 'where this document lies' }]);
  assert.equal('description' in documentOf().info, false);
});

test('the same service gives the same bytes', () => {
  const person = { Person: { type: 'object', properties: { name: string } } };
  const make = () => JSON.stringify(documentOf(taking('a', 'Person', person), taking('b', 'Person', person)));
  assert.equal(make(), make());
});

test('a method is a POST that says how it is called', () => {
  const operation = operationOf(
    toApi({
      name: 'add',
      route: '/v1/add',
      body: 'fields',
      parameters: [
        { name: 'a', isRequired: true },
        { name: 'b', isRequired: false },
      ],
      input: {
        type: 'object',
        properties: { a: { ...number, examples: [3] }, b: { ...number, default: 1 } },
        required: ['a'],
      },
    }),
  );
  assert.equal(operation.operationId, 'Demo__add');
  assert.deepEqual(operation.tags, ['Service APIs']);
  assert.deepEqual(operation.parameters, [{ $ref: '#/components/parameters/x-request-timeout-ms' }]);
  assert.deepEqual(operation.requestBody, {
    required: true,
    content: {
      'application/json': {
        schema: {
          type: 'object',
          properties: { a: { type: 'number', examples: [3] }, b: { type: 'number', default: 1 } },
          required: ['a'],
        },
      },
    },
  });
});

test('a body may be left out where every parameter may, and there is none where there are no parameters', () => {
  const optional = toApi({
    name: 'run',
    body: 'fields',
    parameters: [{ name: 'a', isRequired: false }],
    input: { type: 'object', properties: { a: number } },
  });
  assert.equal(operationOf(optional).requestBody?.required, false);
  assert.equal('requestBody' in operationOf(toApi({ name: 'run' })), false);
});

for (const [text, expected] of [
  ['Runs.', { summary: 'Runs.' }],
  ['Runs', { summary: 'Runs' }],
  ['Runs fast. Then it rests.', { summary: 'Runs fast.', description: 'Runs fast. Then it rests.' }],
  [
    'Runs version 1.5 of\nthe model.',
    { summary: 'Runs version 1.5 of the model.', description: 'Runs version 1.5 of\nthe model.' },
  ],
  ['Runs\n\nMore of it.', { summary: 'Runs', description: 'Runs\n\nMore of it.' }],
] as const) {
  test(`the words ${JSON.stringify(text)} become summary and description`, () => {
    const { summary, description } = operationOf(toApi({ name: 'run', description: text }));
    assert.deepEqual({ summary, ...(description === undefined ? {} : { description }) }, expected);
  });
}

test('a method without words has none, and only one that is deprecated says so', () => {
  const plain = operationOf(toApi({ name: 'run' }));
  assert.deepEqual(['summary' in plain, 'description' in plain, 'deprecated' in plain], [false, false, false]);
  assert.equal(operationOf(toApi({ name: 'run', isDeprecated: true })).deprecated, true);
});

for (const [schema, mediaTypes] of [
  [string, ['text/plain', 'application/json']],
  [{ type: 'string', enum: ['a', 'b'] }, ['text/plain', 'application/json']],
  [{ type: ['string', 'null'] }, ['application/json']],
  [number, ['application/json']],
  [{}, ['application/json']],
] as const) {
  test(`a result of ${JSON.stringify(schema)} is answered as ${mediaTypes.join(' or ')}`, () => {
    const { content } = operationOf(toApi({ name: 'run', output: { schema } })).responses[200] as Answer;
    assert.deepEqual(content, Object.fromEntries(mediaTypes.map((mediaType) => [mediaType, { schema }])));
  });
}

test('a result that is bytes has a schema only where it is JSON', () => {
  const schema = { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes' };
  const { content } = operationOf(toApi({ name: 'run', output: { schema } })).responses[200] as Answer;
  assert.deepEqual(content, { 'application/octet-stream': {}, 'application/json': { schema } });
});

const sequenceApi = toApi({
  name: 'run',
  parameters: [
    { name: 'items', isRequired: true },
    { name: 'by', isRequired: true },
  ],
  input: { type: 'object', properties: { items: sequenceSchema(number), by: string }, required: ['items', 'by'] },
});

test('a method that takes items tells how they are sent one by one, and what comes before them', () => {
  const { content } = operationOf(sequenceApi).requestBody ?? {};
  const others = { type: 'object', properties: { by: string }, required: ['by'] };
  const items = { 'x-item-schema': number, 'x-first-item-schema': others };
  const text = { schema: { type: 'string' }, ...items };
  const { 'application/json': _, ...oneByOne } = content ?? {};
  assert.deepEqual(oneByOne, {
    'application/x-ndjson': text,
    'application/jsonl': text,
    'application/vnd.bentots.frames': items,
  });
});

test('a stream tells each of its framings, and the type of an item', () => {
  const { content, description, headers } = operationOf(toApi({ name: 'run', kind: 'stream' }))
    .responses[200] as Answer;
  const text = { schema: { type: 'string' }, 'x-item-schema': number };
  assert.deepEqual(content, {
    'text/event-stream': text,
    'application/x-ndjson': text,
    'application/jsonl': text,
    'application/vnd.bentots.frames': { 'x-item-schema': number },
  });
  assert.match(description, /Server-Sent Events[\s\S]*one HTTP chunk for each item/);
  assert.ok(headers && 'x-bentoml-stream' in headers);
});

test('a method that gets a context may choose among the statuses of success', () => {
  for (const status of ['2XX', '3XX']) {
    assert.equal(status in operationOf(toApi({ name: 'run' })).responses, false);
    const { content } = operationOf(toApi({ name: 'run', takesContext: true })).responses[status] as Answer;
    assert.deepEqual(content, { 'application/json': { schema: number } });
  }
});

const statusesOf = (operation: Operation | undefined) => Object.keys(operation?.responses ?? {}).join(' ');

test('an operation lists the statuses that its callers can meet, and no other', () => {
  const { paths } = documentOf(toApi({ name: 'run' }));
  assert.equal(statusesOf(paths['/run']?.post), '200 400 408 413 415 417 431 500 503 504 default');
  assert.equal(statusesOf(paths['/livez']?.get), '200 400 408 417 431 503');
  assert.equal(statusesOf(paths['/healthz']?.get), '200 400 408 417 431 503');
  assert.equal(statusesOf(paths['/readyz']?.get), '200 400 408 417 431 503');
  assert.equal(statusesOf(paths['/metrics']?.get), '200 400 408 417 431 500');
  assert.equal(statusesOf(paths['/schema.json']?.get), '200 400 408 417 431 503');
});

test('an error answer has the body of the errors that it is for, with the words of this service', () => {
  const { components } = documentOf(toApi({ name: 'run' }));
  const busy = components.responses.CallError503;
  assert.deepEqual(busy?.headers, {
    'x-bentoml-request-id': { $ref: '#/components/headers/x-bentoml-request-id' },
    'retry-after': { $ref: '#/components/headers/retry-after' },
  });
  const { schema, examples } = busy.content['application/json'] ?? {};
  assert.deepEqual(schema, { $ref: '#/components/schemas/Error' });
  assert.deepEqual((examples as { QUEUE_FULL: object }).QUEUE_FULL, {
    value: { error: 'the queue of Demo is full (7 waiting); try again later', code: 'QUEUE_FULL', detail: [] },
  });
  assert.deepEqual(Object.keys(components.schemas.Error?.properties as object), ['error', 'code', 'detail']);
});

test('every error of the table that a caller of a method can meet is in the document', () => {
  // Told to whoever starts the server, asks for another path or method, left, or failed to reach the server at all, or in
  // a stream that has begun; and the author's own, of which the document only says that there may be some.
  const elsewhere: readonly string[] = ['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'CANCELLED', 'API_ERROR', 'READER_SLOW'];
  const isOfClient = (code: ErrorCode) => errorTable[code].http === 502;
  const expected = (Object.keys(errorTable) as ErrorCode[]).filter(
    (code) => errorTable[code].grpc !== 'FAILED_PRECONDITION' && !elsewhere.includes(code) && !isOfClient(code),
  );
  const giving = toApi({ name: 'give', output: { schema: fileSchema('file') } });
  const plain = toSpec([sequenceApi, giving]);
  const rateLimit = { requestsPerSecond: 1, burst: 1, isShared: false };
  const traffic = { ...plain.settings.traffic, maxConcurrency: 8, rateLimit };
  const { components } = toOpenApi({ ...plain, settings: { ...plain.settings, traffic } }) as unknown as Document;
  const { responses } = components;
  const told = Object.values(responses).flatMap(({ content }) =>
    Object.keys(content['application/json']?.examples ?? {}),
  );
  assert.deepEqual([...new Set(told)].sort(), expected.sort());
});

test('the paths of the server that the document lists are those that it has', () => {
  const { paths } = documentOf();
  assert.deepEqual(
    Object.keys(paths).filter((path) => !Object.hasOwn(builtins, path)),
    [],
  );
});

test('definitions become components, once for all methods that mean the same by a name', () => {
  const Person = { type: 'object', properties: { name: string } };
  const document = documentOf(taking('a', 'Person', { Person }), taking('b', 'Person', { Person }));
  assert.deepEqual(Object.keys(document.components.schemas), ['Person', 'Error']);
  assert.deepEqual(document.components.schemas.Person, Person);
  for (const name of ['a', 'b']) assert.deepEqual(takenBy(document, name), { $ref: '#/components/schemas/Person' });
  assert.ok(!JSON.stringify(document).includes('$defs'));
});

test('definitions of one name that mean different things are numbered', () => {
  const document = documentOf(
    taking('a', 'Item', { Item: string }),
    taking('b', 'Item', { Item: number, Item_2: { type: 'null' } }),
    taking('c', 'Item', { Item: number }),
  );
  const { Error: _, ...schemas } = document.components.schemas;
  assert.deepEqual(schemas, { Item: string, Item_2: number, Item_2_2: { type: 'null' } });
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => takenBy(document, name)),
    ['Item', 'Item_2', 'Item_2'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
  );
});

test('definitions that read the same but lead to different ones are kept apart', () => {
  const Box = { type: 'object', properties: { inside: { $ref: '#/$defs/Inside' } } };
  const { schemas } = documentOf(
    taking('a', 'Box', { Box, Inside: string }),
    taking('b', 'Box', { Box, Inside: number }),
  ).components;
  assert.deepEqual(schemas.Box?.properties, { inside: { $ref: '#/components/schemas/Inside' } });
  assert.deepEqual(schemas.Box_2?.properties, { inside: { $ref: '#/components/schemas/Inside_2' } });
  assert.deepEqual([schemas.Inside, schemas.Inside_2], [string, number]);
});

test('a type of the author that is called Error does not replace the error', () => {
  const document = documentOf(taking('run', 'Error', { Error: string }));
  assert.deepEqual(takenBy(document, 'run'), { $ref: '#/components/schemas/Error_2' });
  assert.equal(document.components.schemas.Error?.type, 'object');
});

test('a type that contains itself still does', () => {
  const Tree = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Tree' } } } };
  const api = taking('run', 'Tree', { Tree });
  const document = documentOf({ ...api, output: { schema: { $ref: '#/$defs/Tree', $defs: { Tree } } } } as ApiSpec);
  const reference = { $ref: '#/components/schemas/Tree' };
  assert.deepEqual(document.components.schemas.Tree?.properties, { children: { type: 'array', items: reference } });
  assert.deepEqual(document.paths['/run']?.post.responses[200]?.content['application/json']?.schema, reference);
});

test('only references are rewritten: not values that look like one, nor properties that are called like a keyword', () => {
  const lookalike = { $ref: '#/$defs/Person' };
  const Person = {
    type: 'object',
    properties: {
      $ref: string,
      default: { $ref: '#/$defs/Person' },
      value: { const: lookalike, default: lookalike, examples: [lookalike], enum: [lookalike] },
      ['__proto__']: string,
    },
    anyOf: [{ $ref: '#/$defs/Person', description: 'itself' }],
  };
  const { schemas } = documentOf(taking('run', 'Person', { Person })).components;
  const reference = { $ref: '#/components/schemas/Person' };
  assert.deepEqual(schemas.Person, {
    ...Person,
    properties: { ...Person.properties, default: reference },
    anyOf: [{ ...reference, description: 'itself' }],
  });
});

const card = { type: 'object', properties: { kind: { type: 'string', const: 'card' } }, required: ['kind'] };
const transfer = {
  type: 'object',
  properties: { kind: { enum: ['bank-transfer'] }, iban: string },
  required: ['kind'],
};

/** The schema of a parameter whose type is a union, and the components that it leads to. */
function unionOf(members: readonly JsonSchema[], $defs: Readonly<Record<string, JsonSchema>> = {}, more: object = {}) {
  const document = documentOf(taking('run', 'Payment', { Payment: { anyOf: members, ...more }, ...$defs }));
  const { Payment, Error: _, ...others } = document.components.schemas;
  return { Payment: Payment as JsonSchema, others };
}
const toComponent = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test('a union that one word tells apart has a discriminator, and each member a name', () => {
  const { Payment, others } = unionOf([card, transfer], {}, { description: 'How it is paid.' });
  assert.deepEqual(Payment, {
    description: 'How it is paid.',
    oneOf: [toComponent('Card'), toComponent('Bank_transfer')],
    discriminator: {
      propertyName: 'kind',
      mapping: { card: '#/components/schemas/Card', 'bank-transfer': '#/components/schemas/Bank_transfer' },
    },
  });
  assert.deepEqual(others, { Card: card, Bank_transfer: transfer });
});

test('a member that has a name keeps it, also where the union says more about it', () => {
  const { Payment, others } = unionOf(
    [
      { $ref: '#/$defs/ByCard', description: 'the usual way' },
      { ...transfer, title: 'Transfer' },
    ],
    { ByCard: card, Transfer: string },
  );
  assert.deepEqual(Payment.oneOf, [
    { ...toComponent('ByCard'), description: 'the usual way' },
    toComponent('Transfer_2'),
  ]);
  const { mapping } = Payment.discriminator as { mapping: object };
  assert.deepEqual(mapping, { card: toComponent('ByCard').$ref, 'bank-transfer': toComponent('Transfer_2').$ref });
  assert.deepEqual(others, { ByCard: card, Transfer: string, Transfer_2: { ...transfer, title: 'Transfer' } });
});

test('what is no object stands beside the members that are told apart', () => {
  const { Payment } = unionOf([card, { type: 'null' }, transfer]);
  const [choice, ...rest] = Payment.anyOf as JsonSchema[];
  assert.deepEqual(choice?.oneOf, [toComponent('Card'), toComponent('Bank_transfer')]);
  assert.deepEqual(rest, [{ type: 'null' }]);
});

for (const [what, members] of [
  ['have no word in common', [{ type: 'object', properties: { a: string } }, card]],
  ['may leave the word out', [{ ...card, required: [] }, transfer]],
  ['are told apart by a number', [1, 2].map((version) => ({ ...card, properties: { kind: { const: version } } }))],
  ['are no objects', [string, number]],
] as const) {
  test(`a union whose members ${what} stays as it is`, () => {
    assert.deepEqual(unionOf(members).Payment, { anyOf: members });
  });
}

test('a union inside its own member is one that is told apart, too', () => {
  const more = { ...transfer, properties: { ...transfer.properties, rest: { $ref: '#/$defs/Payment' } } };
  const { Payment, others } = unionOf([card, { type: 'array', items: { anyOf: [card, more] } }]);
  const [, list] = Payment.anyOf as JsonSchema[];
  const { items } = list as { items: JsonSchema };
  assert.deepEqual(items.oneOf, [toComponent('Card'), toComponent('Bank_transfer')]);
  const { properties } = others.Bank_transfer as { properties: JsonSchema };
  assert.deepEqual(properties.rest, toComponent('Payment'));
});

test('a deep schema takes no more than a walk through it', () => {
  let deep: JsonSchema = string;
  for (let level = 0; level < 200; level++) deep = { type: 'array', items: deep };
  assert.deepEqual(documentOf(taking('run', 'Deep', { Deep: deep })).components.schemas.Deep, deep);
});
