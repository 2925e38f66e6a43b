/** Bodies that take long to decode, beside everything else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { after, before, suite, test } from 'node:test';
import { deserialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { createDecodeThreads } from '../src/gateway/decode/decode-threads.ts';
import type { WrittenArguments } from '../src/gateway/decode/messages.ts';
import { printSafetensors, safetensorsMediaType } from '../src/io/safetensors.ts';
import { type Route, toRoute } from '../src/pool/route.ts';
import type { ApiSpec } from '../src/spec/service-spec.ts';
import { createValidatorCompiler } from '../src/spec/validator.ts';
import { type Started, start } from './start.ts';

let large: Started;
before(async () => {
  large = await start('large');
});
after(() => large[Symbol.asyncDispose]());

const mebibyte = 1024 * 1024;

/** JSON of about so many bytes: items, of which the last is given. */
function itemsOf(bytes: number, last: object): string {
  const item = JSON.stringify({ id: 12345, at: '2024-05-31T12:00:00Z' });
  return `{"items":[${`${item},`.repeat(bytes / (item.length + 1))}${JSON.stringify(last)}]}`;
}

async function answerOf(path: string, body: string, type = 'application/json') {
  const response = await large.post(path, body, { headers: { 'content-type': type } });
  return (await response.json()) as { code?: string; detail?: { loc: unknown[]; msg: string }[] };
}

/** Sends all of a body but its last byte, and resolves when the server has that. */
async function sendAlmost(path: string, body: Buffer, type: string): Promise<ClientRequest> {
  const before = await receivedBytes();
  const headers = { 'content-type': type, 'content-length': body.length };
  const sending = request(`${large.url}${path}`, { method: 'POST', headers });
  sending.write(body.subarray(0, -1));
  while ((await receivedBytes()) - before < body.length - 1);
  return sending;
}

async function receivedBytes(): Promise<number> {
  const text = await (await fetch(`${large.url}/metrics`)).text();
  return Number(/_received_bytes_total(?:\{[^}]*\})? (\S+)/.exec(text)?.[1]);
}

/** A frame of a tensor with a JSON document beside it. */
function frameOf(last: string): Buffer {
  const numbers = { name: 'numbers', dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const;
  return Buffer.concat(printSafetensors([numbers], { json: `{"last":${last}}` }));
}

// They are refused where they are decoded, before any worker sees them.
for (const [what, path, type, toBody] of [
  ['JSON', '/count', 'application/json', () => Buffer.from(itemsOf(20 * mebibyte, { id: 'wrong' }))],
  ['JSON beside tensors', '/sum', safetensorsMediaType, () => frameOf(`[${'1,'.repeat(10 * mebibyte)}1]`)],
] as const) {
  test(`while 20 MB of ${what} are decoded others are answered: probes, and calls`, async () => {
    const body = toBody();
    const sending = await sendAlmost(path, body, type);
    const order: string[] = [];
    const refused = once(sending, 'response').then(([response]: IncomingMessage[]) => {
      order.push('decoded');
      response?.resume();
      return response?.statusCode;
    });
    sending.end(body.subarray(-1));
    await once(sending, 'finish');
    while (!order.includes('decoded')) {
      assert.equal((await fetch(`${large.url}/livez`)).status, 200);
      order.push('probed');
      assert.equal(await (await large.post('/count', { items: [] })).json(), 0);
      order.push('called');
    }
    assert.equal(await refused, 400);
    assert.deepEqual(order.slice(0, 4), ['probed', 'called', 'probed', 'called']);
  });
}

suite('what is decoded in a thread', () => {
  test('reaches the method as the values that it declares', async () => {
    const numbers = Array.from({ length: 200_000 }, (_, at) => at % 3);
    const sum = numbers.reduce((all, one) => all + one);
    const body = JSON.stringify({ numbers, last: [['a', '9007199254740993']] });
    const text = await (await large.post('/sum', body)).text();
    assert.equal(text, `${sum} Float32Array 9007199254740993`);
    assert.deepEqual(await answerOf('/years', itemsOf(mebibyte, { id: 1 })), [2024, 0]);
  });

  test('is refused in the words that a small body is refused in', async () => {
    const wrongs = [
      ['/count', { id: 'x' }],
      ['/count', {}],
      ['/years', { id: 1, at: 'now' }],
    ] as const;
    for (const [path, last] of wrongs) {
      const [small, big] = await Promise.all([0, mebibyte].map((bytes) => answerOf(path, itemsOf(bytes, last))));
      const plain = (one: typeof small) => JSON.stringify(one).replaceAll(/\d+/g, 'N'); // but for the place in the array
      assert.equal(small?.code, 'INVALID_INPUT');
      assert.equal(plain(big), plain(small));
    }
    const cut = await answerOf('/count', itemsOf(mebibyte, {}).slice(0, -2));
    assert.equal(cut.code, 'MALFORMED_BODY');
    const deep = await answerOf('/count', `{"items":${'['.repeat(300_000)}`);
    assert.equal(deep.code, 'MALFORMED_BODY');
  });

  test('may be JSON beside tensors', async () => {
    const entries = Array.from({ length: 100_000 }, (_, at) => `["${at}","1"]`);
    const response = await fetch(`${large.url}/sum`, {
      method: 'POST',
      headers: { 'content-type': safetensorsMediaType },
      body: new Uint8Array(frameOf(`[${entries.join()},["a","7"]]`)),
    });
    assert.equal(await response.text(), '3 Float32Array 7');
  });

  test('may be a table in CSV', async () => {
    assert.deepEqual(await answerOf('/rows', `a,b\n${'1,x\n'.repeat(100_000)}7,y\n`, 'text/csv'), [100_001, 7]);
  });

  test('waits its turn, and none is lost, however many there are', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) => answerOf('/count', itemsOf(mebibyte / 2 + at * 1000, { id: at }))),
    );
    assert.ok(answers.every((count) => Number(count) > 10_000));
  });
});

const argsIn = (decoded: object) => deserialize((decoded as WrittenArguments).args);

suite('decode threads', () => {
  const anything = { name: 'any', body: 'json', parameters: [{ name: 'value' }], input: {} } as unknown as ApiSpec;
  const route: Route = toRoute(anything, createValidatorCompiler());
  const bodyOf = (text: string) => ({ bytes: new TextEncoder().encode(text), mediaType: 'application/json' });
  const options = { decodeThreads: 1, jsonBodyLimitBytes: 1, jsonDepthLimit: 100 };
  const staying = new AbortController().signal;

  test('one that ends costs the body that it had, and another takes its place', async () => {
    let started = 0;
    const main = new URL('../src/gateway/decode/main.ts', import.meta.url);
    const dying = "require('node:worker_threads').parentPort.once('message', () => process.exit(7))";
    const threads = createDecodeThreads(options, (resourceLimits) =>
      started++ === 0 ? new Worker(dying, { eval: true }) : new Worker(main, { resourceLimits }),
    );
    try {
      const lost = threads.decode(route, bodyOf('[1]'), staying);
      const next = threads.decode(route, bodyOf('[1]'), staying);
      await assert.rejects(lost, /ended with exit code 7/);
      assert.deepEqual(argsIn(await next), [[1]]);
      assert.equal(started, 2);
    } finally {
      threads.close();
    }
  });

  test('a caller who leaves gives the place in the queue to others', async () => {
    const threads = createDecodeThreads(options);
    try {
      const leaving = new AbortController();
      const first = threads.decode(route, bodyOf('[1]'), staying);
      const full = { bytes: new Uint8Array(200 * mebibyte), mediaType: 'application/json' };
      const left = threads.decode(route, full, leaving.signal);
      const refused = threads.decode(route, { ...full, bytes: new Uint8Array(100 * mebibyte) }, staying);
      await assert.rejects(refused, { code: 'MEMORY_LOW' });
      leaving.abort();
      await assert.rejects(left, { code: 'CANCELLED' });
      const taken = threads.decode(route, { ...full, bytes: new Uint8Array(100 * mebibyte) }, staying);
      await first;
      await assert.rejects(taken, { code: 'MALFORMED_BODY' });
    } finally {
      threads.close();
    }
  });

  test('what waits when they are closed is told so', async () => {
    const threads = createDecodeThreads(options);
    const jobs = [threads.decode(route, bodyOf('[1]'), staying), threads.decode(route, bodyOf('[2]'), staying)];
    threads.close();
    const ends = await Promise.allSettled(jobs);
    assert.deepEqual(
      ends.map((end) => end.status === 'rejected' && end.reason.code),
      ['STOPPING', 'STOPPING'],
    );
    await assert.rejects(threads.decode(route, bodyOf('[3]'), staying), { code: 'STOPPING' });
  });
});
