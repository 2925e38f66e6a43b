/** What the client sends as it is, to the real gateway: files, tensors, and items while they come. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createClient, ImageFile, Tensor } from 'bentots/client';
import { createClient as createNodeClient } from 'bentots/client/node';
import type { Answers } from './fixtures/answers.ts';
import type { Forms } from './fixtures/forms.ts';
import type { StreamedInto } from './fixtures/streamed-into.ts';
import { start } from './start.ts';

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const gif = Uint8Array.from([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 3, 0, 2, 0, 0, 0, 0]);

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

test('files go as forms and as whole bodies, large and small, and the other arguments with them', async () => {
  await using server = await start('forms');
  const { types, fetch } = spy();
  const client = createClient<Forms>(server.url, { fetch });
  const large = new Uint8Array(3_000_000).map((_, at) => at % 251);
  const file = new File([large], 'é (1).bin', { type: 'application/x-large' });
  const seen = { name: file.name, type: file.type, size: large.length, hash: hashOf(large) };
  assert.deepEqual(await client.one(file, '12', { size: 3, labels: ['a'] }), {
    file: seen,
    note: '12',
    options: { size: 3, labels: ['a'] },
  });
  const many = await client.many([new File(['1'], 'a'), file, new File([], 'empty')], null);
  assert.deepEqual(
    many.files.map(({ name, size }) => [name, size]),
    [
      ['a', 1],
      [file.name, large.length],
      ['empty', 0],
    ],
  );
  assert.equal(await client.picture(new ImageFile(gif, { name: 'a.gif' })), 'image/gif a.gif 13');
  assert.deepEqual(await client.whole(file), seen);
  assert.equal(await client.wholePicture(), 'none');
  assert.deepEqual(types, ['multipart/form-data', 'multipart/form-data', 'multipart/form-data', file.type, undefined]);
});

test('a file of the wrong kind is refused with the place where it stands', async () => {
  await using server = await start('forms');
  const refused = createClient(server.url).$call('picture', new File(['text'], 'a.txt'));
  await assert.rejects(refused, { code: 'INVALID_INPUT', message: /picture must be a picture/ });
});

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
