/** Tensors travel as they lie in memory, where the server takes them so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unpack } from '../io/crossing.ts';
import { Tensor } from '../io/tensor.ts';
import { readTensorFrame, writeTensorFrame } from '../io/tensor-frame.ts';
import { startService, type TestMethod } from './client.fixture.ts';
import { createClient } from './create-client.ts';

const mediaType = 'application/vnd.safetensors';
const binary = { 'x-media-types': [mediaType] };
const tensor = { type: 'tensor', format: 'numpy-array', dtype: 'float32', 'x-io-type': 'tensor', 'x-dtype': 'float32' };
const limits = {
  headerLimitBytes: 1_000_000,
  jsonDepthLimit: 100,
  parse: (text: string): unknown => JSON.parse(text),
};

const big = new Tensor('float32', Float32Array.from({ length: 300 }, Math.sqrt), [3, 100]);
const small = new Tensor('float32', Float32Array.of(1, 2), [2]);

/** Answers with the type of its body, and the body as it is. */
const echo = (input: object, output: object = {}): TestMethod => ({
  input,
  output: { type: 'object', ...output },
  answer: (response, { headers, bytes }) =>
    response
      .writeHead(200, { 'content-type': headers['content-type'] ?? '', 'x-accept': headers.accept ?? '' })
      .end(bytes),
});

test('what weighs more than 1 KiB goes as safetensors, with JSON for what is beside it', async () => {
  const fields = { x: tensor, note: { type: 'string' }, at: { type: 'string', 'x-io-type': 'date' } };
  await using server = await startService({ f: echo({ type: 'object', properties: fields, ...binary }) });
  const client = createClient(server.url, {
    fetch: async (url, init) =>
      (url.endsWith('/f') ? (await fetch(url, init)).ok && new Response('{}') : fetch(url, init)) || Response.error(),
  });
  await client.$call('f', big, 'é', new Date(0));
  const { headers, bytes } = server.requests.at(-1) ?? assert.fail();
  assert.equal(headers['content-type'], mediaType);
  assert.equal(headers['content-length'], String(bytes.length));
  const value = unpack(readTensorFrame(bytes, false, limits)) as Record<string, unknown>;
  assert.deepEqual(value, { x: big, note: 'é', at: '1970-01-01T00:00:00.000Z' });
});

test('small tensors, servers that do not say so, and forms stay JSON', async () => {
  const fields = { type: 'object', properties: { x: tensor, f: { type: 'file', format: 'binary' } } };
  await using server = await startService({ ours: echo({ ...fields, ...binary }), other: echo(fields) });
  const sent = async (name: string, ...args: readonly unknown[]) => {
    await createClient(server.url)
      .$call(name, ...args)
      .catch(() => {}); // the answer is no JSON
    return server.requests.at(-1)?.headers['content-type']?.split(';')[0];
  };
  assert.equal(await sent('ours', big), mediaType);
  assert.equal(await sent('ours', small), 'application/json');
  assert.equal(await sent('other', big), 'application/json');
  assert.equal(await sent('ours', big, new Blob(['x'])), 'multipart/form-data');
});

test('a whole body that is a tensor is one, and so is such an answer', async () => {
  await using server = await startService({
    f: echo({ ...tensor, ...binary, root_input: true }, { ...tensor, ...binary }),
  });
  const answer = await createClient(server.url).$call('f', big);
  assert.deepEqual(answer, big);
  assert.equal(server.requests.at(-1)?.headers.accept, `${mediaType}, */*;q=0.5`);
});

test('tensors in an answer are tensors again, whichever form the server chose, and dates beside them dates', async () => {
  const output = {
    type: 'object',
    properties: {
      best: { anyOf: [tensor, { type: 'null' }] },
      all: { type: 'array', items: tensor },
      at: { type: 'string', format: 'date-time', 'x-io-type': 'date' },
    },
    ...binary,
  };
  const parcel = ({ dtype, data, shape }: Tensor) => [/tensor/, { dtype, data, shape }];
  const json = { best: null, all: [[1, 2]], at: '1970-01-01T00:00:00Z' };
  await using server = await startService({
    frame: {
      output,
      answer: (response) =>
        response
          .setHeader('content-type', mediaType)
          .end(Buffer.concat(writeTensorFrame({ ...json, best: parcel(big), all: [parcel(small), parcel(big)] }))),
    },
    json: {
      output,
      answer: (response) => response.setHeader('content-type', 'application/json').end(JSON.stringify(json)),
    },
  });
  const client = createClient(server.url);
  assert.deepEqual(await client.$call('frame'), { best: big, all: [small, big], at: new Date(0) });
  assert.deepEqual(await client.$call('json'), { best: null, all: [small], at: new Date(0) });
});

test('a frame that is broken, or holds another tensor than the schema says, is RESPONSE_INVALID', async () => {
  const bodies = [
    Buffer.from('{}'),
    Buffer.concat(writeTensorFrame([/tensor/, { dtype: 'int8', data: Int8Array.of(1), shape: [1] }])),
  ];
  await using server = await startService({
    f: {
      output: { ...tensor, ...binary },
      answer: (response) => response.setHeader('content-type', mediaType).end(bodies.shift()),
    },
  });
  const client = createClient(server.url);
  for (const _ of [1, 2]) await assert.rejects(client.$call('f'), { code: 'RESPONSE_INVALID' });
});
