import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { dial, readAll, start } from './start.ts';

const bodyOf = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { code: string };

test('a body that announces more than the limit is answered 413 before it is sent', async () => {
  await using everyday = await start('everyday', { jsonBodyLimitBytes: 1000 });
  const socket = await dial(everyday.url);
  socket.write('POST /add HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /connection: close/i);
  assert.equal(bodyOf(answer).code, 'BODY_TOO_LARGE');
});

test('a body of unknown length is answered 413 as soon as it passes the limit', async () => {
  await using everyday = await start('everyday', { jsonBodyLimitBytes: 1000 });
  const socket = await dial(everyday.url);
  socket.write(`POST /add HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3e9\r\n${'x'.repeat(1001)}\r\n`);
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test('a caller that sends all of a body that is too large gets the answer, not a reset', async () => {
  await using everyday = await start('everyday', { jsonBodyLimitBytes: 1000 });
  const response = await everyday.post('/strings', { texts: ['x'.repeat(5_000_000)] });
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [413, 'BODY_TOO_LARGE']);
});

test('a body that comes byte by byte takes no more memory than one that comes whole', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  const length = 300_000;
  const bytes = `{"texts":["${'x'.repeat(length - 13)}"]}`;
  socket.write('POST /strings HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n');
  const chunks = [...bytes].map((byte) => `1\r\n${byte}\r\n`).join('');
  const before = process.memoryUsage.rss();
  socket.write(`${chunks}0\r\n\r\n`);
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n1$/);
  const grownMiB = (process.memoryUsage.rss() - before) / 1024 / 1024;
  assert.ok(grownMiB < 100, `grew by ${grownMiB.toFixed(0)} MiB; a Buffer object for each byte would take 130`);
});

test('an answer that nobody takes is cut after the time-out', async () => {
  await using standing = await start('standing-still');
  const socket = await dial(standing.url);
  socket.pause();
  socket.write('POST /big HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
  const line = await standing.line(({ message }) => message.includes('path=/big'));
  assert.match(line.message, /status=499/);
  socket.destroy();
});

test('a page that nobody takes is cut like any answer', async () => {
  await using standing = await start('standing-still');
  const socket = await dial(standing.url);
  socket.pause();
  const path = '/static_content/swagger-ui-bundle.js';
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(20)); // more than fits into the buffers between us
  await standing.line(({ message }) => message.includes(`path=${path}`) && message.includes('status=499'));
  socket.destroy();
});

test('who is told that a request cannot be read, and keeps the connection open, is cut', async () => {
  await using everyday = await start('everyday');
  const { hostname, port } = new URL(everyday.url);
  const openSockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
  const before = openSockets();
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.resume();
  socket.write('no HTTP at all\r\n\r\n');
  await once(socket, 'end'); // the server says nothing more
  while (openSockets() > before + 1) await new Promise(setImmediate); // both ends are in this process
  socket.destroy();
});

test('an expectation other than 100-continue is answered 417, a request without Host 400, both with our body', async () => {
  await using everyday = await start('everyday');
  const expecting = await dial(everyday.url);
  expecting.write(
    'POST /add HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 200-ok\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
  const unmet = await readAll(expecting);
  assert.match(unmet, /^HTTP\/1\.1 417 /);
  assert.equal(bodyOf(unmet).code, 'EXPECTATION_FAILED');
  const nameless = await dial(everyday.url);
  nameless.write('POST /add HTTP/1.1\r\nconnection: close\r\ncontent-length: 7\r\n\r\n{"a":1}');
  const refused = await readAll(nameless);
  assert.match(refused, /^HTTP\/1\.1 400 /);
  assert.equal(bodyOf(refused).code, 'BAD_REQUEST');
});

test('100-continue is answered, and the call goes on', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  socket.write(
    'POST /add HTTP/1.1\r\nhost: x\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 7\r\n\r\n',
  );
  socket.once('data', () => socket.write('{"a":1}'));
  assert.match(await readAll(socket), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 [\s\S]*2$/);
});

test('a body of exactly the limit is read', async () => {
  const body = JSON.stringify({ texts: ['x'.repeat(500)] });
  await using everyday = await start('everyday', { jsonBodyLimitBytes: body.length });
  assert.equal((await everyday.post('/strings', body)).status, 200);
});

test('headers larger than the limit are answered 431', async () => {
  await using everyday = await start('everyday', { headerLimitBytes: 2048 });
  const socket = await dial(everyday.url);
  socket.write(`POST /add HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(4000)}\r\n\r\n`);
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 431 /);
  assert.equal(bodyOf(answer).code, 'HEADERS_TOO_LARGE');
});

test('what is no HTTP is answered 400 and the connection closed', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  socket.write('this is no HTTP\r\n\r\n');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 400 /);
  assert.equal(bodyOf(answer).code, 'BAD_REQUEST');
});

test('a URL that cannot be decoded is answered, not crashed on', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  socket.write('GET /%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  assert.match(await readAll(socket), /^HTTP\/1\.1 40[04] /);
});

test('a client that is slow with its body is answered 408', async () => {
  await using everyday = await start('everyday', { requestTimeoutMs: 500, headersTimeoutMs: 500 });
  const socket = await dial(everyday.url);
  socket.write('POST /add HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 408 /);
  assert.equal(bodyOf(answer).code, 'REQUEST_TIMEOUT');
});

test('a client that is slow with its headers is cut', async () => {
  await using everyday = await start('everyday', { headersTimeoutMs: 500 });
  const socket = await dial(everyday.url);
  socket.write('POST /add HTTP/1.1\r\nhost: x\r\n');
  assert.match(await readAll(socket), /^HTTP\/1\.1 408 /);
});

test('when memory is short, calls are refused with 503 while health is answered', async () => {
  await using everyday = await start('everyday', { memoryLimitRatio: 0.000_01 });
  const response = await everyday.post('/add', { a: 1 });
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [503, 'MEMORY_LOW']);
  assert.equal((await fetch(`${everyday.url}/livez`)).status, 200);
});

test('a request that ends in the middle of its body never reaches the method, and nothing is left of it', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  socket.write('POST /add HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{');
  socket.end();
  await readAll(socket);
  const line = await everyday.line(({ message }) => message.includes('path=/add'));
  assert.match(line.message, /status=(499|400)/);
});

test('two requests in one packet are answered in order', async () => {
  await using everyday = await start('everyday');
  const socket = await dial(everyday.url);
  const request = (a: number, more: string) =>
    `POST /add HTTP/1.1\r\nhost: x\r\n${more}content-length: 7\r\n\r\n{"a":${a}}`;
  socket.write(request(1, '') + request(5, 'connection: close\r\n'));
  const answers = (await readAll(socket)).split('HTTP/1.1 200 OK');
  assert.deepEqual([answers.length, answers[1]?.at(-1), answers[2]?.at(-1)], [3, '2', '6']);
});
