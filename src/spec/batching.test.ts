import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiOptions } from '../config/options.ts';
import { resolveOptions } from '../config/resolve.ts';
import { tensorSchema } from '../io/tensor-type.ts';
import { toBatching } from './batching.ts';
import type { ReflectedMethod } from './reflected.ts';
import type { JsonSchema } from './service-spec.ts';

const texts = { type: 'array', items: { type: 'string' } };
const vectors = { type: 'array', items: { type: 'array', items: { type: 'number' } } };

interface Method {
  readonly parameters?: Readonly<Record<string, JsonSchema>>;
  readonly optional?: readonly string[];
  readonly output?: JsonSchema;
  readonly kind?: 'unary' | 'stream' | 'response';
  readonly types?: Partial<ReflectedMethod>;
}

function batching(
  options: object,
  { parameters = { texts }, optional = [], output = vectors, kind = 'unary', types = {} }: Method = {},
) {
  return toBatching({
    owner: 'Demo.run',
    options: resolveOptions(apiOptions, options, '@api of Demo.run'),
    given: Object.keys(options),
    api: {
      kind,
      body: 'fields',
      parameters: Object.keys(parameters).map((name) => ({ name, isRequired: !optional.includes(name) })),
      input: { type: 'object', properties: parameters },
      output: { schema: output },
    },
    types: { kind, takesContext: false, ...types } as ReflectedMethod,
  });
}

test('a batchable method has limits, and knows which of its parameters hold the items', () => {
  assert.equal(batching({}), undefined);
  assert.deepEqual(batching({ batchable: true }, { parameters: { language: { type: 'string' }, texts, ids: texts } }), {
    places: [1, 2],
    inputDim: 0,
    outputDim: 0,
    maxBatchSize: 100,
    maxLatencyMs: 60_000,
    maxWaitMs: 0,
    onBatchError: 'fail',
    priorities: [],
  });
});

test('what is measured is written as the parameter and fields of its items', () => {
  const made = batching(
    {
      batchable: true,
      bucketBy: { path: 'rows.text.words', edges: [8, 16] },
      costOf: { path: 'rows.tokens', by: 'value' },
    },
    { parameters: { k: { type: 'number' }, rows: { type: 'array', items: { type: 'object' } } } },
  );
  assert.deepEqual(made?.bucketBy, { at: 1, fields: ['text', 'words'], by: 'length', edges: [8, 16] });
  assert.deepEqual(made?.costOf, { at: 1, fields: ['tokens'], by: 'value' });
});

test('tensors may hold their items along any dimension, another one in the result', () => {
  const tensor = (...shape: string[]) => tensorSchema('float32', shape, true);
  const method = { parameters: { frames: tensor('feature', 'time') }, output: tensor('time', 'class') };
  const { inputDim, outputDim } = batching({ batchable: true, batchDim: [1, 0] }, method) ?? {};
  assert.deepEqual([inputDim, outputDim], [1, 0]);
});

const fixed = tensorSchema('float32', [32, 384], true);

const mistakes: readonly (readonly [what: string, options: object, method: Method, problem: RegExp])[] = [
  ['no array parameter', {}, { parameters: { text: { type: 'string' } } }, /no parameter that callers must send is an array \(there is text\).*texts: string\[\]/],
  ['no parameter', {}, { parameters: {} }, /there are none/],
  ['an optional array alone', {}, { optional: ['texts'] }, /no parameter that callers must send is an array/],
  ['no array result', {}, { output: { type: 'number' } }, /does not give an array.*Promise<number\[\]\[\]>/],
  ['a tuple as the result', {}, { output: { type: 'array', prefixItems: [{}, {}] } }, /does not give an array/],
  ['a Response', {}, { kind: 'response' }, /gives a Response/],
  ['a stream of plain items', {}, { kind: 'stream' }, /AsyncIterable<ItemChunk<…>>/],
  ['the Context of one request', {}, { types: { takesContext: true } }, /take a BatchContext/],
  ['an argument that comes item by item', {}, { parameters: { texts: { ...texts, 'x-io-type': 'async-iterable' } } }, /"texts" of Demo\.run comes item by item/],
  ['an array in another dimension', { batchDim: 1 }, {}, /"texts" has no dimension 1/],
  ['a tensor of fixed size', {}, { parameters: { pixels: fixed } }, /"pixels" has always 32 in its dimension 0.*'batch'/],
  ['a result of fixed size', {}, { output: fixed }, /its result has always 32/],
  ['a tensor with too few dimensions', { batchDim: [2, 0] }, { parameters: { pixels: tensorSchema('float32', ['a', 'b'], true) } }, /"pixels" has 2 dimensions, and none is number 2/],
  ['buckets by what holds no items', { bucketBy: { path: 'language', edges: [1] } }, { parameters: { texts, language: { type: 'string' } } }, /bucketBy of Demo\.run begins with "language".*begin with texts/],
  ['buckets without ends', { bucketBy: { path: 'texts' } }, {}, /has no edges/],
  ['ends of no buckets', { bucketBy: { edges: [1] } }, {}, /has edges, but no path/],
]; // biome-ignore format: a table reads as a table

for (const [what, options, method, problem] of mistakes) {
  test(`a batchable method cannot have ${what}`, () => {
    assert.throws(() => batching({ batchable: true, ...options }, method), {
      code: 'SERVICE_INVALID',
      message: problem,
    });
  });
}

test('what is for batches alone is refused where there are none', () => {
  const refused = { code: 'SERVICE_INVALID' };
  assert.throws(() => batching({ maxBatchSize: 8 }), { ...refused, message: /has maxBatchSize.*add batchable: true/ });
  const context = { types: { takesContext: true, takesBatchContext: true } };
  assert.throws(() => batching({}, context), { ...refused, message: /takes a BatchContext, but is not batchable/ });
  const chunks: Method = { kind: 'stream', types: { givesChunks: true } };
  assert.throws(() => batching({}, chunks), { ...refused, message: /gives ItemChunks, but is not batchable/ });
});

for (const options of [
  { maxBatchSize: 1 },
  { maxLatencyMs: 0 },
  { batchDim: [0] },
  { batchDim: -1 },
  { onBatchError: 'retry' },
  { bucketBy: { path: 'texts', edges: [2, 1] } },
  { priorities: ['two words'] },
]) {
  test(`${JSON.stringify(options)} is refused`, () => {
    assert.throws(() => batching({ batchable: true, ...options }), { code: 'OPTION_INVALID' });
  });
}
