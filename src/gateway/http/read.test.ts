import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { serverOptions } from '../../config/options.ts';
import { resolveOptions } from '../../config/resolve.ts';
import { bytesSchema } from '../../io/bytes.ts';
import { printSafetensors } from '../../io/safetensors.ts';
import { type Route, toRoute } from '../../pool/route.ts';
import { createSpool } from '../../pool/spool.ts';
import type { ApiSpec } from '../../spec/service-spec.ts';
import { createValidatorCompiler } from '../../spec/validator.ts';
import { createBodyMemory } from '../bodies/body-memory.ts';
import { readArguments } from './read.ts';

const input = { type: 'object', properties: { a: { type: 'number' }, b: {}, constructor: {} }, required: ['a'] };
const route = {
  api: { body: 'fields', parameters: ['a', 'b', 'constructor'].map((name) => ({ name, isRequired: name === 'a' })) },
  input: createValidatorCompiler()(input),
} as unknown as Route;
const spool = createSpool();
after(() => spool.close());
const deps = {
  limits: resolveOptions(serverOptions, {}, 'the test'),
  memory: { isLow: () => false },
  bodyMemory: createBodyMemory(),
  spool,
  threads: undefined,
  signal: new AbortController().signal,
};

/** A request whose body the test writes. */
function request(headers: Readonly<Record<string, string>> = {}) {
  const body = new PassThrough();
  return Object.assign(body, { headers }) as unknown as IncomingMessage & PassThrough;
}

test('arguments are put in the order of the parameters, undefined where one was left out', async () => {
  const body = request();
  body.end('{"b":2,"a":1}');
  assert.deepEqual((await readArguments(body, route, deps)).args, [1, 2, undefined]);
});

const ofBytes = { body: 'bytes', input: bytesSchema('Uint8Array'), parameters: [{ name: 'data', isRequired: true }] };
const bytes = toRoute(ofBytes as unknown as ApiSpec, createValidatorCompiler());

test('a body of bytes is the argument as it is, whatever it says that it is', async () => {
  const body = request({ 'content-type': 'multipart/form-data' });
  body.end(Buffer.from([0xff, 0x00]));
  const { args } = await readArguments(body, bytes, deps);
  assert.deepEqual(args, [new Uint8Array([0xff, 0x00])]);
});

test('a body in pieces is one body', async () => {
  const body = request();
  for (const piece of ['{"a', '":', '12}']) body.write(piece);
  body.end();
  assert.deepEqual((await readArguments(body, route, deps)).args, [12, undefined, undefined]);
});

test('a request that ends early is a caller who has left', async () => {
  const body = request();
  const reading = readArguments(body, route, deps);
  body.write('{');
  body.destroy();
  await assert.rejects(reading, { code: 'CANCELLED' });
});

for (const [what, taker] of [
  ['JSON', route],
  ['bytes', bytes],
] as const) {
  test(`a large body of ${what} is given up as soon as memory is low, not only when all of it is there`, async () => {
    let isLow = false;
    const body = request();
    const reading = readArguments(body, taker, { ...deps, memory: { isLow: () => isLow } });
    body.write(' '.repeat(300_000));
    isLow = true;
    body.write(' '); // and it does not end
    await assert.rejects(reading, { code: 'MEMORY_LOW' });
  });
}

const ofTensor = {
  body: 'json',
  input: { type: 'array', items: { type: 'number' }, 'x-io-type': 'tensor', 'x-dtype': 'float32', 'x-shape': ['n'] },
  parameters: [{ name: 'values', isRequired: true }],
};
const tensors = toRoute(ofTensor as unknown as ApiSpec, createValidatorCompiler());
const frameOf = (data: Float32Array) =>
  Buffer.concat(printSafetensors([{ name: 'value', dtype: 'float32', shape: [data.length], data }], {}));
const asTensor = { 'content-type': 'application/vnd.safetensors' };

test('a large tensor lies in memory that is used again, once it has been given back', async () => {
  const buffers = new Set<unknown>();
  for (const value of [1, 2]) {
    const frame = frameOf(new Float32Array(50_000).fill(value));
    const body = request({ ...asTensor, 'content-length': String(frame.length) });
    for (let at = 0; at < frame.length; at += 65_536) body.write(frame.subarray(at, at + 65_536));
    body.end();
    const { args, lent } = await readArguments(body, tensors, deps);
    assert.ok(lent);
    const [, { data }] = args[0] as [RegExp, { data: Float32Array }];
    assert.deepEqual([data.buffer === lent.buffer, data.every((one) => one === value)], [true, true]);
    buffers.add(lent.buffer);
    deps.bodyMemory.giveBack(lent);
  }
  assert.equal(buffers.size, 1);
});

test('who only announces much is given no memory for it, and who says no length is not either', async () => {
  const frame = frameOf(new Float32Array(50_000));
  const body = request(asTensor);
  body.end(frame);
  assert.equal((await readArguments(body, tensors, deps)).lent, undefined);
  let taken = 0;
  const counted = {
    ...deps.bodyMemory,
    take(length: number) {
      taken++;
      return deps.bodyMemory.take(length);
    },
  };
  const slow = request({ ...asTensor, 'content-length': String(frame.length) });
  const reading = readArguments(slow, tensors, { ...deps, bodyMemory: counted });
  slow.write(frame.subarray(0, 65_536));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(taken, 0);
  slow.end(frame.subarray(65_536));
  assert.ok((await reading).lent);
  assert.equal(taken, 1);
});
