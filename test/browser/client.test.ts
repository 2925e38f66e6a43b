/** The client in a real browser: uploads tell their progress, and what Node alone has is not missed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { schemaOf } from '../../src/client/client.fixture.ts';

let browser: Browser;
let code: string;
before(async () => {
  const entryPoints = [fileURLToPath(new URL('../../src/client/index.ts', import.meta.url))];
  const built = await build({ entryPoints, bundle: true, platform: 'browser', format: 'esm', write: false });
  code = built.outputFiles[0]?.text ?? '';
  browser = await chromium.launch({
    executablePath: process.env.BROWSER ?? '/usr/bin/chromium',
    args: ['--no-sandbox'], // the sandbox refuses to run as root
  });
});
after(() => browser?.close());

const file = { type: 'object', properties: { f: { type: 'file', format: 'binary' }, a: {} } };
const answer = () => {};
const methods = {
  upload: { input: file, output: { type: 'array' }, answer },
  refused: { input: file, answer },
  silent: { input: file, answer },
  nothing: { input: file, output: { type: 'null' }, answer },
  stream: { input: file, output: { type: 'string', is_stream: true }, answer },
};

/** What a method answers to a body of so many bytes. */
const replies: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage, bytes: number) => void>> = {
  '/': (response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>client</title>'),
  '/client.js': (response) => response.setHeader('content-type', 'text/javascript').end(code),
  '/readyz': (response) => response.end('\n'),
  '/schema.json': (response) => response.end(schemaOf(methods)),
  '/upload': (response, { headers }, bytes) =>
    response.end(JSON.stringify([bytes, headers['content-type']?.split(';')[0], headers.authorization])),
  '/refused': (response) =>
    response.writeHead(422, { 'x-bentoml-request-id': 'f00d' }).end('{"error":"no","code":"MINE"}'),
  '/silent': () => {},
  '/nothing': (response) => response.writeHead(204).end(),
  '/stream': (response) =>
    response.writeHead(200, { 'x-bentoml-stream': 'sse' }).end('data: "a"\n\nevent: end\ndata: null\n\n'),
};

/** A page of a service, and what callers left of it. */
async function openPage() {
  const left: string[] = [];
  const server = createServer((request, response) => {
    let bytes = 0;
    response.on('close', () => response.writableFinished || left.push(request.url ?? ''));
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => replies[request.url ?? '']?.(response, request, bytes));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const page: Page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    left,
    async [Symbol.asyncDispose]() {
      await page.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Runs in the page, with a client that notes its progress. */
const inPage = (page: Page, body: string): Promise<unknown> =>
  page.evaluate(`(async () => {
    const { createClient, isCallError } = await import('/client.js');
    const seen = [];
    const controller = new AbortController();
    const options = { token: 'secret', signal: controller.signal, onUploadProgress: (progress) => seen.push(progress) };
    const client = createClient(location.origin, options);
    const file = new File([new Uint8Array(5_000_000)], 'a.bin');
    const problem = (error) => isCallError(error) ? [error.code, error.status, error.requestId] : String(error);
    ${body}
  })()`);

test('an upload tells its progress up to the size of its body, and its answer comes as ever', async () => {
  await using opened = await openPage();
  const [answer, seen] = (await inPage(opened.page, 'return [await client.upload(file, "x"), seen];')) as [
    [number, string, string],
    { sentBytes: number; totalBytes: number }[],
  ];
  assert.deepEqual(answer.slice(1), ['multipart/form-data', 'Bearer secret']);
  assert.ok(answer[0] > 5_000_000);
  const sent = seen.map(({ sentBytes }) => sentBytes);
  assert.deepEqual(
    sent,
    sent.toSorted((a, b) => a - b),
  );
  assert.deepEqual(seen.at(-1), { sentBytes: answer[0], totalBytes: answer[0] });
});

test('errors, empty answers and streams are those of the client without progress', async () => {
  await using opened = await openPage();
  const told = await inPage(
    opened.page,
    `const refused = await client.refused(file).catch(problem);
    const items = [];
    for await (const item of client.stream(file)) items.push(item);
    return [refused, await client.nothing(file), items];`,
  );
  assert.deepEqual(told, [['MINE', 422, 'f00d'], null, ['a']]);
});

test('an upload that is given up ends its request', async () => {
  await using opened = await openPage();
  const told = await inPage(
    opened.page,
    `const answering = client.silent(file).catch(problem);
    while (seen.at(-1)?.sentBytes !== seen.at(-1)?.totalBytes || seen.length === 0) await new Promise(requestAnimationFrame);
    controller.abort();
    return await answering;`,
  );
  assert.deepEqual((told as unknown[])[0], 'CANCELLED');
  while (!opened.left.includes('/silent')) await new Promise((resolve) => setImmediate(resolve));
});

test('a server that is not there is CONNECTION_FAILED after one try', async () => {
  await using opened = await openPage();
  const told = await inPage(
    opened.page,
    `await client.upload();
    const { open } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (method) { open.call(this, method, 'http://127.0.0.1:9/'); };
    return await client.upload(file).catch((error) => [error.code, error.tries]);`,
  );
  assert.deepEqual(told, ['CONNECTION_FAILED', 1]);
});
