/** Values that JSON has no word for, on a real socket, with fetch and with the typed client. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Client, createClient, ImageFile, isCallError, Tensor } from 'bentots/client';
import type { Values } from './fixtures/values.ts';
import { type Started, start } from './start.ts';

let values: Started;
let client: Client<Values>;
before(async () => {
  values = await start('values');
  client = createClient<Values>(values.url);
});
after(() => values[Symbol.asyncDispose]());

const wire = {
  at: '2024-05-31T12:00:00.000Z',
  source: 'https://a.example/b',
  count: '12345678901234567890',
  tags: ['x', 'y'],
  bySensor: [['a', [1.5]]],
  raw: 'AQI=',
};

const reading = {
  at: new Date(wire.at),
  source: new URL(wire.source),
  count: 12345678901234567890n,
  tags: new Set(wire.tags),
  bySensor: new Map([['a', Float32Array.of(1.5)]]),
  raw: Uint8Array.of(1, 2),
};

async function json(path: string, body: unknown): Promise<unknown> {
  const response = await values.post(path, body);
  return response.json();
}

async function refused(path: string, body: unknown): Promise<string> {
  const { error, code } = (await json(path, body)) as { error: string; code: string };
  assert.equal(code, 'INVALID_INPUT', error);
  return error;
}

test('a method gets the values that its types say', async () => {
  const names = ['Date', 'URL', 'BigInt', 'Set', 'Map', 'Uint8Array', 'Float32Array'];
  assert.deepEqual(
    await json('/kinds', { reading: wire }),
    names.map((name) => `[object ${name}]`),
  );
  assert.deepEqual(await json('/echo', { reading: wire }), wire);
});

test('the typed client sends and gives the values themselves', async () => {
  assert.deepEqual(await client.echo(reading), reading);
  assert.deepEqual(await client.later(reading.at, 2), new Date('2024-06-02T12:00:00Z'));
  assert.deepEqual(await client.later(reading.at), new Date('2024-06-01T12:00:00Z'));
});

test('a value that cannot be what its type says is refused with its place', async () => {
  const wrong = (more: object) => refused('/echo', { reading: { ...wire, ...more } });
  assert.match(await wrong({ at: 'now' }), /^invalid input: reading\.at must be a valid date-time such as /);
  assert.match(await wrong({ at: '2016-12-31T23:59:60Z' }), /reading\.at must be a moment that a Date can hold/);
  assert.match(await wrong({ raw: '?' }), /reading\.raw must be base64 text/);
  assert.match(
    await wrong({
      bySensor: [
        ['a', []],
        ['a', []],
      ],
    }),
    /reading\.bySensor\[1\] has the key "a" of an entry before it/,
  );
  assert.match(
    await wrong({ bySensor: [['a', [1e300]]] }),
    /reading\.bySensor\[0\]\[1\]\[0\] is too large for a Float32Array/,
  );
  assert.match(
    await wrong({ tags: ['x', 'y', 'x'] }),
    /reading\.tags must have no item twice, but \[0\] and \[2\] are the same/,
  );
  assert.match(await refused('/later', { at: wire.at, days: 0 }), /days must be at least 1/);
});

test('tensors keep shape and dtype, and the place of what is wrong is told', async () => {
  const pairs = {
    values: [
      [1, 2],
      [3, 4],
    ],
    by: [10, 100],
  };
  assert.deepEqual(await json('/scale', pairs), [
    [10, 20],
    [300, 400],
  ]);
  assert.match(await refused('/scale', { ...pairs, by: [1] }), /by has 1 in its dimension "n", which is 2 elsewhere/);
  assert.match(await refused('/scale', { ...pairs, values: [[1, 2], [3]] }), /values\[1\] must have at least 2 items/);
  assert.match(
    await refused('/scale', {
      ...pairs,
      values: [
        [1, 2],
        [3, '4'],
      ],
    }),
    /values\[1\]\[1\] must be number/,
  );
  const answer = await client.scale(
    new Tensor('float32', Float32Array.of(1, 2), [1, 2]),
    new Tensor('float32', Float32Array.of(3), [1]),
  );
  assert.deepEqual(answer, new Tensor('float32', Float32Array.of(3, 6), [1, 2]));
});

test('NaN and infinities of a tensor are null in JSON, and themselves for the client, which takes it in binary', async () => {
  assert.deepEqual(await json('/holes', {}), [1, null, null]);
  assert.deepEqual((await client.holes()).data, Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY));
});

for (const [path, body, complaint] of [
  ['/misshapen', {}, 'the value must have at least 3 items, but has 2'],
  ['/untrue', { kind: 'date' }, 'must be a valid Date'],
  ['/untrue', { kind: 'cycle' }, 'holds itself'],
  ['/untrue', { kind: 'bytes' }, 'could not be cloned'],
  ['/noBytes', {}, 'it is string'],
] as const) {
  test(`a result that is not what its type says is answered 500 and logged: ${complaint}`, async () => {
    const { code } = (await json(path, body)) as { code: string };
    assert.equal(code, 'OUTPUT_INVALID');
    await values.line(({ level, message }) => level === 'error' && message.includes(complaint));
  });
}

test('bytes are answered as they are', async () => {
  const response = await values.post('/bytes', { size: 300_000 });
  assert.equal(response.headers.get('content-type'), 'application/octet-stream');
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), new Uint8Array(300_000).fill(7));
  assert.deepEqual(await client.bytes(3), Uint8Array.of(7, 7, 7));
});

test('files go both ways, alone and inside', async () => {
  const sent = new File(['hi'], 'a.txt', { type: 'text/plain' });
  const answer = await client.file(sent);
  assert.deepEqual([await answer.text(), answer.type], ['hi!', 'text/plain']);
  const { names, joined } = await client.files([sent, new File(['ho'], 'b.txt')]);
  assert.deepEqual([names, await joined.text(), joined.type], [['a.txt', 'b.txt'], 'hiho', 'text/plain']);
  const response = await values.post('/file', { file: { data: 'aGk=', type: 'text/csv', name: 'a.csv' } });
  assert.deepEqual([response.headers.get('content-type'), await response.text()], ['text/csv', 'hi!']);
});

test('bytes that may be null are answered as JSON, since null is no bytes', async () => {
  const response = await values.post('/bytesOrNull', { size: 2 });
  assert.deepEqual([response.headers.get('content-type'), await response.text()], ['application/json', '"Bwc="']);
  assert.deepEqual([await client.bytesOrNull(2), await client.bytesOrNull(0)], [Uint8Array.of(7, 7), null]);
});

test('a picture is known by its bytes, and its size is read from them', async () => {
  const gif = Uint8Array.from(atob('R0lGODlhAwACAIAAAP///wAAACwAAAAAAwACAAACAoRRADs='), (letter) =>
    letter.charCodeAt(0),
  );
  assert.equal(await client.picture(new ImageFile(gif)), 'image/gif 3x2');
  assert.deepEqual((await client.samePicture(new ImageFile(gif))).bytes, gif);
  assert.match(
    await refused('/picture', { picture: { data: 'aGVsbG8=' } }),
    /picture must be a picture, but its bytes are none of PNG/,
  );
  const damaged: unknown = await client.picture(new ImageFile(gif.subarray(0, 6))).catch((error: unknown) => error);
  assert.ok(isCallError(damaged, 'INVALID_INPUT'), String(damaged));
  assert.match(damaged.message, /is damaged: its size cannot be read/);
});

test('a parameter can be a sequence that the method iterates', async () => {
  assert.equal(await json('/sum', { numbers: ['1', 2, '3'] }), '6');
  async function* numbers() {
    yield 1n;
    yield 2n ** 70n;
  }
  assert.equal(await client.sum(numbers()), 2n ** 70n + 1n);
});

test('streamed items are values, too', async () => {
  const from = new Date(wire.at);
  assert.deepEqual(await Array.fromAsync(client.days(from, 2)), [from, new Date('2024-06-01T12:00:00Z')]);
  assert.deepEqual(await Array.fromAsync(client.pages()), [
    { link: new URL('https://a.example/1') },
    { link: new URL('https://a.example/2') },
  ]);
  assert.deepEqual(await Array.fromAsync(client.chunks()), [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  const raw = await values.post('/chunks', {});
  assert.deepEqual(new Uint8Array(await raw.arrayBuffer()), Uint8Array.of(1, 2, 3));
});

test('a result of the type unknown is written by what it is', async () => {
  assert.deepEqual(await json('/anything', {}), {
    at: '1970-01-01T00:00:00.000Z',
    map: [['a', '1']],
    link: 'a:b',
    price: '1.50',
  });
});

test('at the start a line warns of a type that lets anything through', async () => {
  const { message } = await values.line(({ level }) => level === 'warn');
  assert.match(
    message,
    /values\.ts:\d+:\d+: result of Values\.anything has the type "unknown", so that anything is let through/,
  );
});
