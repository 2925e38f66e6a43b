/** What the client sends as it is, to the real gateway: files, tensors, and items while they come. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, Tensor } from 'bentots/client';
import { createClient as createNodeClient } from 'bentots/client/node';
import type { Answers } from './fixtures/answers.ts';
import type { StreamedInto } from './fixtures/streamed-into.ts';
import { start } from './start.ts';

/** Remembers what was sent with each request. */
function spy() {
  const types: (string | undefined)[] = [];
  const look = (init: RequestInit) => types.push(new Headers(init.headers).get('content-type')?.split(';')[0]);
  return {
    types,
    fetch: (url: string, init: RequestInit) => {
      if (init.method === 'POST') look(init);
      return fetch(url, init);
    },
  };
}

test('tensors of more than 1 KiB go and come in binary frames, and smaller ones are the same', async () => {
  await using server = await start('answers');
  const { types, fetch } = spy();
  const client = createClient<Answers>(server.url, { fetch });
  for (const rows of [1, 1000]) {
    const pixels = new Tensor<'float32', ['n', 3]>(
      'float32',
      Float32Array.from({ length: rows * 3 }, (_, at) => at / 4),
      [rows, 3],
    );
    const weights = new Tensor<'float32', ['n']>('float32', new Float32Array(rows).fill(0.5), [rows]);
    assert.deepEqual(await client.scale(pixels, weights), { pixels, by: 2, at: new Date(0) });
    assert.deepEqual(await client.whole(pixels), pixels);
  }
  const numbers = [1, 2].map((n) => new Tensor('int32', new Int32Array(500).fill(n), [500]));
  assert.deepEqual(await client.list(numbers), numbers.toReversed());
  const json = 'application/json';
  const binary = 'application/vnd.safetensors';
  assert.deepEqual(types, [json, json, binary, binary, binary]);
});

test('items reach the method while they are given, and answers come before the last', async () => {
  await using server = await start('streamed-into');
  for (const client of [createClient<StreamedInto>(server.url), createNodeClient<StreamedInto>(server.url)]) {
    const seen: string[] = [];
    let answered = () => {};
    async function* points() {
      for (const x of [1, 2, 3]) {
        const next = new Promise<void>((resolve) => {
          answered = resolve;
        });
        yield { x, at: new Date(x) };
        await next; // an answer to this one
      }
    }
    for await (const text of client.scale(points(), 2)) {
      seen.push(text);
      answered();
    }
    assert.deepEqual(seen, ['2 1', '4 2', '6 3']);
  }
});

test('bytes are items of their own, as pieces of the body and as numbers in order', async () => {
  await using server = await start('streamed-into');
  const client = createClient<StreamedInto>(server.url);
  async function* blocks() {
    for (let at = 0; at < 50; at++) yield new Uint8Array(100_000);
  }
  assert.equal(await client.total(blocks()), 5_000_000);
  async function* numbers() {
    for (let n = 0; n < 5000; n++) yield n;
  }
  assert.equal(await client.sum(numbers()), 12_497_500);
});

test('an item that does not fit ends the call with the violation, and what is not wanted is not given', async () => {
  await using server = await start('streamed-into');
  const client = createClient<StreamedInto>(server.url);
  async function* wrong() {
    yield 1;
    yield 'two' as unknown as number;
  }
  await assert.rejects(client.sum(wrong()), {
    code: 'INVALID_INPUT',
    message: /numbers\[1\] must be number, but is "two"/,
  });
  let hasEnded = false;
  async function* endless() {
    try {
      for (;;) yield 'x'.repeat(1000);
    } finally {
      hasEnded = true;
    }
  }
  assert.equal((await client.first(endless())).length, 1000);
  while (!hasEnded) await new Promise((resolve) => setImmediate(resolve));
});
