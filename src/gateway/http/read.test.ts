import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { serverOptions } from '../../config/options.ts';
import { resolveOptions } from '../../config/resolve.ts';
import { bytesSchema } from '../../io/bytes.ts';
import { type Route, toRoute } from '../../pool/route.ts';
import { createSpool } from '../../pool/spool.ts';
import type { ApiSpec } from '../../spec/service-spec.ts';
import { createValidatorCompiler } from '../../spec/validator.ts';
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
