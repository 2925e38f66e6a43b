/** A client as an object, and its options. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { json, schemaOf, startServer, startService } from './client.fixture.ts';
import { createClient } from './create-client.ts';

test('awaiting, printing, spreading or serialising a client sends nothing', async () => {
  await using server = await startService({});
  const client = createClient(server.url, { token: 'secret' });
  assert.equal(await client, client);
  assert.equal(`${client}`, '[object Object]');
  assert.equal(JSON.stringify({ client }), '{"client":{}}');
  assert.equal(Object.prototype.toString.call(client), '[object Object]');
  assert.equal(inspect(client, { depth: 9, showHidden: true }).includes('secret'), false);
  assert.deepEqual(Object.keys({ ...client }), ['$call', '$with']);
  assert.deepEqual(server.requests, []);
});

test('a method is the same function at each look', () => {
  const client = createClient<{ embed(): void }>('http://127.0.0.1:1');
  assert.equal(client.embed, client.embed);
});

test('methods with a name that the client keeps for itself are reached by $call', async () => {
  // biome-ignore lint/suspicious/noThenProperty: a method of this name is what is tested
  await using server = await startService({ then: { parameters: ['a'], answer: json(7) } });
  assert.equal(await createClient(server.url).$call('then', 1), 7);
});

test('$with gives a client with other options that shares the schema', async () => {
  await using server = await startService({ f: { answer: json(1) } });
  const client = createClient(server.url, { headers: { 'X-A': '1', 'x-b': '1' }, token: 'secret' });
  await client.$call('f');
  await client.$with({ headers: { 'x-B': '2' }, timeoutMs: 1234 }).$call('f');
  await client.$call('f');
  assert.equal(server.count('/schema.json'), 1);
  const sent = server.requests.filter((seen) => seen.path === '/f').map(({ headers }) => headers);
  assert.deepEqual(
    sent.map((headers) => [headers['x-a'], headers['x-b'], headers.authorization]),
    [
      ['1', '1', 'Bearer secret'],
      ['1', '2', 'Bearer secret'],
      ['1', '1', 'Bearer secret'],
    ],
  );
  assert.ok(Number(sent[1]?.['x-request-timeout-ms']) <= 1234);
});

test('the token is sent with every request, and a redirect to another origin leaves it behind', async () => {
  await using other = await startServer((response) => response.end('1'));
  await using server = await startServer((response, { path }) => {
    if (path === '/schema.json') return response.end(schemaOf({ f: { answer: json(1) } }));
    if (path === '/f') return response.writeHead(307, { location: `${other.url}/f` }).end();
    return response.end();
  });
  assert.equal(await createClient(server.url, { token: 'secret' }).$call('f'), 1);
  assert.deepEqual(
    server.requests.map(({ path, headers }) => [path, headers.authorization]),
    ['/readyz', '/schema.json', '/f'].map((path) => [path, 'Bearer secret']),
  );
  assert.deepEqual(
    other.requests.map(({ path, headers }) => [path, headers.authorization]),
    [['/f', undefined]],
  );
});

test('requests go through the fetch that was given, without a receiver', async () => {
  await using server = await startService({ f: { answer: json(1) } });
  const asked: string[] = [];
  const client = createClient(server.url, {
    fetch(this: unknown, url, init) {
      assert.equal(this, undefined);
      asked.push(url);
      return fetch(url, init);
    },
  });
  await client.$call('f');
  assert.deepEqual(asked, [`${server.url}/readyz`, `${server.url}/schema.json`, `${server.url}/f`]);
});

test('wrong options are refused at once, and secret values are not repeated', () => {
  const refused = (options: object, message: RegExp) =>
    assert.throws(
      () => createClient('http://h', options),
      (error: Error) => message.test(error.message) && !error.message.includes('secret') && !error.cause,
    );
  refused({ timeout: 1 }, /no option "timeout"; there are timeoutMs/);
  refused({ timeoutMs: 0 }, /timeoutMs is 0, but must be a number from 1/);
  refused({ timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs is Infinity/);
  refused({ readyTimeoutMs: -1 }, /readyTimeoutMs is -1, but must be a number from 0/);
  refused({ token: 'secret\n' }, /token is empty, or holds characters/);
  refused({ headers: { 'x-key': 'secret\nx' } }, /the header "x-key" has a name or a value/);
  assert.throws(() => createClient('http://h').$with({ timeoutMs: 3e9 }), /timeoutMs is 3000000000/);
});
