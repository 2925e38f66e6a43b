import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type TemporaryFolder, useTemporaryFolder } from './spool-folder.ts';
import { type Started, start } from './start.ts';

const mebibyte = 1024 * 1024;
const large = Buffer.alloc(3 * mebibyte, 'large');
const contents = new Map<string, Buffer>([
  ['/small.txt', Buffer.from('hello')],
  ['/large.bin', large],
  ['/more.bin', Buffer.alloc(5 * mebibyte)],
]);

let folder: TemporaryFolder;
let hosts: Server;
let origin = '';
let forms: Started;
let asked: string[] = [];
before(async () => {
  folder = useTemporaryFolder();
  hosts = createServer((request, response) => {
    asked.push(String(request.url));
    const content = contents.get(String(request.url));
    if (!content) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(content);
  }).listen(0, '127.0.0.1');
  await once(hosts, 'listening');
  origin = `http://127.0.0.1:${(hosts.address() as AddressInfo).port}`;
  forms = await start('forms', {
    fileLimitBytes: 4 * mebibyte,
    formLimitBytes: 7 * mebibyte,
    inputs: { urlAllow: ['127.0.0.0/8'] },
  });
});
after(async () => {
  await forms[Symbol.asyncDispose]();
  hosts.close();
  folder[Symbol.dispose]();
});

async function send(
  url: string,
  body: NonNullable<RequestInit['body']>,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(url, { method: 'POST', body, headers });
  const text = await response.text();
  return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : text };
}

function formOf(fields: readonly (readonly [string, string | Blob])[]): FormData {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  return form;
}

const json = { 'content-type': 'application/json' };
const hello = {
  name: 'small.txt',
  type: 'text/plain',
  size: 5,
  hash: createHash('sha256').update('hello').digest('hex'),
};

test('the address of a file stands for the file, in every kind of body', async () => {
  const address = `${origin}/small.txt`;
  const one = `${forms.url}/one`;
  for (const { json: answer } of [
    await send(one, formOf([['file', address]])),
    await send(one, formOf([['file', JSON.stringify(address)]])),
    await send(one, new URLSearchParams({ file: address })),
    await send(one, JSON.stringify({ file: { url: address } }), json),
    await send(one, JSON.stringify({ file: { url: address } }), {
      'content-type': 'application/x-www-form-urlencoded',
    }),
  ]) {
    assert.deepEqual(answer.file, hello, JSON.stringify(answer));
  }
  for (const headers of [json, { 'content-type': 'text/plain' }]) {
    assert.deepEqual((await send(`${forms.url}/whole`, address, headers)).json, hello);
  }
});

test('a body that is no text, or holds more than an address, is the file itself', async () => {
  const address = `${origin}/small.txt`;
  for (const [body, type] of [
    [address, 'application/octet-stream'],
    [`${address} and more`, 'text/plain'],
  ] as const) {
    assert.equal((await send(`${forms.url}/whole`, body, { 'content-type': type })).json.size, body.length);
  }
});

test('addresses and files stand in one list, in their order', async () => {
  const form = formOf([
    ['files', `${origin}/large.bin`],
    ['files', new File(['a'], 'a')],
    ['files', `${origin}/small.txt`],
  ]);
  const { json: answer } = await send(`${forms.url}/many`, form);
  assert.deepEqual(
    answer.files.map(({ name, size }: { name: string; size: number }) => [name, size]),
    [
      ['large.bin', large.length],
      ['a', 1],
      ['small.txt', 5],
    ],
  );
  const list = {
    files: [{ url: `${origin}/small.txt` }, { data: 'YQ==', name: 'a' }],
    blob: { url: `${origin}/small.txt` },
  };
  const inJson = (await send(`${forms.url}/many`, JSON.stringify(list), json)).json;
  assert.deepEqual([inJson.files[0], inJson.blob.size], [hello, 5]);
  await folder.until(0);
});

test('a body that is decoded in a thread has files in the places of its addresses, too', async () => {
  const data = Buffer.alloc(mebibyte, 'data').toString('base64');
  const files = [{ url: `${origin}/small.txt` }, { data, name: 'a' }, { url: `${origin}/large.bin` }];
  const body = JSON.stringify({ files, blob: { url: `${origin}/small.txt` } });
  const answer = (await send(`${forms.url}/many`, body, json)).json;
  assert.deepEqual(answer.files[0], hello);
  assert.deepEqual(
    [...answer.files.map(({ size }: typeof hello) => size), answer.blob.size],
    [5, mebibyte, large.length, 5],
  );
  const wrong = JSON.stringify({ files: [...files, { url: `${origin}/none` }] });
  assert.deepEqual((await send(`${forms.url}/many`, wrong, json)).json.code, 'URL_FAILED');
  await folder.until(0);
});

test('what is fetched has the limits of files and of forms', async () => {
  const one = await send(`${forms.url}/one`, formOf([['file', `${origin}/more.bin`]]));
  assert.deepEqual([one.status, one.json.code], [400, 'URL_FAILED']);
  const many = formOf(Array.from({ length: 3 }, () => ['files', `${origin}/large.bin`] as const));
  assert.deepEqual((await send(`${forms.url}/many`, many)).json.code, 'URL_FAILED');
  assert.deepEqual((await send(`${forms.url}/one`, formOf([['file', `${origin}/none`]]))).json.code, 'URL_FAILED');
  await folder.until(0);
});

test('where no addresses are taken nothing is fetched, and files come as ever', async () => {
  await using closed = await start('forms', { inputs: { urls: false, urlAllow: ['127.0.0.0/8'] } });
  asked = [];
  const { status, json: answer } = await send(`${closed.url}/one`, formOf([['file', `${origin}/small.txt`]]));
  assert.deepEqual([status, answer.code, asked], [400, 'URL_REFUSED', []]);
  assert.equal((await send(`${closed.url}/one`, formOf([['file', new File(['x'], 'x')]]))).status, 200);
});

test('an address that leads inside is refused, unless the operator allows it', async () => {
  await using strict = await start('forms');
  asked = [];
  const { status, json: answer } = await send(
    `${strict.url}/one`,
    JSON.stringify({ file: { url: `${origin}/small.txt` } }),
    json,
  );
  assert.deepEqual([status, answer.code, asked], [400, 'URL_REFUSED', []]);
});
