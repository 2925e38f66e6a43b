/** The client of Node: sockets that have no port, and connections of its own. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { json, schemaOf, silence, startServer, startService } from './client.fixture.ts';
import { createClient } from './node.ts';

/** A service that listens on a Unix socket, or on a named pipe where there are none. */
async function startOnSocket(prefix = '') {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-socket-'));
  const path =
    process.platform === 'win32' ? `\\\\.\\pipe\\bentots-${process.pid}-${Date.now()}` : join(folder, 'a b%.sock');
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    response.end(request.url?.endsWith('/schema.json') ? schemaOf({ f: { answer: json(1) } }, prefix) : '1');
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    seen,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('a service on a Unix socket is called by each of its addresses', async () => {
  await using server = await startOnSocket();
  const written = encodeURIComponent(server.path);
  const urls = [`unix:${server.path}`, `http+unix://${written}`, `http+unix://${written}/`];
  if (process.platform !== 'win32') urls.push(`file://${server.path.replace('%', '%25')}`);
  for (const url of urls) assert.equal(await createClient(url).$call('f'), 1, url);
  assert.ok(server.seen.every(({ headers }) => headers.host === 'localhost'));
});

test('the service on a socket may have a path', async () => {
  await using server = await startOnSocket('/api');
  assert.equal(await createClient(`unix:${server.path}:/api`).$call('f'), 1);
  assert.equal(await createClient(`http+unix://${encodeURIComponent(server.path)}/api/`).$call('f'), 1);
});

test('an error names the socket, and a socket that is not there is a connection that was refused', async () => {
  const path = join(tmpdir(), 'bentots-none.sock');
  await assert.rejects(createClient(`unix:${path}`, { readyTimeoutMs: 0, timeoutMs: 90 }).$call('f'), {
    code: 'CONNECTION_FAILED',
    message: `cannot reach http+unix://${encodeURIComponent(path)}/schema.json: connect ENOENT ${path}`,
  });
});

test('connections are kept, and no more are opened than allowed', async () => {
  const ports = new Set<number | undefined>();
  await using server = await startService({
    f: {
      answer(response) {
        ports.add(response.req.socket.remotePort);
        json(1)(response);
      },
    },
  });
  const client = createClient(server.url, { maxConnections: 2 });
  await Promise.all(Array.from({ length: 40 }, () => client.$call('f')));
  for (let call = 0; call < 10; call++) await client.$call('f');
  assert.ok(ports.size <= 2, `${ports.size} connections`);
});

test('deadlines and signals end a call as they do without Node', async () => {
  await using server = await startServer((response, { path }) =>
    path === '/schema.json' ? response.end(schemaOf({ f: { answer: silence } })) : undefined,
  );
  const client = createClient(server.url, { readyTimeoutMs: 0, timeoutMs: 20 });
  await assert.rejects(client.$call('f'), { code: 'TIMEOUT' });
  const controller = new AbortController();
  const answering = client.$with({ signal: controller.signal, timeoutMs: 60_000 }).$call('f');
  while (server.count('/f') < 2) await once(server.events, 'request');
  controller.abort();
  await assert.rejects(answering, { code: 'CANCELLED' });
});

test('a wrong address or option is refused at once', () => {
  assert.throws(() => createClient('ftp://h'), /must begin with http: or https:/);
  assert.throws(() => createClient('http+unix://%zz'), /"http\+unix:\/\/%zz" is not an address/);
  assert.throws(() => createClient('http+unix://%00'), /holds a NUL/);
  assert.throws(() => createClient('http://h', { maxConnections: 0 }), /maxConnections is 0, but must be at least 1/);
  assert.throws(() => createClient('http://h', { keepAliveMs: Number.NaN }), /keepAliveMs is NaN/);
  assert.throws(() => createClient('http://h', { timeout: 1 } as object), /no option "timeout"; there are timeoutMs/);
});
