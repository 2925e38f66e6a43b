/** What a client learns about a server before and between calls. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { freePort } from '../../bench/free-port.ts';
import { createManualClock, json, schemaOf, silence, startServer, startService } from './client.fixture.ts';
import { createClient, createClientWithClock } from './create-client.ts';
import { decideDelayMs } from './until-ready.ts';

const methods = { f: { parameters: ['a?'], answer: json(1) } };

test('nothing is sent before the first call, and 50 concurrent first calls ask for the schema once', async () => {
  await using server = await startService(methods);
  const client = createClient(server.url);
  assert.equal(server.requests.length, 0);
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.$call('f')));
  assert.equal(answers.length, 50);
  assert.deepEqual(['/readyz', '/schema.json', '/f'].map(server.count), [1, 1, 50]);
});

test('pauses double from 20 ms up to 500 ms', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 99].map(decideDelayMs), [20, 40, 80, 160, 320, 500, 500, 500]);
});

test('the first call waits until the server is ready', async () => {
  const statuses = [503, 500, 429, 200];
  await using server = await startServer((response, { path }) => {
    if (path === '/readyz') return response.writeHead(statuses.shift() ?? 500).end('starting');
    return path === '/schema.json' ? response.end(schemaOf(methods)) : response.end('1');
  });
  const clock = createManualClock();
  clock.events.on('timer', (delayMs: number) => delayMs < 1000 && setImmediate(() => clock.advance(delayMs)));
  assert.equal(await createClientWithClock(clock, server.url).$call('f'), 1);
  assert.equal(server.count('/readyz'), 4);
  assert.equal(clock.nowMs(), 20 + 40 + 80);
  assert.equal(clock.pending, 0);
});

test('a refused connection is tried again while the client waits for readiness', async () => {
  const port = await freePort();
  const clock = createManualClock();
  const client = createClientWithClock(clock, `http://127.0.0.1:${port}`);
  const answering = client.$call('f');
  let delayMs = 0;
  while (delayMs !== 20) [delayMs] = await once(clock.events, 'timer');
  const { createServer: createHttpServer } = await import('node:http');
  const late = createHttpServer((request, response) =>
    response.end(request.url === '/schema.json' ? schemaOf(methods) : '1'),
  ).listen(port, '127.0.0.1');
  await once(late, 'listening');
  clock.advance(20);
  assert.equal(await answering, 1);
  late.close();
  late.closeAllConnections();
});

test('a server that does not become ready in time is NOT_READY, with the last refusal as its cause', async () => {
  await using server = await startServer((response) => response.writeHead(503).end('warming up'));
  const clock = createManualClock();
  const answering = createClientWithClock(clock, server.url, { readyTimeoutMs: 100 }).$call('f');
  let delayMs = 0;
  while (delayMs !== 20) [delayMs] = await once(clock.events, 'timer');
  clock.advance(100);
  await assert.rejects(answering, (error: Error & { cause: Error }) => {
    assert.match(error.message, /readyz was not ready within 100 ms; the last answer: .*503: warming up/);
    assert.match(error.cause.message, /warming up/);
    assert.deepEqual({ ...error }, { ...error, code: 'NOT_READY', isRetryable: true, status: undefined });
    return true;
  });
  assert.equal(clock.pending, 0);
});

test('a caller who leaves between two questions ends the wait', async () => {
  await using server = await startServer((response) => response.writeHead(503).end());
  const clock = createManualClock();
  const controller = new AbortController();
  const answering = createClientWithClock(clock, server.url, { signal: controller.signal }).$call('f');
  let delayMs = 0;
  while (delayMs !== 20) [delayMs] = await once(clock.events, 'timer');
  controller.abort();
  await assert.rejects(answering, { code: 'CANCELLED' });
  assert.equal(clock.pending, 0);
});

test('refused credentials end the wait at once', async () => {
  await using server = await startServer((response) => response.writeHead(401).end('{"error":"who are you"}'));
  await assert.rejects(createClient(server.url).$call('f'), { status: 401, code: 'HTTP_401', message: 'who are you' });
});

test('readyTimeoutMs 0 asks for the schema at once', async () => {
  await using server = await startService(methods);
  await createClient(server.url, { readyTimeoutMs: 0 }).$call('f');
  assert.equal(server.count('/readyz'), 0);
});

test('a failure to read the schema is not kept', async () => {
  let isBroken = true;
  await using server = await startServer((response, { path }) => {
    if (path !== '/schema.json') return response.end('1');
    return isBroken ? response.end('{"routes":7}') : response.end(schemaOf(methods));
  });
  const client = createClient(server.url);
  await assert.rejects(client.$call('f'), { code: 'RESPONSE_INVALID', message: /has no list of routes/ });
  isBroken = false;
  assert.equal(await client.$call('f'), 1);
});

for (const [problem, document] of [
  ['has a route that is not an object', { routes: [1] }],
  ['has a route without a name', { routes: [{}] }],
  ['has no path for f', { routes: [{ name: 'f', route: '@evil.example/' }] }],
  ['has no input or no output for f', { routes: [{ name: 'f', route: '/f' }] }],
] as const) {
  test(`a schema that ${problem} is refused`, async () => {
    await using server = await startServer((response) => response.end(JSON.stringify(document)));
    await assert.rejects(createClient(server.url).$call('f'), { code: 'RESPONSE_INVALID', message: RegExp(problem) });
  });
}

test('an address without a service is NOT_FOUND, naming what was looked for', async () => {
  await using server = await startServer((response) => response.writeHead(404).end('Not Found'));
  const client = createClient(`${server.url}/x/`, { readyTimeoutMs: 0 });
  await assert.rejects(client.$call('f'), {
    code: 'NOT_FOUND',
    message: `there is no service at ${server.url}/x: ${server.url}/x/schema.json and ${server.url}/schema.json answered 404`,
  });
});

test('an unknown method is NOT_FOUND, naming those that there are', async () => {
  await using server = await startService(methods);
  await assert.rejects(createClient(server.url).$call('g'), {
    code: 'NOT_FOUND',
    message: /Demo at .* has no method "g"; it has f/,
  });
  assert.equal(server.count('/schema.json'), 1);
});

test('an address with a path, with or without a slash at its end, finds a service with that prefix', async () => {
  await using server = await startService(methods, '/api/v1');
  for (const path of ['/api/v1', '/api/v1/']) assert.equal(await createClient(server.url + path).$call('f'), 1);
  assert.equal(server.count('/api/v1/f'), 2);
});

test('a Python service under a prefix is found by its prefix, and by its root', async () => {
  await using server = await startServer((response, { path }) => {
    if (path === '/api/readyz') return response.end('\n');
    if (path === '/schema.json') return response.end(schemaOf(methods, '/api'));
    return path === '/api/f' ? response.end('1') : response.writeHead(404).end('Not Found');
  });
  for (const path of ['/api', '/']) assert.equal(await createClient(server.url + path).$call('f'), 1);
});

test('a service behind a proxy that takes a path away is called below that path', async () => {
  await using server = await startServer((response, { path }) => {
    if (path === '/proxied/schema.json') return response.end(schemaOf(methods));
    return path === '/proxied/f' || path === '/proxied/readyz' ? response.end('1') : response.writeHead(404).end();
  });
  assert.equal(await createClient(`${server.url}/proxied`).$call('f'), 1);
});

test('a method that moved with a new deployment is found again, and so is a new one', async () => {
  let prefix = '/old';
  await using server = await startServer((response, { path }) => {
    if (path === '/readyz') return response.end();
    if (path === '/schema.json') return response.end(schemaOf({ ...methods, [prefix.slice(1)]: methods.f }, prefix));
    return path.startsWith(`${prefix}/`) ? response.end('1') : response.writeHead(404).end('Not Found');
  });
  const client = createClient(server.url);
  await client.$call('f');
  prefix = '/new';
  assert.deepEqual(await Promise.all([1, 2, 3].map((a) => client.$call('f', a))), [1, 1, 1]);
  assert.equal(server.count('/schema.json'), 2);
  prefix = '/newer';
  assert.equal(await client.$call('newer'), 1);
  assert.deepEqual(['/schema.json', '/readyz'].map(server.count), [3, 1]);
});

const refuse = (headers: Readonly<Record<string, string>>) => ({
  f: { answer: (response: ServerResponse) => response.writeHead(404, headers).end('{"error":"no such user"}') },
});

test('a method that answers 404 itself is not called twice, and has not moved', async () => {
  await using server = await startService(refuse({ 'x-bentoml-request-id': 'f00d' }));
  const client = createClient(server.url);
  for (let calls = 0; calls < 3; calls++) {
    await assert.rejects(client.$call('f'), { status: 404, message: 'no such user' });
  }
  assert.deepEqual(['/f', '/schema.json'].map(server.count), [3, 1]);
});

test('where a proxy hides whose 404 it is, a method is looked for once in a while', async () => {
  await using server = await startService(refuse({}));
  const clock = createManualClock();
  const client = createClientWithClock(clock, server.url);
  const call = () => assert.rejects(client.$call('f'), { status: 404, message: 'no such user' });
  for (let calls = 0; calls < 3; calls++) await call();
  assert.deepEqual(['/f', '/schema.json'].map(server.count), [3, 2]);
  clock.advance(10_000);
  for (let calls = 0; calls < 3; calls++) await call();
  assert.deepEqual(['/f', '/schema.json'].map(server.count), [6, 3]);
});

test('one caller who leaves does not disturb another who waits for the same schema', async () => {
  let waiting: ServerResponse | undefined;
  await using server = await startServer((response, { path }) => {
    if (path === '/schema.json') return response.end(schemaOf(methods));
    if (path === '/f') return response.end('1');
    waiting = response;
  });
  const client = createClient(server.url);
  const controller = new AbortController();
  const asked = once(server.events, 'request');
  const one = client.$with({ signal: controller.signal }).$call('f');
  const two = client.$call('f');
  await asked;
  controller.abort();
  await assert.rejects(one, { code: 'CANCELLED' });
  waiting?.end();
  assert.equal(await two, 1);
  assert.equal(server.count('/readyz'), 1);
});

test('when the last caller leaves, the wait for readiness ends', async () => {
  await using server = await startServer(silence);
  const controller = new AbortController();
  const clock = createManualClock();
  const client = createClientWithClock(clock, server.url, { signal: controller.signal });
  const asked = once(server.events, 'request');
  const calls = [client.$call('f'), client.$call('f')];
  await asked;
  const left = once(server.events, 'left');
  controller.abort();
  assert.deepEqual(
    (await Promise.allSettled(calls)).map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await left;
  assert.equal(clock.pending, 0);
});

test('a schema that is cut is RESPONSE_CUT, and is read again by the next call', async () => {
  let cuts = 1;
  await using server = await startServer((response, { path }) => {
    if (path !== '/schema.json') return response.end('1');
    if (cuts-- <= 0) return response.end(schemaOf(methods));
    response.writeHead(200, { 'content-length': '1000' }).write('{"na', () => response.destroy());
  });
  const client = createClient(server.url);
  const message = `the connection to ${server.url}/schema.json ended before the whole answer had come`;
  await assert.rejects(client.$call('f'), { name: 'CallError', code: 'RESPONSE_CUT', message });
  assert.equal(await client.$call('f'), 1);
});
