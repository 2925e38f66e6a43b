import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';

const mebibyte = 1024 * 1024;
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1);

let forms: Started;
before(async () => {
  forms = await start('forms');
});
after(() => forms[Symbol.asyncDispose]());

/** POSTs a body as it is; its answer in JSON, and the status. */
async function send(path: string, body: RequestInit['body'], headers: Record<string, string> = {}) {
  const response = await fetch(`${forms.url}${path}`, { method: 'POST', body: body ?? null, headers });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text };
}

/** A form of fields; a file is given as it is. */
function formOf(fields: Readonly<Record<string, string | Blob | readonly Blob[]>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) form.append(name, one);
  }
  return form;
}

const seen = (file: File, content: string | Uint8Array) => ({
  name: file.name,
  type: file.type || 'application/octet-stream',
  size: file.size,
  hash: createHash('sha256').update(content).digest('hex'),
});

test('a file comes with its name and media type, and what is beside it as JSON', async () => {
  const file = new File(['hello'], 'a.txt', { type: 'text/plain' });
  const { json } = await send('/one', formOf({ file, note: '"quoted"', options: '{"size": 2, "labels": ["x"]}' }));
  assert.deepEqual(json, { file: seen(file, 'hello'), note: 'quoted', options: { size: 2, labels: ['x'] } });
  const { json: bare } = await send('/one', formOf({ file, note: 'as it is' }));
  assert.deepEqual(bare, { file: seen(file, 'hello'), note: 'as it is', options: null });
});

test('files of one name are a list, large ones among them, and one that is left out is missing', async () => {
  const large = new Uint8Array(3 * mebibyte).fill(3);
  const [a, b] = [new File(['a'], 'a.bin'), new File([large], 'é b.bin', { type: 'application/x-b' })];
  const { json } = await send('/many', formOf({ files: [a, b, a] }));
  assert.deepEqual(json, { files: [seen(a, 'a'), seen(b, large), seen(a, 'a')], blob: null });
});

test('of several files where one is declared the first is taken; of several texts the last', async () => {
  const [first, second] = [new File(['1'], '1'), new File(['2'], '2')];
  const form = formOf({ file: [first, second], note: 'x' });
  form.append('note', 'y');
  const { json } = await send('/one', form);
  assert.deepEqual([json.file, json.note], [seen(first, '1'), 'y']);
});

test('pictures are known by their bytes, small or large; bytes may come as a file', async () => {
  assert.equal((await send('/picture', formOf({ picture: new File([png], 'p.dat') }))).json, 'image/png p.dat 9');
  const large = new File([png, new Uint8Array(2 * mebibyte)], 'large.png');
  assert.equal((await send('/picture', formOf({ picture: large }))).json, `image/png large.png ${large.size}`);
  const { status, json } = await send('/picture', formOf({ picture: new File(['GIF?'], 'no.gif') }));
  assert.deepEqual([status, json.detail[0].loc], [400, ['picture']]);
  assert.equal((await send('/bytes', formOf({ data: new File([large], 'x') }))).json, String(large.size));
  assert.equal((await send('/bytes', formOf({ data: 'aGk=' }))).json, '2', 'text is base64, as in JSON');
});

for (const [kind, encode] of [
  ['multipart', (fields: Record<string, string>) => formOf(fields)],
  ['urlencoded', (fields: Record<string, string>) => new URLSearchParams(fields)],
] as const) {
  test(`the declared type says what a text in a ${kind} form means`, async () => {
    const given = {
      text: '12',
      count: '3',
      flag: 'true',
      tags: '["a","b"]',
      either: '7',
      maybe: 'null',
      big: '12345678901234567890123',
      when: '2024-06-01T00:00:00Z',
    };
    const { json } = await send('/plain', encode(given));
    const when = '2024-06-01T00:00:00.000Z';
    assert.deepEqual(json, { ...given, count: 3, flag: true, tags: ['a', 'b'], either: 7, maybe: null, when });
    const quoted = await send('/plain', encode({ text: '"12"', either: 'word', maybe: '"null"' }));
    assert.deepEqual([quoted.json.text, quoted.json.either, quoted.json.maybe], ['12', 'word', 'null']);
    const spaced = await send('/plain', encode({ text: ' a & b=c\n"é"😀 ' }));
    assert.equal(spaced.json.text.replace('\r\n', '\n'), ' a & b=c\n"é"😀 ');
    const wrong = await send('/plain', encode({ text: 'x', count: 'three' }));
    assert.match(wrong.json.error, /count must be number, but is "three"/);
    assert.match((await send('/plain', encode({ count: '1' }))).json.error, /text is required|text/);
  });
}

test('a document that is the whole body may come as a form, too', async () => {
  const cover = new File([png], 'cover.png');
  assert.equal((await send('/document', formOf({ title: 'A', pages: '3', cover }))).json, 'A 3 cover.png');
});

test('a file that is the whole body is the body as it is, with the name and type that the request says', async () => {
  const large = new Uint8Array(2 * mebibyte).fill(9);
  const { json } = await send('/whole', large, {
    'content-type': 'audio/wav; rate=1',
    'content-disposition': 'attachment; filename="../x.wav"',
  });
  assert.deepEqual(json, {
    name: 'x.wav',
    type: 'audio/wav',
    size: large.length,
    hash: seen(new File([], ''), large).hash,
  });
  const json2 = (await send('/whole', '{"a": 1}', { 'content-type': 'application/json' })).json;
  assert.deepEqual([json2.size, json2.type], [8, 'application/json']);
  assert.equal((await send('/wholePicture', png)).json, 'image/png undefined');
  assert.equal((await send('/wholePicture', '')).json, 'none');
  assert.match(
    (await send('/whole', '')).json.error,
    /the body is empty, but \/whole takes it as a whole; send a file/,
  );
  assert.equal((await send('/hash', large)).json, seen(new File([], ''), large).hash);
});

test('fields that are not declared are ignored, files among them', async () => {
  const form = formOf({ text: 'x', other: new File([new Uint8Array(2 * mebibyte)], 'x'), more: '1' });
  assert.equal((await send('/plain', form)).json.text, 'x');
});

const typed = (fields: Parameters<typeof formOf>[0]) => send('/typed', formOf(fields));

test('a file has one of the declared media types, or says nothing of itself', async () => {
  const sound = (type: string) => new File(['x'], 's', { type });
  assert.equal((await typed({ sound: sound('audio/wav') })).json, 'audio/wav undefined undefined');
  assert.equal((await typed({ sound: sound('') })).json, 'application/octet-stream undefined undefined');
  const { status, json } = await typed({ sound: sound('image/png') });
  assert.deepEqual(
    [status, json.detail],
    [400, [{ loc: ['sound'], msg: 'must have the media type audio/*, but has image/png', type: 'media_type' }]],
  );
  const inJson = await send('/typed', JSON.stringify({ inner: { text: { data: '', type: 'audio/wav' } } }));
  assert.deepEqual(inJson.json.detail[0].loc, ['inner', 'text']);
});

test('a part with a file and no media type has said nothing, where no text is declared', async () => {
  const part = (head: string) =>
    `--b\r\ncontent-disposition: form-data; name="sound"; filename="s"${head}\r\n\r\nx\r\n--b--\r\n`;
  const sent = (head: string) => send('/typed', part(head), { 'content-type': 'multipart/form-data; boundary=b' });
  assert.equal((await sent('')).json, 'application/octet-stream undefined undefined');
  assert.equal((await sent('\r\ncontent-type: video/mp4')).status, 400);
});

test('of a picture the bytes say what it is', async () => {
  assert.equal(
    (await typed({ pictures: [new File([png], 'p', { type: 'image/gif' })] })).json,
    'undefined image/png undefined',
  );
  const gif = new File(['GIF89a'], 'g', { type: 'image/png' });
  const { json } = await typed({ pictures: [new File([png], 'p'), gif] });
  assert.equal(json.detail[0].msg, 'must have the media type image/png or image/jpeg, but has image/gif');
  assert.deepEqual(json.detail[0].loc, ['pictures', 1]);
});

test('the documents say what files are taken, and that a form may hold them', async () => {
  const { routes } = (await (await fetch(`${forms.url}/schema.json`)).json()) as {
    routes: { name: string; input: { properties: Record<string, Record<string, unknown>> } }[];
  };
  const { sound, pictures } = routes.find(({ name }) => name === 'typed')?.input.properties ?? {};
  assert.deepEqual([sound?.type, sound?.format, sound?.content_type], ['file', 'audio', 'audio/*']);
  const { type, format, pil, content_type } = (pictures?.items ?? {}) as Record<string, unknown>;
  assert.deepEqual(
    [pictures?.type, type, format, pil, content_type],
    ['array', 'file', 'image', true, 'image/png, image/jpeg'],
  );
  const { paths } = (await (await fetch(`${forms.url}/docs.json`)).json()) as {
    paths: Record<string, { post: { requestBody: { content: Record<string, unknown> } } }>;
  };
  assert.deepEqual(paths['/one']?.post.requestBody.content['multipart/form-data'], {
    schema: {
      type: 'object',
      properties: { file: { type: 'string', format: 'binary' }, note: {}, options: {} },
      required: ['file'],
    },
    encoding: { note: { contentType: 'application/json' }, options: { contentType: 'application/json' } },
  });
  assert.equal(paths['/plain']?.post.requestBody.content['multipart/form-data'], undefined);
});
