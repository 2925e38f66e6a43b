import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dial, readAll, type Started, start } from './start.ts';

let everyday: Started;
before(async () => {
  everyday = await start('everyday');
});
after(() => everyday[Symbol.asyncDispose]());

/** The chunks of an answer as they are framed on the wire. */
async function chunksOf(path: string, body: string): Promise<string[]> {
  const socket = await dial(everyday.url);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const answer = await readAll(socket);
  let rest = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  const chunks: string[] = [];
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.slice(0, lineEnd), 16);
    if (length === 0) return chunks;
    chunks.push(rest.slice(lineEnd + 2, lineEnd + 2 + length));
    rest = rest.slice(lineEnd + 2 + length + 2);
  }
}

test('each item is one HTTP chunk: numbers as JSON', async () => {
  assert.deepEqual(
    await chunksOf('/count', '{"to":300}'),
    Array.from({ length: 300 }, (_, index) => String(index + 1)),
  );
});

test('each item is one HTTP chunk: strings as they are', async () => {
  assert.deepEqual(await chunksOf('/words', ''), ['a', 'bc', 'd\n']);
});

test('each item is one HTTP chunk: objects of a plain generator', async () => {
  assert.deepEqual(await chunksOf('/people', ''), ['{"name":"Ada"}', '{"name":"Grace"}']);
});

test('a stream without items is an empty answer', async () => {
  const response = await everyday.post('/count', { to: 0 });
  assert.deepEqual([response.status, await response.text()], [200, '']);
});

test('who asks for Server-Sent Events gets them, with an end that says that nothing is missing', async () => {
  const response = await everyday.post('/words', {}, { headers: { accept: 'text/event-stream' } });
  assert.deepEqual(
    [response.headers.get('content-type'), response.headers.get('x-bentoml-stream')],
    ['text/event-stream; charset=utf-8', 'sse'],
  );
  assert.equal(await response.text(), 'data: "a"\n\ndata: "bc"\n\ndata: "d\\n"\n\nevent: end\ndata: null\n\n');
});

test('a generator that throws before its first item is answered 500', async () => {
  const response = await everyday.post('/breaks', { after: 0 });
  const body = await response.text();
  assert.deepEqual([response.status, (JSON.parse(body) as { code: string }).code], [500, 'METHOD_FAILED']);
  assert.ok(!body.includes('secret'));
});

test('a generator that throws midway cuts the connection, so that the caller knows, and is logged', async () => {
  const response = await everyday.post('/breaks', { after: 3 });
  await assert.rejects(response.text(), /terminated/);
  const line = await everyday.line(
    ({ level, message }) => level === 'error' && message.includes('a secret from a stream'),
  );
  assert.match(line.message, /^Everyday\.breaks/);
  const access = await everyday.line(
    ({ message }) => message.includes('path=/breaks') && message.includes('status=500'),
  );
  assert.equal(access.level, 'info');
});

test('as events, a generator that throws midway ends with the error body, without its message', async () => {
  const response = await everyday.post('/breaks', { after: 1 }, { headers: { accept: 'text/event-stream' } });
  const text = await response.text();
  assert.match(text, /^data: 0\n\nevent: error\ndata: \{.*"code":"METHOD_FAILED".*\}\n\n$/);
  assert.ok(!text.includes('secret'));
});

test('an item that does not fit its declared type ends the stream and is logged with method and path', async () => {
  const response = await everyday.post('/liesMidway', {}, { headers: { accept: 'text/event-stream' } });
  assert.match(await response.text(), /^data: 1\n\nevent: error\ndata: \{.*"code":"OUTPUT_INVALID".*\}\n\n$/);
  const line = await everyday.line(({ message }) => message.includes('must be number, but is "two"'));
  assert.deepEqual(
    [line.level, line.path, line.message.startsWith('Everyday.liesMidway')],
    ['error', '/liesMidway', true],
  );
});

test('a hundred thousand items arrive whole and in order', async () => {
  const response = await everyday.post('/count', { to: 100_000 }, { headers: { accept: 'text/event-stream' } });
  const events = (await response.text()).split('\n\n');
  assert.equal(events.length, 100_000 + 2);
  assert.ok(events.slice(0, 100_000).every((event, index) => event === `data: ${index + 1}`));
});

test('a stream that stands still for the time-out is ended, and logged as timed out', async () => {
  await using standing = await start('standing-still');
  const response = await standing.post('/stall', {});
  await assert.rejects(response.text(), /terminated/);
  const line = await standing.line(({ message }) => message.includes('path=/stall'));
  assert.match(line.message, /^127\.0\.0\.1:\d+ .*status=504/);
});

test('as events, a stream that stands still ends with the error body', async () => {
  await using standing = await start('standing-still');
  const response = await standing.post('/stall', {}, { headers: { accept: 'text/event-stream' } });
  assert.match(await response.text(), /^data: "first"\n\nevent: error\ndata: \{.*"code":"TIMEOUT".*\}\n\n$/);
});
