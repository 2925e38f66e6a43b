/** Files, pictures and values with files as answers, on a real socket. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';

let answers: Started;
before(async () => {
  answers = await start('answers');
});
after(() => answers[Symbol.asyncDispose]());

const file = { name: 'a.csv', type: 'text/csv', text: '0123456789' };
const headersOf = (response: Response, ...names: string[]) => names.map((name) => response.headers.get(name));

test('a file has its name, its type, its length, and says that ranges are had', async () => {
  const response = await answers.post('/file', file);
  assert.equal(await response.text(), '0123456789');
  assert.deepEqual(
    headersOf(
      response,
      'content-type',
      'content-disposition',
      'content-length',
      'accept-ranges',
      'x-content-type-options',
    ),
    ['text/csv', 'attachment; filename="a.csv"', '10', 'bytes', 'nosniff'],
  );
  assert.match(response.headers.get('etag') ?? '', /^"[0-9a-f]{32}"$/);
});

test('a name that needs it is encoded', async () => {
  const response = await answers.post('/file', { ...file, name: 'é "f".txt' });
  assert.deepEqual(headersOf(response, 'content-disposition'), ["attachment; filename*=utf-8''%C3%A9%20%22f%22.txt"]);
  await response.body?.cancel();
});

test('a picture is shown; one that could run scripts is saved', async () => {
  for (const [type, disposition] of [
    ['image/png', 'inline; filename="a"'],
    ['image/svg+xml', 'attachment; filename="a"'],
  ]) {
    const response = await answers.post('/file', { name: 'a', type, text: '<svg/>' });
    assert.deepEqual(headersOf(response, 'content-type', 'content-disposition'), [type, disposition]);
    await response.body?.cancel();
  }
});

test('an ImageFile and a Blob without a name have none in the answer either', async () => {
  for (const [path, type, disposition] of [
    ['/picture', 'image/gif', 'inline'],
    ['/blob', 'application/octet-stream', 'attachment'],
  ] as const) {
    const response = await answers.post(path, {});
    assert.deepEqual(headersOf(response, 'content-type', 'content-disposition'), [type, disposition]);
    await response.body?.cancel();
  }
});

test('the etag is of the content: the same bytes have the same, others another', async () => {
  const etagOf = async (text: string) => {
    const response = await answers.post('/file', { ...file, text });
    await response.body?.cancel();
    return response.headers.get('etag');
  };
  const [one, again, other] = [await etagOf('a'), await etagOf('a'), await etagOf('b')];
  assert.deepEqual([one === again, one === other], [true, false]);
});

const part = (range: string, more: Record<string, string> = {}) =>
  answers.post('/file', file, { headers: { range, ...more } });

test('a range is answered with that part and where it lies', async () => {
  for (const [range, text, place] of [
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
  ] as const) {
    const response = await part(range);
    assert.deepEqual(
      [response.status, await response.text(), ...headersOf(response, 'content-range', 'content-length')],
      [206, text, place, String(text.length)],
    );
  }
});

test('a range beyond the end is answered 416 with the length that there is', async () => {
  const response = await part('bytes=10-');
  const { code } = (await response.json()) as { code: string };
  assert.deepEqual(
    [response.status, code, ...headersOf(response, 'content-range')],
    [416, 'RANGE_INVALID', 'bytes */10'],
  );
});

test('several ranges, and what is no range, are answered with the whole', async () => {
  for (const range of ['bytes=0-1,4-5', 'lines=1-2', 'bytes=5-2']) {
    const response = await part(range);
    assert.deepEqual([response.status, await response.text()], [200, '0123456789']);
  }
});

test('a part is only had of the file that the caller knows', async () => {
  const { headers } = await answers.post('/file', file);
  const same = await part('bytes=8-', { 'if-range': headers.get('etag') ?? '' });
  assert.deepEqual([same.status, await same.text()], [206, '89']);
  const other = await part('bytes=8-', { 'if-range': '"0123"' });
  assert.deepEqual([other.status, await other.text()], [200, '0123456789']);
});

test('a file in JSON, and what is no file, have no ranges', async () => {
  const response = await part('bytes=2-4', { accept: 'application/json' });
  assert.deepEqual(
    [response.status, ...headersOf(response, 'accept-ranges', 'etag', 'content-disposition')],
    [200, null, null, null],
  );
  await response.body?.cancel();
  const text = await answers.post('/text', { words: ['abc'] }, { headers: { range: 'bytes=0-0' } });
  assert.deepEqual([text.status, await text.text()], [200, 'abc']);
});

test('a method that sets the status, or headers of its own, has its way', async () => {
  const response = await answers.post('/chosen', {}, { headers: { range: 'bytes=0-0' } });
  assert.deepEqual(
    [response.status, await response.text(), ...headersOf(response, 'content-disposition', 'etag')],
    [203, 'hi', 'inline; filename="mine"', '"mine"'],
  );
});

const mebibyte = 1024 * 1024;

test('a large file comes from disk, whole and in parts, with the etag of its bytes', async () => {
  const whole = await answers.post('/large', { mebibytes: 3 });
  const bytes = Buffer.from(await whole.arrayBuffer());
  const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
  assert.deepEqual(
    [bytes.length, ...headersOf(whole, 'content-length', 'etag')],
    [3 * mebibyte, String(3 * mebibyte), etag],
  );
  const range = `bytes=${2 * mebibyte - 2}-${2 * mebibyte + 1}`;
  const response = await answers.post('/large', { mebibytes: 3 }, { headers: { range, 'if-range': etag } });
  assert.deepEqual([response.status, [...new Uint8Array(await response.arrayBuffer())]], [206, [1, 1, 2, 2]]);
});

test('files of an object are parts of a form, with their names and types; the rest is JSON', async () => {
  const response = await answers.post('/pages', { large: false }, { headers: { accept: 'multipart/form-data' } });
  assert.match(response.headers.get('content-type') ?? '', /^multipart\/form-data; boundary=form-[0-9a-f-]{36}$/);
  const form = await response.formData();
  assert.deepEqual([...form.keys()], ['title', 'cover', 'pages', 'pages', 'notes', 'notes/0/scan', 'none']);
  const [title, notes, none] = ['title', 'notes', 'none'].map((name) => JSON.parse(String(form.get(name))));
  assert.deepEqual([title, notes, none], ['a "title"', [{ text: 'x', scan: null }], []]);
  const files = [form.get('cover'), ...form.getAll('pages'), form.get('notes/0/scan')] as File[];
  assert.deepEqual(await Promise.all(files.map(async (one) => [one.name, one.type, await one.text()])), [
    ['cover "1".txt', 'text/plain', 'cover'],
    ['1.txt', 'text/plain', 'one'],
    ['2.txt', 'text/plain', 'two'],
    ['file', 'image/gif', 'GIF89a'],
  ]);
});

test('items of a list are parts of one name', async () => {
  const response = await answers.post('/parts', {}, { headers: { accept: 'multipart/form-data' } });
  const form = await response.formData();
  assert.deepEqual(await Promise.all(form.getAll('value').map((one) => (one as File).text())), ['one', 'two']);
});

test('a form with large files comes from disk', async () => {
  const response = await answers.post('/pages', { large: true }, { headers: { accept: 'multipart/form-data' } });
  const announced = Number(response.headers.get('content-length'));
  const body = await response.arrayBuffer();
  assert.equal(body.byteLength, announced);
  const form = await new Response(body, { headers: response.headers }).formData();
  assert.deepEqual(
    [(form.get('cover') as File).size, (form.getAll('pages') as File[]).map(({ size }) => size)],
    [2 * mebibyte, [3, 3]],
  );
});

test('an object with files is JSON for who asks for nothing else', async () => {
  const response = await answers.post('/pages', { large: false });
  const { cover } = (await response.json()) as { cover: object };
  assert.deepEqual(
    [...headersOf(response, 'content-type'), cover],
    ['application/json', { data: 'Y292ZXI=', type: 'text/plain', name: 'cover "1".txt' }],
  );
});
