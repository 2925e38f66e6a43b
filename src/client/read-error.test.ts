/** Error answers of every known server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { CallError, isCallError } from './call-error.ts';
import { startService } from './client.fixture.ts';
import { createClient } from './create-client.ts';
import { parseRetryAfter } from './read-error.ts';

/** The error of a call that is answered so. */
async function errorOf(status: number, body: string, headers: Record<string, string> = {}): Promise<CallError> {
  await using server = await startService({
    f: { answer: (response) => response.writeHead(status, headers).end(body) },
  });
  const error = await createClient(server.url, { token: 'secret' })
    .$call('f')
    .catch((thrown: unknown) => thrown);
  assert.ok(isCallError(error));
  assert.equal(error.url, `${server.url}/f`);
  assert.equal(JSON.stringify([error.message, error.stack, { ...error }]).includes('secret'), false);
  return error;
}

test('the error body of our servers becomes message, code and detail', async () => {
  const detail = [{ loc: ['texts', 0], msg: 'must be string', type: 'type' }];
  const body = JSON.stringify({ error: 'texts[0] must be string', code: 'INVALID_INPUT', detail });
  const error = await errorOf(400, body, { 'x-bentoml-request-id': '00ab' });
  assert.equal(error.name, 'CallError');
  assert.equal(error.message, 'texts[0] must be string');
  assert.deepEqual(
    [error.code, error.status, error.detail, error.requestId, error.isRetryable, error.retryAfterMs],
    ['INVALID_INPUT', 400, detail, '00ab', false, undefined],
  );
});

test('a full queue may be tried again after the time that the server asks for', async () => {
  const error = await errorOf(503, '{"error":"full","code":"QUEUE_FULL"}', { 'retry-after': '2' });
  assert.deepEqual([error.code, error.isRetryable, error.retryAfterMs], ['QUEUE_FULL', true, 2000]);
});

test("an author's own code is kept, and its status says whether to try again", async () => {
  const busy = await errorOf(503, '{"error":"tired","code":"NAPPING"}');
  const wrong = await errorOf(422, '{"error":"no face","code":"NO_FACE"}');
  assert.deepEqual([busy.code, busy.isRetryable, wrong.code, wrong.isRetryable], ['NAPPING', true, 'NO_FACE', false]);
});

for (const [what, status, body, code, message] of [
  ['an array with one object', 404, '[{"error":"no such user"}]', 'NOT_FOUND', /^no such user$/],
  ['an object without a code', 429, '{"error":"Too many requests"}', 'CONCURRENCY_EXCEEDED', /^Too many requests$/],
  [
    'a validation error',
    400,
    '{"error":"1 error","detail":[{"type":"missing","loc":["a"],"msg":"Field required"}]}',
    'INVALID_INPUT',
    /^1 error$/,
  ],
  ['plain text', 405, 'Method Not Allowed', 'METHOD_NOT_ALLOWED', /\/f answered 405: Method Not Allowed$/],
  ['a JSON string', 400, '"BentoService error"', 'BAD_REQUEST', /^BentoService error$/],
  ['nothing', 502, '', 'HTTP_502', /\/f answered 502: Bad Gateway$/],
  ['an empty array', 500, '[]', 'INTERNAL', /answered 500/],
  ['JSON of another shape', 520, '{"error":7,"detail":{"loc":1}}', 'HTTP_520', /answered 520/],
] as const) {
  test(`an error answer that is ${what} is understood`, async () => {
    const error = await errorOf(status, body);
    assert.deepEqual([error.code, error.status], [code, status]);
    assert.match(error.message, message);
  });
}

test('violations of another shape are left out of the detail', async () => {
  const detail = [null, { loc: 'a', msg: 'x', type: 'y' }, { loc: ['a'], msg: 'x', type: 'y' }];
  assert.deepEqual((await errorOf(400, JSON.stringify({ error: 'e', detail }))).detail, [detail[2]]);
});

test('of an endless error body only the beginning is read, and its connection is closed', async () => {
  await using server = await startService({
    f: {
      answer(response) {
        response.writeHead(500);
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(16_384)));
        };
        response.on('drain', more);
        more();
      },
    },
  });
  const left = once(server.events, 'left');
  await assert.rejects(createClient(server.url).$call('f'), (error: CallError) => error.message.length < 300);
  await left;
});

test('a caller who leaves while the body of an error is on its way gets CANCELLED', async () => {
  await using server = await startService({ f: { answer: (response) => response.writeHead(500).write('{') } });
  const controller = new AbortController();
  const client = createClient(server.url, {
    signal: controller.signal,
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (url.endsWith('/f')) setImmediate(() => controller.abort());
      return response;
    },
  });
  await assert.rejects(client.$call('f'), { code: 'CANCELLED' });
});

test('Retry-After is read as seconds or as a date', () => {
  const nowMs = Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');
  const read = (value: string | null) => parseRetryAfter(value, nowMs);
  assert.deepEqual(
    [read('0'), read('120'), read('Wed, 21 Oct 2015 07:28:05 GMT'), read('Wed, 21 Oct 2015 07:00:00 GMT')],
    [0, 120_000, 5000, 0],
  );
  assert.deepEqual([read(null), read('soon')], [undefined, undefined]);
});

test('isCallError tells one code from another', () => {
  const error = new CallError('x', { code: 'TIMEOUT', url: 'http://h' });
  assert.deepEqual(
    [isCallError(error), isCallError(error, 'TIMEOUT'), isCallError(error, 'NOT_READY'), isCallError(new Error())],
    [true, true, false, false],
  );
});
