/** Arguments that come item by item are sent while they come. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createManualClock, openSse, schemaOf, startService, type TestMethod } from './client.fixture.ts';
import { createClient, createClientWithClock } from './create-client.ts';

const sequence = (items: object) => ({ type: 'array', items, 'x-io-type': 'async-iterable' });
const numbers = sequence({ type: 'number' });
const blocks = sequence({ type: 'string', format: 'binary', 'x-io-type': 'bytes' });

const method = (properties: object, rest: Partial<TestMethod> = {}): TestMethod => ({
  input: { type: 'object', properties },
  answer: (response, seen) => response.end(JSON.stringify([seen.headers['content-type'], seen.body])),
  ...rest,
});

async function* give(...items: readonly unknown[]): AsyncGenerator<unknown> {
  yield* items;
}

/** A service whose one method sees its request as it comes. */
async function startLive(answer: (request: IncomingMessage, response: ServerResponse) => void, output: object = {}) {
  const server = createServer((request, response) => {
    if (request.url === '/f') return answer(request, response);
    response.end(
      request.url === '/schema.json' ? schemaOf({ f: method({ items: numbers }, { output: { ...output } }) }) : '',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Items that are given when the test says so, and what became of their giver. */
function createGiver<T>() {
  const events = new EventEmitter();
  const seen = { asked: 0, hasEnded: false };
  async function* items(): AsyncGenerator<T> {
    try {
      for (;;) {
        seen.asked++;
        const given = once(events, 'item');
        events.emit('asked');
        const [item] = (await given) as [T];
        if (item === undefined) return;
        yield item;
      }
    } finally {
      seen.hasEnded = true;
      events.emit('ended');
    }
  }
  return { seen, events, items: items() };
}

test('items are lines of JSON, behind a line with the other arguments if the method has any', async () => {
  await using server = await startService({
    alone: method({ items: numbers }),
    among: method({ a: {}, items: sequence({ 'x-io-type': 'date', type: 'string' }), b: {} }),
    root: { ...method({}), input: { ...numbers, root_input: true } },
  });
  const client = createClient(server.url);
  const ndjson = 'application/x-ndjson';
  assert.deepEqual(await client.$call('alone', give(1, 2.5, null)), [ndjson, '\n1\n2.5\nnull\n']);
  assert.deepEqual(await client.$call('alone', give()), [ndjson, '\n']);
  assert.deepEqual(await client.$call('among', 'é', give(new Date(0))), [
    ndjson,
    '{"a":"é"}\n"1970-01-01T00:00:00.000Z"\n',
  ]);
  assert.deepEqual(await client.$call('root', give(1)), [ndjson, '\n1\n']);
});

test('bytes are frames, and as a whole body they are what they are', async () => {
  await using server = await startService({
    frames: method({ a: {}, items: blocks }),
    pieces: { ...method({}), input: { ...blocks, root_input: true } },
  });
  const client = createClient(server.url);
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.deepEqual(await client.$call('frames', 7, give(bytes('xyz'), bytes(''))), [
    'application/vnd.bentots.frames',
    '\0\x07\0\0\0{"a":7}\x01\x03\0\0\0xyz\x01\0\0\0\0\x03\0\0\0\0',
  ]);
  const pieces = await client.$call('pieces', give(bytes('a'), bytes(''), bytes('b').buffer));
  assert.deepEqual(pieces, ['application/octet-stream', 'ab']);
});

test('arrays, and what several arguments give, are one JSON body', async () => {
  await using server = await startService({ f: method({ a: numbers }), two: method({ a: numbers, b: numbers }) });
  const client = createClient(server.url);
  assert.deepEqual(await client.$call('f', [1, 2]), ['application/json', '{"a":[1,2]}']);
  assert.deepEqual(await client.$call('two', give(1), give(2)), ['application/json', '{"a":[1],"b":[2]}']);
});

test('an item arrives before the next one is given, and the answer may begin before the last', async () => {
  const events = new EventEmitter();
  await using server = await startLive(
    (request, response) => {
      request.on('data', (chunk: Buffer) => String(chunk) !== '\n' && events.emit('chunk', String(chunk)));
      request.on('end', () => response.end('event: end\ndata: null\n\n'));
      openSse(response).write('data: "begun"\n\n');
    },
    { type: 'string', is_stream: true },
  );
  const giver = createGiver<number>();
  const answer = createClient(server.url).$call('f', giver.items)[Symbol.asyncIterator]();
  const begun = answer.next();
  for (const item of [1, 2]) {
    if (giver.seen.asked < item) await once(giver.events, 'asked');
    const arrived = once(events, 'chunk');
    giver.events.emit('item', item);
    assert.deepEqual(await arrived, [`${item}\n`]);
  }
  assert.deepEqual(await begun, { done: false, value: 'begun' });
  if (giver.seen.asked < 3) await once(giver.events, 'asked');
  giver.events.emit('item', undefined);
  assert.deepEqual(await answer.next(), { done: true, value: undefined });
  assert.ok(giver.seen.hasEnded);
});

test('a server that reads nothing is given no more than the network holds', async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<string> {
    for (;;) {
      given++;
      yield 'x'.repeat(100_000);
    }
  }
  const reached = new EventEmitter();
  await using server = await startLive((request) => {
    request.pause();
    reached.emit('request');
  });
  const controller = new AbortController();
  const asked = once(reached, 'request');
  const answering = createClient(server.url, { signal: controller.signal }).$call('f', endless());
  await asked;
  let before = -1;
  for (let quiet = 0; quiet < 200; quiet = given === before ? quiet + 1 : 0) {
    before = given;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(given < 500, `${given} items of 100 kB`);
  controller.abort();
  await assert.rejects(answering, { code: 'CANCELLED' });
});

test('the giver is told when the call ends, however it ends', async () => {
  let status = 200;
  await using server = await startLive((_, response) => {
    response.writeHead(status).end(status === 200 ? '7' : '{"error":"no","code":"MINE"}');
  });
  const early = createGiver<number>();
  const client = createClient(server.url);
  assert.equal(await client.$call('f', early.items), 7);
  early.events.emit('item', 1);
  if (!early.seen.hasEnded) await once(early.events, 'ended');
  status = 422;
  const refused = createGiver<number>();
  await assert.rejects(client.$call('f', refused.items), { code: 'MINE' });
  refused.events.emit('item', 1);
  if (refused.seen.asked > 0 && !refused.seen.hasEnded) await once(refused.events, 'ended');
});

test('what the giver throws is what the call throws, and so is an item that cannot be sent', async () => {
  await using server = await startLive((request) => request.resume());
  const client = createClient(server.url);
  async function* broken() {
    yield 1;
    throw new RangeError('out of numbers');
  }
  await assert.rejects(client.$call('f', broken()), /^RangeError: out of numbers$/);
  await assert.rejects(client.$call('f', give(1, Number.NaN)), /^TypeError: items\[1\] is NaN/);
});

test('a call whose items were asked for is not tried again, and one whose items were not is', async () => {
  const refuse = (response: ServerResponse) =>
    response.writeHead(503, { 'retry-after': '0' }).end('{"code":"QUEUE_FULL"}');
  await using server = await startService({
    f: method({ items: numbers }, { answer: (response) => void refuse(response) }),
  });
  await assert.rejects(createClient(server.url).$call('f', give(1)), { code: 'QUEUE_FULL', tries: 1 });
  assert.equal(server.count('/f'), 1);

  const clock = createManualClock();
  clock.events.on('timer', (delayMs: number) => delayMs < 5000 && setImmediate(() => clock.advance(delayMs)));
  await using good = await startService({ f: method({ items: numbers }) });
  let tries = 0;
  const client = createClientWithClock(clock, good.url, {
    fetch(url, init) {
      if (!url.endsWith('/f') || tries++ > 0) return fetch(url, init);
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
    },
  });
  assert.deepEqual(await client.$call('f', give(1)), ['application/x-ndjson', '\n1\n']);
  assert.equal(tries, 2);
});

test('where requests are no streams the items are collected first', async (t) => {
  const { XMLHttpRequest: before } = globalThis;
  t.after(() => Object.assign(globalThis, { XMLHttpRequest: before }));
  await using server = await startService({ f: method({ items: numbers }) });
  Object.assign(globalThis, { XMLHttpRequest: class {} }); // by which a browser is known, where they are none without TLS
  assert.deepEqual(await createClient(server.url).$call('f', give(1, 2)), ['application/json', '{"items":[1,2]}']);
});

test('a stream of answers to a stream of items can be left, which ends both', async () => {
  await using server = await startLive(
    (request, response) => {
      request.on('data', (chunk: Buffer) => String(chunk) !== '\n' && response.write(`data: ${String(chunk)}\n`));
      openSse(response);
    },
    { type: 'number', is_stream: true },
  );
  const giver = createGiver<number>();
  const answer = createClient(server.url).$call('f', giver.items);
  giver.events.on('asked', () => setImmediate(() => giver.events.emit('item', giver.seen.asked)));
  const seen: unknown[] = [];
  for await (const item of answer) if (seen.push(item) === 3) break;
  assert.deepEqual(seen, [1, 2, 3]);
  if (!giver.seen.hasEnded) await once(giver.events, 'ended');
});
