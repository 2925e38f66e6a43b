/** Files as arguments, and what a server finds of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ImageFile } from '../io/image.ts';
import { json, type Seen, startService, type TestMethod } from './client.fixture.ts';
import { createClient } from './create-client.ts';

const picture = { type: 'file', format: 'image', pil: true };
const file = { type: 'file', format: 'binary' };
const gif = Uint8Array.from([0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 3, 0, 2, 0, 0, 0, 0]);

const method = (properties: Readonly<Record<string, unknown>>, required: readonly string[] = []): TestMethod => ({
  input: { type: 'object', properties, required },
  answer: json(1),
});

/** Reads a form with the parser that Node has. */
async function formOf({ bytes, headers }: Seen): Promise<(readonly [name: string, value: unknown, type?: string])[]> {
  const form = await new Response(bytes, { headers: { 'content-type': headers['content-type'] ?? '' } }).formData();
  return Promise.all(
    [...form].map(async ([name, value]) =>
      typeof value === 'string'
        ? ([name, value] as const)
        : ([name, `${value.name}: ${await value.text()}`, value.type] as const),
    ),
  );
}

async function sent(properties: Readonly<Record<string, unknown>>, ...args: readonly unknown[]): Promise<Seen> {
  await using server = await startService({ f: method(properties) });
  await createClient(server.url).$call('f', ...args);
  const seen = server.requests.at(-1);
  assert.ok(seen);
  return seen;
}

test('files go as parts with their name and type, behind the other arguments as quoted JSON', async () => {
  const csv = new File(['a,b'], 'tab le.csv', { type: 'text/csv' });
  const seen = await sent(
    { f: file, n: { type: 'integer' }, text: { type: 'string' }, opts: { type: 'object' } },
    csv,
    3,
    '12',
    { x: [1] },
  );
  assert.match(seen.headers['content-type'] ?? '', /^multipart\/form-data; boundary=[\w-]+$/);
  assert.equal(seen.headers['content-length'], String(seen.bytes.length));
  assert.deepEqual(await formOf(seen), [
    ['n', '3'],
    ['text', '"12"'],
    ['opts', '{"x":[1]}'],
    ['f', 'tab le.csv: a,b', 'text/csv'],
  ]);
});

test('blobs, bytes and pictures are files, too, and a list of them keeps its order', async () => {
  const seen = await sent(
    { list: { type: 'array', items: file }, image: picture },
    [new Blob(['1'], { type: 'a/b' }), new TextEncoder().encode('2'), new TextEncoder().encode('3').buffer],
    new ImageFile(gif),
  );
  assert.deepEqual(await formOf(seen), [
    ['list', 'file: 1', 'a/b'],
    ['list', 'file: 2', 'application/octet-stream'],
    ['list', 'file: 3', 'application/octet-stream'],
    ['image', `image.gif: ${new TextDecoder().decode(gif)}`, 'image/gif'],
  ]);
});

test('the address of a file goes as a field without a file name', async () => {
  const seen = await sent({ a: file, b: file }, new URL('https://h.example/a b'), 'http://h.example/c');
  assert.deepEqual(await formOf(seen), [
    ['a', 'https://h.example/a%20b'],
    ['b', 'http://h.example/c'],
  ]);
});

test('a file that may be left out is left out, and where nothing is given there is no body', async () => {
  const optional = { anyOf: [file, { type: 'null' }], type: 'file', default: null };
  const seen = await sent({ a: optional, b: file, c: { type: 'number' } }, null, new Blob(['x']));
  assert.deepEqual(await formOf(seen), [['b', 'file: x', 'application/octet-stream']]);
  const fields = await sent({ a: optional, c: { type: 'number' } }, null, 1);
  assert.deepEqual([fields.headers['content-type'], fields.body], ['application/json', '{"a":null,"c":1}']);
  const nothing = await sent({ a: optional });
  assert.deepEqual(
    [nothing.headers['content-type'], nothing.headers['content-length'], nothing.body],
    [undefined, '0', ''],
  );
});

test('names with quotes, lines and half characters cannot leave their part', async () => {
  const evil = new File(['x'], 'a"\r\n\r\n--b; name="c\ud83d.txt', { type: 'text/plain' });
  const seen = await sent({ 'f"\r\n': file }, evil);
  assert.match(seen.body, /form-data; name="f%22%0D%0A"; filename="a%22%0D%0A%0D%0A--b; name=%22c\ufffd\.txt"\r\n/);
  assert.equal((await formOf(seen)).length, 1);
});

test('what cannot be uploaded goes as JSON, for the server to judge', async () => {
  const seen = await sent({ f: file }, { data: 'eA==', name: 'a' });
  assert.deepEqual([seen.headers['content-type'], seen.body], ['application/json', '{"f":{"data":"eA==","name":"a"}}']);
});

test('a file that is the whole body goes as it is, with its type and its name', async () => {
  await using server = await startService({ f: { input: { ...file, root_input: true }, answer: json(1) } });
  const client = createClient(server.url);
  await client.$call('f', new File(['x'], 'é.csv', { type: 'text/csv' }));
  await client.$call('f', new ImageFile(gif, { name: 'a.gif' }));
  await client.$call('f', Uint8Array.of(65));
  await client.$call('f', new URL('https://h.example/a'));
  await client.$call('f');
  assert.deepEqual(
    server.requests
      .filter(({ path }) => path === '/f')
      .map(({ headers, body }) => [headers['content-type'], headers['content-disposition'], body]),
    [
      ['text/csv', `attachment; filename*=utf-8''%C3%A9.csv`, 'x'],
      ['image/gif', 'attachment; filename="a.gif"', new TextDecoder().decode(gif)],
      ['application/octet-stream', 'attachment; filename="file"', 'A'],
      ['text/plain', undefined, 'https://h.example/a'],
      [undefined, undefined, ''],
    ],
  );
  await assert.rejects(client.$call('f', 7), /^TypeError: f takes a file as its whole body, but got Number$/);
});

test('a file that comes has the name that the server gave', async () => {
  const answers = (output: TestMethod['output'], body: Uint8Array): TestMethod => ({
    output: output ?? {},
    answer: (response) =>
      response
        .writeHead(200, { 'content-type': 'image/gif', 'content-disposition': `attachment; filename="a/b.gif"` })
        .end(body),
  });
  await using server = await startService({
    python: answers(file, gif),
    file: answers({ 'x-io-type': 'file' }, gif),
    image: answers(picture, gif),
    blob: answers({ 'x-io-type': 'blob' }, gif),
  });
  const client = createClient(server.url);
  for (const name of ['python', 'file', 'image']) {
    const value = (await client.$call(name)) as File;
    assert.deepEqual([value.name, value.type], ['b.gif', 'image/gif'], name);
  }
  assert.ok((await client.$call('image')) instanceof ImageFile);
  assert.equal(((await client.$call('blob')) as File).name, undefined);
});
