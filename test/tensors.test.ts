/** Tensors in binary frames, on a real socket. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Tensor } from 'bentots';
import { pack, unpack } from '../src/io/crossing.ts';
import { printSafetensors } from '../src/io/safetensors.ts';
import { readTensorFrame, writeTensorFrame } from '../src/io/tensor-frame.ts';
import { type Started, start } from './start.ts';

let answers: Started;
before(async () => {
  answers = await start('answers');
});
after(() => answers[Symbol.asyncDispose]());

const mediaType = 'application/vnd.safetensors';
const unbounded = { headerLimitBytes: Number.POSITIVE_INFINITY, jsonDepthLimit: 100 };

const float32 = (shape: number[], ...values: number[]) => new Tensor('float32', Float32Array.from(values), shape);
const toFrame = (value: unknown) => Buffer.concat(writeTensorFrame(pack(value)));

/** Sends a frame, or a value in one; gives the value that came in a frame, or else its text. */
async function send(path: string, value: unknown, init: { accept?: string; type?: string } = {}) {
  const response = await fetch(`${answers.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': init.type ?? mediaType, accept: init.accept ?? mediaType },
    body: new Uint8Array(Buffer.isBuffer(value) ? value : toFrame(value)),
  });
  const body = new Uint8Array(await response.arrayBuffer());
  const type = response.headers.get('content-type');
  const isFrame = type === mediaType;
  return {
    status: response.status,
    type,
    vary: response.headers.get('vary'),
    length: response.headers.get('content-length'),
    body,
    value: isFrame ? unpack(readTensorFrame(body, true, unbounded)) : JSON.parse(new TextDecoder().decode(body)),
  };
}

const call = { pixels: float32([2, 3], 1, 2, 3, 4, 5, 6), weights: float32([2], 1, 10) };

test('tensors of a frame are arguments, and those of the result come in one, with JSON beside them', async () => {
  const { status, type, vary, length, body, value } = await send('/scale', { ...call, by: 1 });
  assert.deepEqual([status, type, vary, Number(length)], [200, mediaType, 'Accept', body.length]);
  assert.deepEqual(value, { pixels: float32([2, 3], 1, 2, 3, 40, 50, 60), by: 1, at: '1970-01-01T00:00:00.000Z' });
});

test('defaults apply where the frame has no field, and the answer is JSON for who asks for nothing else', async () => {
  const { type, value } = await send('/scale', call, { accept: '*/*' });
  assert.deepEqual([type, value.by, value.pixels[1]], ['application/json', 2, [80, 100, 120]]);
});

test('a frame can answer JSON', async () => {
  const response = await answers.post(
    '/scale',
    { pixels: [[1, 2, 3]], weights: [1] },
    { headers: { accept: mediaType } },
  );
  const { pixels } = unpack(readTensorFrame(new Uint8Array(await response.arrayBuffer()), true, unbounded)) as {
    pixels: Tensor;
  };
  assert.deepEqual(pixels, float32([1, 3], 2, 4, 6));
});

test('every kind of element goes both ways; texts go as JSON in the same frame', async () => {
  const kinds = {
    float64: new Tensor('float64', Float64Array.of(Math.PI, Number.NaN, -0), [3]),
    float32: float32([1, 2, 1], 1.5, Number.POSITIVE_INFINITY),
    float16: new Tensor('float16', Uint16Array.of(0x3e00), []),
    int8: new Tensor('int8', Int8Array.of(-128, 127), [2]),
    int16: new Tensor('int16', Int16Array.of(-32768), [1]),
    int32: new Tensor('int32', Int32Array.of(-1), [1]),
    int64: new Tensor('int64', BigInt64Array.of(-(2n ** 63n)), [1]),
    uint8: new Tensor('uint8', Uint8Array.of(0, 255), [2, 1]),
    uint16: new Tensor('uint16', Uint16Array.of(65535), [1]),
    uint32: new Tensor('uint32', Uint32Array.of(2 ** 32 - 1), [1]),
    uint64: new Tensor('uint64', BigUint64Array.of(2n ** 64n - 1n), [1]),
    bool: new Tensor('bool', Uint8Array.of(1, 0), [2]),
  };
  const { value } = await send('/every', { kinds: { ...kinds, string: new Tensor('string', ['a', 'b'], [2]) } });
  assert.deepEqual(value, { ...kinds, string: ['a', 'b'] });
});

test('a tensor without elements keeps its shape', async () => {
  const { value } = await send('/scale', { pixels: float32([0, 3]), weights: float32([0]) });
  assert.deepEqual(value.pixels, float32([0, 3]));
});

test('a tensor that is the whole body, or the whole result, has no document', async () => {
  assert.deepEqual((await send('/whole', float32([2, 1], 1, 2))).value, float32([2, 1], 1, 2));
  const named = Buffer.concat(printSafetensors([{ name: 'logits', ...float32([1], 5) }], {}));
  assert.deepEqual((await send('/whole', named)).value, float32([1], 5));
});

test('an object that is the whole body has its tensors as fields', async () => {
  assert.deepEqual((await send('/wholeObject', { pixels: float32([1], 5) })).value, float32([1], 5));
  const named = Buffer.concat(printSafetensors([{ name: 'pixels', ...float32([1], 5) }], {}));
  assert.deepEqual((await send('/wholeObject', named)).value, float32([1], 5));
  assert.equal((await send('/wholeObject', { pixels: float32([1], 5), by: 0 })).value, null);
});

test('tensors in a list keep their order', async () => {
  const one = new Tensor('int32', Int32Array.of(1), [1]);
  const two = new Tensor('int32', Int32Array.of(1, 2, 3), [3]);
  assert.deepEqual((await send('/list', { tensors: [one, two] })).value, [two, one]);
});

for (const [what, value, message] of [
  [
    'another dtype',
    { ...call, weights: new Tensor('float64', Float64Array.of(1, 2), [2]) },
    /weights must be a tensor of float32, but is one of float64/,
  ],
  ['another rank', { ...call, weights: float32([1, 2], 1, 2) }, /weights must have the shape \[n\], but has \[1, 2\]/],
  [
    'another size',
    { ...call, pixels: float32([3, 2], 1, 2, 3, 4, 5, 6) },
    /pixels must have the shape \[n, 3\], but has \[3, 2\]/,
  ],
  [
    'a dimension of two sizes',
    { ...call, weights: float32([3], 1, 2, 3) },
    /weights has 3 in its dimension "n", which is 2 elsewhere/,
  ],
  ['a tensor where a number is declared', { ...call, by: float32([], 1) }, /by must be number, but is /],
  ['a field missing', { pixels: call.pixels }, /weights is missing/],
] as const) {
  test(`a frame with ${what} is answered 400 and says where`, async () => {
    const { status, value: body } = await send('/scale', value);
    assert.deepEqual([status, body.code], [400, 'INVALID_INPUT']);
    assert.match(body.error, message);
  });
}

test('a frame that cannot be read is answered 400, and says what is wrong with it', async () => {
  const { status, value } = await send('/scale', Buffer.from('too short'.slice(0, 5)));
  assert.deepEqual([status, value.code], [400, 'MALFORMED_BODY']);
  assert.match(value.error, /^the binary frame has 5 bytes, but begins with 8/);
});

test('what a method gives is checked before it goes into a frame', async () => {
  const { status, type, value } = await send('/wrong', {});
  assert.deepEqual([status, type, value.code], [500, 'application/json', 'OUTPUT_INVALID']);
  await answers.line(({ message }) => message.includes('must be a tensor of float32, but is one of float64'));
});

test('NaN stays NaN in a tensor, and is null beside it', async () => {
  const { value } = await send('/holes', {});
  assert.deepEqual(value, { values: float32([2], Number.NaN, 1), mean: null });
});

test('items of a stream that have tensors come as frames of their own', async () => {
  const response = await answers.post('/steps', {}, { headers: { accept: 'application/vnd.bentots.frames' } });
  const body = new Uint8Array(await response.arrayBuffer());
  const items: unknown[] = [];
  const view = new DataView(body.buffer);
  let at = 0;
  for (let length: number; body[at] === 2; at += 5 + length) {
    length = view.getUint32(at + 1, true);
    items.push(unpack(readTensorFrame(body.slice(at + 5, at + 5 + length), true, unbounded)));
  }
  assert.deepEqual(items, [
    { at: 1, state: float32([1], 0.5) },
    { at: 2, state: float32([1], 1) },
  ]);
  assert.deepEqual([...body.subarray(at)], [3, 0, 0, 0, 0]);
});

test('frames may be larger than JSON may be, up to the limit of raw bodies', async () => {
  await using small = await start('answers', { jsonBodyLimitBytes: 4096, rawBodyLimitBytes: 40_000 });
  const post = (body: Buffer) =>
    fetch(`${small.url}/whole`, {
      method: 'POST',
      headers: { 'content-type': mediaType, accept: mediaType },
      body: new Uint8Array(body),
    });
  const answer = await post(toFrame(new Tensor('float32', new Float32Array(9000), [9000])));
  assert.deepEqual([answer.status, (await answer.arrayBuffer()).byteLength > 36_000], [200, true]);
  const refused = await post(toFrame(new Tensor('float32', new Float32Array(11_000), [11_000])));
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [413, 'BODY_TOO_LARGE']);
});

interface Path {
  readonly post: { readonly requestBody: { content: object }; readonly responses: { 200: { content: object } } };
}

test('the documents name the frame where there are tensors', async () => {
  const schema = (await (await fetch(`${answers.url}/schema.json`)).json()) as {
    routes: { name: string; input: object; output: object }[];
  };
  const typesOf = (name: string) => {
    const route = schema.routes.find((one) => one.name === name);
    return [route?.input, route?.output].map((part) => (part as Record<string, unknown>)['x-media-types']);
  };
  assert.deepEqual(typesOf('scale'), [[mediaType], [mediaType]]);
  assert.deepEqual(typesOf('text'), [undefined, undefined]);
  const { paths } = (await (await fetch(`${answers.url}/docs.json`)).json()) as { paths: Record<string, Path> };
  const { requestBody, responses } = (paths['/scale'] as Path).post;
  assert.deepEqual(Object.keys(requestBody.content), ['application/json', mediaType]);
  assert.deepEqual(Object.keys(responses[200].content), ['application/json', mediaType]);
});
