import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Started, start } from './start.ts';

const mebibyte = 1024 * 1024;
const limitBytes = 4 * mebibyte;

let forms: Started;
before(async () => {
  forms = await start('forms', {
    jsonBodyLimitBytes: limitBytes,
    rawBodyLimitBytes: limitBytes,
    formLimitBytes: limitBytes,
  });
});
after(() => forms[Symbol.asyncDispose]());

async function send(path: string, body: Uint8Array<ArrayBuffer>, headers: Readonly<Record<string, string>>) {
  const response = await fetch(`${forms.url}${path}`, { method: 'POST', body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: text.startsWith('{') ? JSON.parse(text) : text };
}

const encodings = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const;
const multipart = { 'content-type': 'multipart/form-data; boundary=b' };
const formOf = (content: Uint8Array) =>
  Buffer.concat([
    Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'),
    content,
    Buffer.from('\r\n--b--\r\n'),
  ]);

for (const [encoding, compress] of encodings) {
  test(`a body in ${encoding} is what comes out of it: JSON, forms, bytes`, async () => {
    const headers = { 'content-encoding': encoding };
    const { json } = await send('/plain', compress(Buffer.from('{"text": "é"}')), headers);
    assert.equal(json.text, 'é');
    const large = Buffer.alloc(2 * mebibyte, encoding);
    const hash = createHash('sha256').update(large).digest('hex');
    assert.equal((await send('/hash', compress(large), headers)).json, hash);
    assert.equal((await send('/one', compress(formOf(large)), { ...headers, ...multipart })).json.file.hash, hash);
  });

  test(`a bomb in ${encoding} is answered 413 when the limit is reached, wherever it is put`, async () => {
    const headers = { 'content-encoding': encoding };
    const bomb = compress(Buffer.alloc(64 * mebibyte));
    const before = process.memoryUsage().rss;
    for (const path of ['/plain', '/hash', '/document']) {
      const { status, json } = await send(path, bomb, headers);
      assert.deepEqual([status, json.code], [413, 'BODY_TOO_LARGE'], path);
    }
    const form = compress(formOf(Buffer.alloc(64 * mebibyte)));
    assert.equal((await send('/one', form, { ...headers, ...multipart })).json.code, 'BODY_TOO_LARGE');
    const grownBytes = process.memoryUsage().rss - before;
    assert.ok(grownBytes < 256 * mebibyte, `${grownBytes} bytes`); // all four inflated would be 256, and as much again
    assert.equal((await send('/plain', compress(Buffer.from('{"text": "x"}')), headers)).status, 200);
  });

  test(`a body in ${encoding} that is damaged or cut short is answered 400`, async () => {
    const body = compress(Buffer.from(JSON.stringify({ text: 'x'.repeat(1000) + Math.PI })));
    const headers = { 'content-encoding': encoding };
    for (const damaged of [body.subarray(0, -5), Buffer.from('no such thing'), body.map((byte) => byte ^ 0x55)]) {
      const { status, json } = await send('/plain', new Uint8Array(damaged), headers);
      assert.deepEqual([status, json.error], [400, `the body is not ${encoding}, as it says`]);
    }
  });
}

test('a body may be compressed twice, and not more often', async () => {
  const once = gzipSync('{"text": "x"}');
  const twice = brotliCompressSync(once);
  assert.equal((await send('/plain', twice, { 'content-encoding': 'gzip, br' })).json.text, 'x');
  assert.equal((await send('/plain', once, { 'content-encoding': 'Identity, X-GZIP' })).json.text, 'x');
  const { json } = await send('/plain', gzipSync(twice), { 'content-encoding': 'gzip, br, gzip' });
  assert.equal(json.code, 'UNSUPPORTED_ENCODING');
});

test('another encoding is answered 415 with those that are read', async () => {
  const { status, headers, json } = await send('/plain', new Uint8Array(9), { 'content-encoding': 'compress' });
  assert.deepEqual([status, json.code], [415, 'UNSUPPORTED_ENCODING']);
  assert.equal(headers.get('accept-encoding'), 'zstd, br, gzip, deflate');
});

test('zstd that wants more memory than it is given is refused', async () => {
  const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 };
  const body = zstdCompressSync(Buffer.alloc(24 * mebibyte, 'abc'), { params });
  const { status, json } = await send('/whole', body, { 'content-encoding': 'zstd' }); // where so much is no reason
  assert.deepEqual([status, json.code], [400, 'MALFORMED_BODY']);
});

test('an empty compressed body is an empty body', async () => {
  assert.equal((await send('/wholePicture', gzipSync(''), { 'content-encoding': 'gzip' })).json, 'none');
});
