/** Arguments, answers, deadlines and cancellation of a call. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { test } from 'node:test';
import { ImageFile } from '../io/image.ts';
import { Table } from '../io/table.ts';
import { Tensor } from '../io/tensor.ts';
import {
  createManualClock,
  json,
  openSse,
  silence,
  startServer,
  startService,
  type TestMethod,
} from './client.fixture.ts';
import { createClient, createClientWithClock } from './create-client.ts';

/** Answers with the body it was sent. */
const echo: TestMethod = {
  parameters: ['b', 'a?', 'c?'],
  answer: (response, seen) => response.end(JSON.stringify([seen.headers['content-type'], seen.body])),
};

const texts = (text: string, output: Readonly<Record<string, unknown>>): TestMethod => ({
  output,
  answer: (response) => response.end(text),
});

test('arguments fill the parameters by their order, and undefined is left out', async () => {
  await using server = await startService({ echo });
  const client = createClient(server.url);
  assert.deepEqual(await client.$call('echo', 'x', undefined, null), ['application/json', '{"b":"x","c":null}']);
  assert.deepEqual(await client.$call('echo', [1], { é: '"' }), ['application/json', '{"b":[1],"a":{"é":"\\""}}']);
});

test('a parameter may be called __proto__', async () => {
  const input = '{"type":"object","properties":{"__proto__":{}}}';
  await using server = await startService({ echo: { ...echo, input: JSON.parse(input) } });
  assert.deepEqual(await createClient(server.url).$call('echo', 1), ['application/json', '{"__proto__":1}']);
});

test('arguments that do not fit are refused before anything is sent', async () => {
  await using server = await startService({ echo });
  const client = createClient(server.url);
  const refused = (args: unknown[], message: RegExp) =>
    assert.rejects(client.$call('echo', ...args), { name: 'TypeError', message });
  await refused([1, 2, 3, 4], /^echo takes 3 arguments \(b, a, c\), but got 4$/);
  await refused([], /^echo: the argument "b" is missing \(position 1\)$/);
  await refused([[0, { x: Number.NaN }]], /^b\[1\]\.x is NaN/);
  await refused(['b', Symbol('a')], /^a is a symbol/);
  assert.equal(server.count('/echo'), 0);
});

test('the one argument of a root input is the whole body', async () => {
  await using server = await startService({
    text: { ...echo, input: { type: 'string', root_input: true } },
    list: { ...echo, input: { type: 'array', root_input: true } },
    date: { ...echo, input: { type: 'string', 'x-io-type': 'date', root_input: true } },
    bytes: { ...echo, input: { type: 'string', 'x-io-type': 'bytes', root_input: true } },
    python: { ...echo, input: { type: 'string', format: 'binary', root_input: true } },
  });
  const client = createClient(server.url);
  assert.deepEqual(await client.$call('text', '"x"'), ['text/plain', '"x"']);
  assert.deepEqual(await client.$call('list', [1]), ['application/json', '[1]']);
  assert.deepEqual(await client.$call('list', 'x'), ['application/json', '"x"']);
  assert.deepEqual(await client.$call('list'), [null, '']);
  assert.deepEqual(await client.$call('date', '2026-01-01'), ['application/json', '"2026-01-01"']);
  const bytes = new TextEncoder().encode('x');
  assert.deepEqual(await client.$call('bytes', bytes), ['application/octet-stream', 'x']);
  assert.deepEqual(await client.$call('python', bytes.buffer), ['application/octet-stream', 'x']);
});

test('a whole body of another type is refused before anything is sent', async () => {
  await using server = await startService({
    text: { ...echo, input: { type: 'string', root_input: true } },
    bytes: { ...echo, input: { 'x-io-type': 'bytes', root_input: true } },
  });
  const client = createClient(server.url);
  await assert.rejects(client.$call('text', 1), /^TypeError: text takes a text as its whole body, but got Number$/);
  await assert.rejects(
    client.$call('bytes', [1]),
    /^TypeError: bytes takes a Uint8Array as its whole body, but got Array$/,
  );
  assert.equal(server.count('/text') + server.count('/bytes'), 0);
});

test('answers are read as the schema declares them, whatever their content type', async () => {
  await using server = await startService({
    text: texts('\uFEFF{"a":1}', { type: 'string' }),
    empty: texts('', { type: 'string' }),
    value: texts('\uFEFF{"a":1}', { type: 'object' }),
    quoted: texts('"x"', {}),
    none: texts('null', { type: 'null' }),
    nothing: texts('', { type: 'null' }),
    missing: texts('', { type: 'object' }),
    bytes: texts('\u0000ÿ', { type: 'string', format: 'binary' }),
    file: texts('x', { type: 'file' }),
  });
  const client = createClient(server.url);
  const answers = await Promise.all(
    ['text', 'empty', 'value', 'quoted', 'none', 'nothing', 'missing', 'bytes'].map((name) => client.$call(name)),
  );
  assert.deepEqual(answers, [
    '\uFEFF{"a":1}',
    '',
    { a: 1 },
    'x',
    null,
    null,
    undefined,
    new TextEncoder().encode('\u0000ÿ'),
  ]);
  const file = await client.$call('file');
  assert.ok(file instanceof Blob);
  assert.equal(await file.text(), 'x');
});

test('tensors, files and pictures of Python servers are values as those of ours', async () => {
  const png = '\u0089PNG\r\n\u001a\n';
  const method = (body: string, output: TestMethod['output'] = {}, type = 'application/json'): TestMethod => ({
    output,
    answer: (response) => response.setHeader('content-type', type).end(body, 'latin1'),
  });
  const tensor = { type: 'tensor', format: 'numpy-array', dtype: 'float32', shape: [-1, 2], title: 'X' };
  const picture = { type: 'file', format: 'image', pil: true };
  await using server = await startService({
    tensor: method('[[1, null]]', tensor),
    nested: method('{"x": [[3, 4]]}', { type: 'object', properties: { x: tensor } }),
    untold: method('[[1, 2]]', { type: 'tensor', format: 'numpy-array' }),
    picture: method(png, picture, 'image/png'),
    broken: method('<html>', picture, 'image/png'),
    misshapen: method('[[1, 2], [3]]', tensor),
    records: method('[{"a": 1}, {"a": 2}]', { type: 'dataframe', orient: 'records' }),
    columns: method('{"a": [1, 2]}', { type: 'dataframe', orient: 'columns', columns: ['a'] }),
    file: method('a,b', { type: 'file', format: 'binary' }, 'text/csv'),
  });
  const client = createClient(server.url);
  const x = (await client.$call('tensor')) as Tensor<'float32'>;
  assert.deepEqual(
    [x instanceof Tensor, x.dtype, x.shape, x.data],
    [true, 'float32', [1, 2], Float32Array.of(1, Number.NaN)],
  );
  const nested = (await client.$call('nested')) as { x: Tensor<'float32'> };
  assert.deepEqual(nested.x.data, Float32Array.of(3, 4));
  assert.deepEqual(await client.$call('untold'), [[1, 2]]);
  for (const name of ['records', 'columns']) {
    const table = (await client.$call(name)) as Table;
    assert.deepEqual([table instanceof Table, table.columns], [true, { a: [1, 2] }], name);
  }
  const image = await client.$call('picture');
  assert.ok(image instanceof ImageFile);
  assert.equal(image.type, 'image/png');
  const file = await client.$call('file');
  assert.ok(file instanceof File);
  assert.deepEqual([file.type, await file.text()], ['text/csv', 'a,b']);
  const invalid = { code: 'RESPONSE_INVALID', message: /answered something that its own schema does not allow/ };
  await assert.rejects(client.$call('broken'), invalid);
  await assert.rejects(client.$call('misshapen'), invalid);
});

test('an answer that is not what the schema promises is RESPONSE_INVALID', async () => {
  await using server = await startService({ f: texts('<html>', {}) });
  await assert.rejects(createClient(server.url).$call('f'), {
    code: 'RESPONSE_INVALID',
    message: `${server.url}/f answered something that is not JSON`,
    isRetryable: false,
  });
});

test('an answer that ends too early is RESPONSE_CUT', async () => {
  await using server = await startService({
    f: {
      answer: (response) => response.writeHead(200, { 'content-length': 9 }).write('1', () => response.destroy()),
    },
  });
  await assert.rejects(createClient(server.url).$call('f'), { code: 'RESPONSE_CUT', isRetryable: true });
});

test('a connection that breaks before an answer is CONNECTION_FAILED, naming the address and keeping the cause', async () => {
  await using server = await startService({ f: { answer: (response) => response.destroy() } });
  await assert.rejects(createClient(server.url).$call('f'), (error: Error & { code: string; isRetryable: boolean }) => {
    assert.equal(error.code, 'CONNECTION_FAILED');
    assert.equal(error.isRetryable, true);
    assert.ok(error.message.startsWith(`cannot reach ${server.url}/f: `));
    assert.doesNotMatch(error.message, /fetch failed/); // says nothing; the reason lies in its cause
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

test('the server is told what is left of the time, and waiting for readiness is part of it', async () => {
  await using server = await startService({ f: { answer: json(1) } });
  const clock = createManualClock();
  const client = createClientWithClock(clock, server.url, { timeoutMs: 1000 });
  server.events.once('request', () => clock.advance(300));
  await client.$call('f');
  assert.equal(server.requests.at(-1)?.headers['x-request-timeout-ms'], '700');
  await client.$call('f');
  assert.equal(server.requests.at(-1)?.headers['x-request-timeout-ms'], '1000');
  assert.equal(clock.pending, 0);
});

test('a call without an answer ends with TIMEOUT a little after its time, and the server sees the caller leave', async () => {
  await using server = await startService({ f: { answer: silence } });
  const clock = createManualClock();
  const client = createClientWithClock(clock, server.url, { timeoutMs: 1000 });
  const answering = client.$call('f');
  while (server.count('/f') === 0) await once(server.events, 'request');
  const left = once(server.events, 'left');
  clock.advance(1249);
  assert.equal(clock.pending, 1);
  clock.advance(1);
  await assert.rejects(answering, {
    code: 'TIMEOUT',
    isRetryable: true,
    message: `f: nothing came from ${server.url} for 1000 ms`,
  });
  await left;
});

test("the server's own 504 comes before the client's TIMEOUT", async () => {
  await using server = await startService({
    f: { answer: (response) => response.writeHead(504).end('{"error":"no answer within 1000 ms","code":"TIMEOUT"}') },
  });
  await assert.rejects(createClient(server.url).$call('f'), { code: 'TIMEOUT', status: 504 });
});

test('a signal that aborts ends the call with CANCELLED and its reason as the cause', async () => {
  await using server = await startService({ f: { answer: silence } });
  const controller = new AbortController();
  const answering = createClient(server.url).$with({ signal: controller.signal }).$call('f');
  while (server.count('/f') === 0) await once(server.events, 'request');
  const left = once(server.events, 'left');
  const reason = new Error('enough');
  controller.abort(reason);
  await assert.rejects(answering, { code: 'CANCELLED', cause: reason });
  await left;
});

test('the signal of the client ends a call that has one of its own', async () => {
  await using server = await startService({ f: { answer: silence } });
  const controller = new AbortController();
  const client = createClient(server.url, { signal: controller.signal });
  const answering = client.$with({ signal: new AbortController().signal }).$call('f');
  while (server.count('/f') === 0) await once(server.events, 'request');
  controller.abort();
  await assert.rejects(answering, { code: 'CANCELLED' });
});

test('a call whose signal has aborted already sends nothing', async () => {
  await using server = await startService({ f: { answer: json(1) } });
  let asked = 0;
  const client = createClient(server.url, {
    signal: AbortSignal.abort(),
    fetch(url, init) {
      asked++;
      return fetch(url, init);
    },
  });
  await assert.rejects(client.$call('f'), { code: 'CANCELLED' });
  assert.deepEqual([asked, server.requests.length], [0, 0]);
});

test('a long-lived signal keeps no listener of a call that is over, however it ended', async () => {
  await using server = await startService({
    good: { answer: json(1) },
    bad: { answer: (response) => response.writeHead(500).end() },
    stream: {
      output: { type: 'string', is_stream: true },
      answer: (response) => openSse(response).end('event: end\ndata: null\n\n'),
    },
  });
  const { signal } = new AbortController();
  const client = createClient(server.url, { signal });
  await client.$call('good');
  await assert.rejects(client.$call('bad'), { status: 500 });
  await assert.rejects(client.$call('good', 'too many'), TypeError);
  for await (const _ of client.$call('stream')) assert.fail();
  await client.$call('good');
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a failed call that is caught leaves no unhandled rejection, and a cancelled one needs no catching', async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  await using server = await startService({ f: { answer: (response) => response.writeHead(500).end() } });
  const client = createClient(server.url);
  await client.$call('f').catch(() => {});
  await client.$call('f').then(undefined, () => {});
  await assert.rejects(async () => {
    for await (const _ of client.$call('f')) assert.fail();
  });
  client.$with({ signal: AbortSignal.abort() }).$call('f');
  await client
    .$call('f')
    .finally(() => {})
    .catch(() => {});
  await new Promise((resolve) => setImmediate(resolve)); // unhandled rejections are told at the end of a turn
  assert.deepEqual(unhandled, []);
});

test('a failed call that nobody looks at is an unhandled rejection, like any promise', async (t) => {
  await using server = await startServer((response) => response.writeHead(401).end());
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  t.after(() => listeners.forEach((listener) => void process.on('unhandledRejection', listener)));
  const told = once(process, 'unhandledRejection');
  createClient(server.url).$call('f');
  const [error] = await told;
  assert.equal((error as { code: string }).code, 'HTTP_401');
});

test('items that are sent as an array are waited for no longer than the call may take', async () => {
  await using server = await startService({ echo });
  const clock = createManualClock();
  const client = createClientWithClock(clock, server.url, { timeoutMs: 300, readyTimeoutMs: 0 });
  const asked = Promise.withResolvers<void>();
  const waits = async function* () {
    asked.resolve();
    yield await new Promise(() => {});
  };
  const answering = client.$call('echo', waits());
  await asked.promise;
  clock.advance(550); // the time of the call, and that of grace
  await assert.rejects(answering, { code: 'TIMEOUT' });
  assert.equal(server.count('/echo'), 0);
});

test('items that are sent as an array are not asked for any more once the caller has left', async () => {
  await using server = await startService({ echo });
  const controller = new AbortController();
  const ended = Promise.withResolvers<void>();
  let given = 0;
  const endless = async function* () {
    try {
      while (given < 1_000_000) {
        if (given === 100) controller.abort();
        yield given++;
      }
    } finally {
      ended.resolve();
    }
  };
  await assert.rejects(createClient(server.url, { signal: controller.signal }).$call('echo', 1, endless()), {
    code: 'CANCELLED',
  });
  await ended.promise;
  assert.equal(given, 101);
});
