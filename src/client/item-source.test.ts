/** Streams, from the first byte to the last. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { ServerEvent } from '../io/server-event.ts';
import { collect, createManualClock, sseMethod, startService } from './client.fixture.ts';
import { createClient, createClientWithClock } from './create-client.ts';

const end = 'event: end\ndata: null\n\n';

test('a stream is asked for as Server-Sent Events and gives its items in order', async () => {
  await using server = await startService({
    f: sseMethod((response) =>
      response.end(`data: "a"\n\ndata: {"b":\ndata: 1}\n\nevent: later\ndata: 1\n\ndata: null\n\n${end}`),
    ),
  });
  const client = createClient(server.url);
  assert.deepEqual(await collect(client.$call('f')), ['a', { b: 1 }, null]);
  assert.equal(server.requests.at(-1)?.headers.accept, 'text/event-stream');
});

test('a stream of events gives each with its name, its id and the time to wait', async () => {
  const method = sseMethod((response) =>
    response.end(`event: token\nid: 7\nretry: 20\ndata: "a"\n\nid: \ndata: "b"\n\ndata: "c"\n\n${end}`),
  );
  await using server = await startService({
    f: { ...method, output: { ...method.output, 'x-envelope': 'server-event' } },
  });
  assert.deepEqual(await collect(createClient(server.url).$call('f')), [
    new ServerEvent('a', { event: 'token', id: '7', retryMs: 20 }),
    new ServerEvent('b', { id: '' }),
    new ServerEvent('c'),
  ]);
});

test('awaiting a stream tells that the server has begun; the items come from what it resolves to', async () => {
  let response: ServerResponse | undefined;
  await using server = await startService({
    f: sseMethod((opened) => {
      response = opened;
      opened.flushHeaders();
    }),
  });
  const clock = createManualClock();
  const items = (await createClientWithClock(clock, server.url).$call('f')) as AsyncIterable<unknown>; // the schema says that it streams
  assert.equal(clock.pending, 0, 'nothing is waited for until somebody reads');
  response?.end(`data: 1\n\n${end}`);
  assert.deepEqual(await collect(items), [1]);
});

test('a stream of nothing ends at once', async () => {
  await using server = await startService({ f: sseMethod((response) => response.end(end)) });
  assert.deepEqual(await collect(createClient(server.url).$call('f')), []);
});

test('each item arrives before the next one is made', async () => {
  let response: ServerResponse | undefined;
  await using server = await startService({
    f: sseMethod((opened) => {
      response = opened;
      opened.write('data: 0\n\n');
    }),
  });
  const seen: unknown[] = [];
  for await (const item of createClient(server.url).$call('f')) {
    seen.push(item);
    response?.write(item === 3 ? end : `data: ${Number(item) + 1}\n\n`);
    if (item === 3) response?.end();
  }
  assert.deepEqual(seen, [0, 1, 2, 3]);
});

test('a stream that ended gives its connection back, also if the end of the body comes later', async () => {
  const ports = new Set<number | undefined>();
  const clock = createManualClock();
  await using server = await startService({
    f: sseMethod((response) => {
      ports.add(response.socket?.remotePort);
      response.write(`data: 1\n\n${end}`);
      clock.events.on('timer', (delayMs: number) => delayMs === 250 && response.end()); // the client has seen the end event
    }),
  });
  const client = createClientWithClock(clock, server.url);
  for (let call = 0; call < 10; call++) await collect(client.$call('f'));
  assert.ok(ports.size <= 2, 'fetch frees a connection a moment after it tells the end');
  assert.equal(clock.pending, 0);
});

test('an error midway comes after the items before it, with code, detail and request id', async () => {
  const body = JSON.stringify({ error: 'the worker ended', code: 'WORKER_LOST', detail: [] });
  await using server = await startService({
    f: sseMethod((response) => response.end(`data: 1\n\nevent: error\ndata: ${body}\n\n`)),
  });
  const stream = createClient(server.url).$call('f')[Symbol.asyncIterator]();
  assert.deepEqual(await stream.next(), { done: false, value: 1 });
  await assert.rejects(stream.next(), {
    code: 'WORKER_LOST',
    message: 'the worker ended',
    status: 503,
    requestId: 'f00d',
    isRetryable: true,
  });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
});

test('an error before the first item is raised by the loop and by awaiting', async () => {
  await using server = await startService({
    f: {
      output: { type: 'string', is_stream: true },
      answer: (response) => response.writeHead(400).end('{"error":"bad","code":"INVALID_INPUT"}'),
    },
  });
  const client = createClient(server.url);
  await assert.rejects(collect(client.$call('f')), { code: 'INVALID_INPUT' });
  await assert.rejects(async () => await client.$call('f'), { code: 'INVALID_INPUT' });
});

for (const [how, cut] of [
  ['closes its body without an end event', (response: ServerResponse) => response.end('data: 1\n\ndata: 2\n')],
  ['loses its connection', (response: ServerResponse) => response.write('data: 1\n\n', () => response.destroy())],
] as const) {
  test(`a stream that ${how} was cut`, async () => {
    await using server = await startService({ f: sseMethod(cut) });
    const stream = createClient(server.url).$call('f')[Symbol.asyncIterator]();
    assert.deepEqual(await stream.next(), { done: false, value: 1 });
    await assert.rejects(stream.next(), { code: 'RESPONSE_CUT', message: /ended before the whole answer had come/ });
  });
}

test('an item that is not JSON is RESPONSE_INVALID, after the items before it', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write('data: 1\n\ndata: {\n\n')) });
  const left = once(server.events, 'left');
  const stream = createClient(server.url).$call('f')[Symbol.asyncIterator]();
  assert.deepEqual(await stream.next(), { done: false, value: 1 });
  await assert.rejects(stream.next(), { code: 'RESPONSE_INVALID' });
  await left;
});

test('leaving the loop closes the connection', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write('data: 1\n\n')) });
  const left = once(server.events, 'left');
  for await (const item of createClient(server.url).$call('f')) {
    assert.equal(item, 1);
    break;
  }
  await left;
});

test('return() ends a stream although an item is being waited for', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write('data: 1\n\n')) });
  const left = once(server.events, 'left');
  const stream = createClient(server.url).$call('f')[Symbol.asyncIterator]();
  await stream.next();
  const waiting = stream.next();
  assert.deepEqual(await stream.return?.(), { done: true, value: undefined });
  assert.deepEqual(await waiting, { done: true, value: undefined });
  await left;
});

test('a signal that aborts midway ends the stream with CANCELLED and closes the connection', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write('data: 1\n\ndata: 2\n\n')) });
  const left = once(server.events, 'left');
  const controller = new AbortController();
  const stream = createClient(server.url).$with({ signal: controller.signal }).$call('f');
  await assert.rejects(
    async () => {
      for await (const _ of stream) controller.abort();
    },
    { code: 'CANCELLED' },
  );
  await left;
});

test('a stream that is never iterated leaves nothing behind once it is aborted', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write('data: 1\n\n')) });
  const clock = createManualClock();
  const left = once(server.events, 'left');
  const controller = new AbortController();
  await createClientWithClock(clock, server.url, { signal: controller.signal }).$call('f');
  controller.abort();
  await left;
  assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
  assert.equal(clock.pending, 0);
});

test('the items of one call are read once', async () => {
  await using server = await startService({ f: sseMethod((response) => response.end(end)) });
  const call = createClient(server.url).$call('f');
  await collect(call);
  await assert.rejects(async () => collect(call), {
    name: 'TypeError',
    message: /^f: the items of one call can be read once/,
  });
  await assert.rejects(async () => collect((await call) as AsyncIterable<unknown>), TypeError); // the same items
});

test('a method that answers once cannot be iterated', async () => {
  await using server = await startService({ f: { answer: (response) => response.end('[1]') } });
  await assert.rejects(collect(createClient(server.url).$call('f')), { name: 'TypeError', message: /^f answers once/ });
});

test('several items may be asked for at once', async () => {
  await using server = await startService({ f: sseMethod((response) => response.end(`data: 1\n\ndata: 2\n\n${end}`)) });
  const stream = createClient(server.url).$call('f')[Symbol.asyncIterator]();
  const asked = await Promise.all([stream.next(), stream.next(), stream.next(), stream.next()]);
  assert.deepEqual(
    asked.map(({ value }) => value),
    [1, 2, undefined, undefined],
  );
});

test('the time of a stream covers its first item, then each wait for the next, but not what the reader does', async () => {
  let response: ServerResponse | undefined;
  const clock = createManualClock();
  await using server = await startService({
    f: sseMethod((opened) => {
      response = opened;
      clock.advance(900);
      opened.write('data: 1\n\n');
    }),
  });
  const stream = createClientWithClock(clock, server.url, { timeoutMs: 1000 }).$call('f')[Symbol.asyncIterator]();
  await stream.next();
  assert.equal(clock.pending, 0);
  clock.advance(10_000);
  const second = stream.next();
  await once(clock.events, 'timer');
  clock.advance(1200);
  response?.write('data: 2\n\n');
  assert.deepEqual(await second, { done: false, value: 2 });
  const third = stream.next();
  await once(clock.events, 'timer');
  const left = once(server.events, 'left');
  clock.advance(1250);
  await assert.rejects(third, { code: 'TIMEOUT' });
  await left;
});

test('a reader that does not read holds the server back', async () => {
  let written = 0;
  const limit = 4000;
  await using server = await startService({
    ping: { answer: (response) => response.end('1') },
    f: sseMethod((response) => {
      const item = `data: "${'x'.repeat(65_536)}"\n\n`;
      const more = () => {
        while (written < limit && response.write(item)) written++;
        response.once('drain', more);
      };
      more();
    }),
  });
  const client = createClient(server.url);
  const stream = client.$call('f')[Symbol.asyncIterator]();
  await stream.next();
  for (let before = -1; before !== written; ) {
    before = written;
    for (let trips = 0; trips < 10; trips++) await client.$call('ping'); // time in which the server could go on
  }
  assert.ok(written < limit / 2, `${written} of ${limit} items were written`);
  await stream.return?.();
});

test('a server that keeps the connection open after the end event is left', async () => {
  await using server = await startService({ f: sseMethod((response) => response.write(end)) });
  const clock = createManualClock();
  const left = once(server.events, 'left');
  clock.events.on('timer', (delayMs: number) => delayMs === 250 && setImmediate(() => clock.advance(250)));
  assert.deepEqual(await collect(createClientWithClock(clock, server.url).$call('f')), []);
  await left;
});

test('a Python server streams JSON texts one after the other, and a cut one is told', async () => {
  await using server = await startService({
    whole: { output: { is_stream: true }, answer: (response) => response.end('{"i": 0}{"i": 1}') },
    cut: { output: { is_stream: true }, answer: (response) => response.end('{"i": 0}{"i"') },
  });
  const client = createClient(server.url);
  assert.deepEqual(await collect(client.$call('whole')), [{ i: 0 }, { i: 1 }]);
  await assert.rejects(collect(client.$call('cut')), { code: 'RESPONSE_CUT' });
});
