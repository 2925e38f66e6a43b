import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, useTemporaryFolder } from './spool-folder.ts';
import { dial, readAll, type Started, start } from './start.ts';

const mebibyte = 1024 * 1024;
const limits = {
  fileLimitBytes: 3 * mebibyte,
  formLimitBytes: 8 * mebibyte,
  fieldLimitBytes: 1000,
  formPartsLimit: 100,
  requestTimeoutMs: 1500,
  headersTimeoutMs: 1000,
};

let folder: TemporaryFolder;
let forms: Started;
before(async () => {
  folder = useTemporaryFolder();
  forms = await start('forms', limits);
});
after(async () => {
  await forms[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** POSTs bytes as a form, with `b` as the boundary. */
async function send(path: string, body: string | Buffer, contentType = 'multipart/form-data; boundary=b') {
  const headers = { 'content-type': contentType };
  const response = await fetch(`${forms.url}${path}`, { method: 'POST', headers, body: Buffer.from(body) });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text };
}

const part = (name: string, content: string, more = '') =>
  `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
const file = (content: string, fileName = 'f') => part('file', content, `; filename="${fileName}"`);
const end = '--b--\r\n';
const large = 'x'.repeat(2 * mebibyte);

/** It answers as ever, and holds no file of anybody. */
async function assertUnharmed(): Promise<void> {
  const { json } = await send('/one', file('hi') + end);
  assert.equal(json.file.size, 2);
  await folder.until(0);
}

for (const text of ['/etc/passwd', '"/etc/passwd"', '../../etc/passwd', 'file:///etc/passwd', 'C:\\windows\\win.ini']) {
  test(`the text ${text} is no file, in whatever form it comes`, async () => {
    for (const { status, json } of [
      await send('/one', part('file', text) + end),
      await send('/one', `file=${encodeURIComponent(text)}`, 'application/x-www-form-urlencoded'),
      await send('/one', JSON.stringify({ file: text }), 'application/json'),
      await send('/one', JSON.stringify({ file: { path: text } }), 'application/json'),
      await send(
        '/one',
        JSON.stringify({ file: ['/file/', { content: { path: text, size: 1 } }] }),
        'application/json',
      ),
    ]) {
      assert.deepEqual([status, json.code], [400, 'INVALID_INPUT']);
      assert.equal(json.detail[0].loc[0], 'file');
    }
  });
}

for (const [sent, name] of [
  ['../../evil.txt', 'evil.txt'],
  ['..\\..\\evil.txt', 'evil.txt'],
  ['/etc/cron.d/evil', 'evil'],
  ['C:\\fakepath\\a b.png', 'a b.png'],
  ['..', 'file'],
  ['a/..', 'file'],
  ['.', 'file'],
  ['', 'file'],
] as const) {
  test(`a file that calls itself ${JSON.stringify(sent)} is called ${name}`, async () => {
    const { json } = await send('/one', file('x', sent) + end);
    assert.equal(json.file.name, name);
    const whole = await fetch(`${forms.url}/whole`, {
      method: 'POST',
      headers: { 'content-disposition': `attachment; filename="${sent.replaceAll('\\', '\\\\')}"` },
      body: 'x',
    });
    assert.equal(((await whole.json()) as { name: string }).name, name);
  });
}

for (const [what, fileName] of [
  ['a NUL', 'a\0.png'],
  ['a line feed in its encoding', 'a%0a.png'],
  ['300 characters', 'a'.repeat(300)],
] as const) {
  test(`a file name with ${what} is refused, or is nothing but a name`, async () => {
    const { status, json } = await send('/one', file('x', fileName) + end);
    if (status === 200) assert.match(json.file.name, /^[a-z0-9.%]+$/);
    else assert.deepEqual([status, json.code], [400, 'MALFORMED_BODY']);
  });
}

for (const [what, body, contentType] of [
  ['no boundary', file('x') + end, 'multipart/form-data'],
  ['an empty boundary', file('x') + end, 'multipart/form-data; boundary='],
  ['a boundary of 200 characters', file('x') + end, `multipart/form-data; boundary=${'b'.repeat(200)}`],
  ['no end', file('x')],
  ['no end of a large file', file(large)],
  ['an end in the middle of a large file', file(large).slice(0, mebibyte * 1.5)],
  ['an end in a header', '--b\r\nContent-Disposition: form-da'],
  ['nothing in it', ''],
  ['a part without a name', '--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n'],
  [
    'a text that is no UTF-8',
    Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'),
      Buffer.of(0xff),
      Buffer.from('\r\n--b--\r\n'),
    ]),
  ],
] as const) {
  test(`a form with ${what} is answered 400`, async () => {
    const { status, json } = await send('/one', body, contentType);
    assert.deepEqual([status, json.code], [400, 'MALFORMED_BODY'], JSON.stringify(json));
    await assertUnharmed();
  });
}

for (const [what, body, code] of [
  ['10,000 parts', part('x', 'y').repeat(10_000) + end, 'FORM_TOO_LARGE'],
  ['10,000 files', file('y').repeat(10_000) + end, 'FORM_TOO_LARGE'],
  ['a flood of boundaries', `${'--b\r\n'.repeat(200_000)}${end}`, undefined],
  ['nothing but dashes', '-'.repeat(4 * mebibyte), undefined],
  ['a file that is too large', file('x'.repeat(4 * mebibyte)) + end, 'BODY_TOO_LARGE'],
  [
    'files that are too large together',
    file(large) + part('x', large, '; filename="y"').repeat(4) + end,
    'BODY_TOO_LARGE',
  ],
  ['a text that is too large', part('note', 'x'.repeat(2000)) + end, 'FORM_TOO_LARGE'],
  ['a name that is too long', part('n'.repeat(300), 'x') + end, 'FORM_TOO_LARGE'],
  [
    'a header of 1 MiB',
    `--b\r\nX: ${'x'.repeat(mebibyte)}\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n`,
    undefined,
  ],
  [
    '10,000 headers in a part',
    `--b\r\n${'X-Y: z\r\n'.repeat(10_000)}Content-Disposition: form-data; name="a"\r\n\r\nx\r\n--b--\r\n`,
    undefined,
  ],
] as const) {
  test(`a form with ${what} is answered within its limits`, async () => {
    const { status, json } = await send('/one', body);
    if (code) assert.deepEqual([status, json.code], [413, code], JSON.stringify(json).slice(0, 300));
    else assert.ok(status === 400 || status === 413, `${status}`);
    await assertUnharmed();
  });
}

test('more fields than may be are refused in a urlencoded form, too', async () => {
  const { status, json } = await send('/plain', 'a=1&'.repeat(101), 'application/x-www-form-urlencoded');
  assert.deepEqual([status, json.code], [413, 'FORM_TOO_LARGE']);
  const long = await send('/plain', `text=${'x'.repeat(2000)}`, 'application/x-www-form-urlencoded');
  assert.equal(long.json.code, 'FORM_TOO_LARGE');
  assert.equal((await send('/plain', 'text=%ff', 'application/x-www-form-urlencoded')).json.code, 'MALFORMED_BODY');
});

test('a form inside a form is the content of its part', async () => {
  const inner = '--i\r\nContent-Disposition: form-data; name="note"\r\n\r\nevil\r\n--i--';
  const nested = `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n${inner}\r\n--b--\r\n`;
  const { json } = await send('/one', nested);
  assert.deepEqual([json.file.size, json.file.type, json.note], [inner.length, 'multipart/mixed', 'none']);
});

test('a pickle is never read, and as a file it is nothing but a file', async () => {
  const { status } = await send('/one', 'x', 'application/vnd.bentoml+pickle');
  assert.equal(status, 415);
  const type = 'application/vnd.bentoml+pickle';
  const form = `--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\nContent-Type: ${type}\r\n\r\nx\r\n--b--\r\n`;
  assert.deepEqual((await send('/one', form)).json.file.type, type);
});

test('names that every object has are no fields', async () => {
  const { json } = await send(
    '/document',
    `${part('__proto__', '{"title": "x"}')}${part('constructor', 'x')}${part('toString', 'x')}${end}`,
  );
  assert.equal(json.code, 'INVALID_INPUT');
  assert.match(json.error, /title|pages/);
});

test('a caller who leaves in the middle of a file leaves nothing', async () => {
  const socket = await dial(forms.url);
  socket.write(
    `POST /one HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${3 * mebibyte}\r\n\r\n${file(large).slice(0, -2)}`,
  );
  await folder.until(1);
  socket.destroy();
  await assertUnharmed();
});

test('files that are not large, but many, go to disk where they would take too much memory together', async () => {
  const parts = Array.from({ length: 7 }, () => part('files', 'x'.repeat(mebibyte - 1000), '; filename="f"'));
  const form = parts.join('') + end;
  const socket = await dial(forms.url);
  socket.write(
    `POST /many HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${form.length}\r\n\r\n`,
  );
  socket.write(form.slice(0, -1));
  await folder.until(3);
  socket.write(form.slice(-1));
  const answer = await readAll(socket);
  assert.equal(answer.match(/"size":1047576,/g)?.length, 7, answer);
  await assertUnharmed();
});

test('a form that does not come to its end is given up in time', async () => {
  const socket = await dial(forms.url);
  socket.write(
    `POST /one HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${3 * mebibyte}\r\n\r\n${file(large).slice(0, -2)}`,
  );
  assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
  await assertUnharmed();
});
