/** Retries: only where nothing can have run, within a budget and the time of the call. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { freePort } from '../../bench/free-port.ts';
import { CallError } from './call-error.ts';
import { createManualClock, json, schemaOf, startService } from './client.fixture.ts';
import { createClient, createClientWithClock } from './create-client.ts';
import { createRetryBudget, decideRetryMs } from './retry.ts';

const busy = { code: 'OVERLOADED', url: 'http://h/f', status: 503, retryAfterMs: 1000 } as const;
const first = { tries: 1, maxRetries: 2, remainingMs: 60_000, random: 0 };
const decide = (facts: ConstructorParameters<typeof CallError>[1], view: Partial<typeof first> = {}) =>
  decideRetryMs({ ...first, ...view, error: new CallError('no', facts) });
const refused = { code: 'CONNECTION_FAILED', url: 'http://h/f' };
const because = (code: string, syscall = 'connect') =>
  new Error('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) });

test('the pause is what the server asked for, a quarter longer at most, and never shorter than our own', () => {
  assert.deepEqual(
    [0, 0.5, 1].map((random) => decide(busy, { random })),
    [1000, 1125, 1250],
  );
  assert.equal(decide({ ...busy, status: 429, retryAfterMs: 0 }), 100);
  assert.deepEqual(
    [1, 2, 3, 4, 5, 9].map((tries) => decide({ ...busy, retryAfterMs: 0 }, { tries, maxRetries: 9 })),
    [100, 200, 400, 800, 1000, 1000],
  );
});

test('there is no other try without a place in time or number', () => {
  assert.equal(decide(busy, { tries: 3 }), undefined);
  assert.equal(decide(busy, { maxRetries: 0 }), undefined);
  assert.equal(decide(busy, { remainingMs: 1000 }), undefined);
  assert.equal(decide(busy, { remainingMs: 1001 }), 1000);
});

test('what may have run is not tried again, although the same call may succeed later', () => {
  const { retryAfterMs: _, ...unasked } = busy;
  assert.equal(decide(unasked), undefined);
  for (const code of ['WORKER_LOST', 'SPOOL_FAILED']) assert.equal(decide({ ...busy, code }), undefined);
  for (const status of [408, 500, 502, 504]) assert.equal(decide({ ...busy, status }), undefined);
  for (const code of ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']) {
    assert.equal(decide({ ...refused, cause: because(code) }), undefined);
  }
  assert.equal(decide({ ...refused, cause: because('ENOENT', 'open') }), undefined);
  assert.equal(decide({ ...refused, cause: new TypeError('Failed to fetch') }), undefined); // as a browser says
  assert.equal(decideRetryMs({ ...first, error: new TypeError('wrong argument') }), undefined);
});

test('a connection that did not come about is tried again', () => {
  assert.equal(decide({ ...refused, cause: because('ECONNREFUSED') }), 100);
  assert.equal(decide({ ...refused, cause: because('ENOENT') }), 100);
});

test('the budget is ten retries and a tenth of the calls, and saves up no more than ten', () => {
  const count = (budget: ReturnType<typeof createRetryBudget>, calls: number) => {
    let retries = 0;
    for (let call = 0; call < calls; call++) {
      budget.earn();
      if (budget.spend()) retries++;
    }
    return retries;
  };
  const budget = createRetryBudget(0.125); // without a rest in binary
  assert.equal(count(budget, 800), 10 + 99); // the first call finds the purse full, and earns nothing
  for (let call = 0; call < 8000; call++) budget.earn();
  assert.equal(count(budget, 8), 8);
  const spent = createRetryBudget(0.125);
  while (spent.spend());
  assert.equal(count(spent, 80), 10);
  assert.equal(count(createRetryBudget(0), 100), 0);
});

const refuse = (response: ServerResponse, status = 503) =>
  response
    .writeHead(status, { 'retry-after': '1', 'x-bentoml-request-id': 'f00d' })
    .end('{"error":"too much","code":"QUEUE_FULL","detail":[]}');

test('a call that is refused for now succeeds when it comes again, and each try says what is left of the time', async () => {
  let refusals = 2;
  await using server = await startService({
    f: { answer: (response) => (refusals-- > 0 ? refuse(response, 503 - 74 * refusals) : json(1)(response)) },
  });
  const clock = createManualClock();
  clock.events.on('timer', (delayMs: number) => delayMs < 5000 && setImmediate(() => clock.advance(delayMs)));
  const client = createClientWithClock(clock, server.url, { timeoutMs: 10_000, readyTimeoutMs: 0 }, () => 0);
  assert.equal(await client.$call('f'), 1);
  const told = server.requests
    .filter(({ path }) => path === '/f')
    .map(({ headers }) => headers['x-request-timeout-ms']);
  assert.deepEqual(told, ['10000', '9000', '8000']);
  assert.equal(clock.pending, 0);
});

test('the error of the last try says how many there were', async () => {
  await using server = await startService({ f: { answer: (response) => refuse(response) } });
  const clock = createManualClock();
  clock.events.on('timer', (delayMs: number) => delayMs < 5000 && setImmediate(() => clock.advance(delayMs)));
  const client = createClientWithClock(clock, server.url, {}, () => 0);
  const expected = { code: 'QUEUE_FULL', tries: 3, message: 'too much (3 tries)', status: 503, requestId: 'f00d' };
  await assert.rejects(client.$call('f'), { ...expected, retryAfterMs: 1000 });
  await assert.rejects(client.$with({ maxRetries: 0 }).$call('f'), { message: 'too much', tries: 1 });
  assert.equal(server.count('/f'), 4);
});

test('a client that is refused again and again sends a tenth more than it was asked to, and no flood', async () => {
  await using server = await startService({ f: { answer: (response) => refuse(response) } });
  const clock = createManualClock();
  clock.events.on('timer', (delayMs: number) => delayMs < 5000 && setImmediate(() => clock.advance(delayMs)));
  const client = createClientWithClock(clock, server.url, { retryShare: 0.125 });
  for (let call = 0; call < 80; call++) await assert.rejects(client.$call('f'), { code: 'QUEUE_FULL' });
  assert.equal(server.count('/f'), 80 + 10 + 9);
});

test('leaving in the pause before the next try ends the call at once', async () => {
  await using server = await startService({ f: { answer: (response) => refuse(response) } });
  const clock = createManualClock();
  const controller = new AbortController();
  const client = createClientWithClock(clock, server.url, { signal: controller.signal, readyTimeoutMs: 0 }, () => 0);
  const answering = client.$call('f');
  let delayMs = 0;
  while (delayMs !== 1000) [delayMs] = await once(clock.events, 'timer');
  controller.abort(new Error('enough'));
  await assert.rejects(answering, { code: 'CANCELLED' });
  assert.deepEqual([clock.pending, server.count('/f')], [0, 1]);
});

test('a server that starts again is called as soon as it listens', async () => {
  const port = await freePort();
  const listen = async () => {
    const server = createServer((request, response) =>
      response
        .setHeader('connection', 'close')
        .end(request.url === '/schema.json' ? schemaOf({ f: { answer: json(1) } }) : '1'),
    ).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const close = async (server: Awaited<ReturnType<typeof listen>>) => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const early = await listen();
  const clock = createManualClock();
  const client = createClientWithClock(clock, `http://127.0.0.1:${port}`, {}, () => 0);
  assert.equal(await client.$call('f'), 1);
  await close(early);
  const answering = client.$call('f');
  let delayMs = 0;
  while (delayMs !== 100) [delayMs] = await once(clock.events, 'timer');
  const late = await listen();
  clock.advance(100);
  assert.equal(await answering, 1);
  await close(late);
});

test('wrong options of retries are refused at once', () => {
  assert.throws(() => createClient('http://h', { retryShare: 2 }), /retryShare is 2, but must be a number from 0 to 1/);
  assert.throws(() => createClient('http://h', { maxRetries: -1 }), /maxRetries is -1, but must be a whole number/);
  assert.throws(() => createClient('http://h').$with({ maxRetries: 0.5 }), /maxRetries is 0.5/);
});
