/** Being called more often than a service allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dial, readAll, type Started, start } from './start.ts';

const proxied = { trustedProxies: ['127.0.0.1'] };

/** Calls a method, seen from that address; gives what came of it. */
async function call(limited: Started, method: string, from = '198.51.100.1', headers = {}): Promise<number | string> {
  const response = await limited.post(`/${method}`, {}, { headers: { 'x-forwarded-for': from, ...headers } });
  const body = (await response.json()) as number | { code: string };
  return typeof body === 'number' ? response.status : body.code;
}

test('who calls more often than it may is refused with 429, and told when there is room again', async () => {
  await using limited = await start('limited');
  const statuses = [];
  for (let n = 0; n < 4; n++) statuses.push(await call(limited, 'count'));
  assert.deepEqual(statuses, [200, 200, 200, 200]);
  const refused = await limited.post('/count', {});
  assert.equal(refused.status, 429);
  const afterSeconds = Number(refused.headers.get('retry-after'));
  assert.ok(afterSeconds > 900 && afterSeconds <= 1000, `Retry-After is exact, and not guessed: ${afterSeconds}`);
  assert.notEqual(refused.headers.get('connection'), 'close', 'a small body does not cost the connection');
  assert.deepEqual(await refused.json(), {
    error: 'Limited takes 0.001 requests a second from one caller, and there were more; try again later',
    code: 'RATE_LIMITED',
    detail: [],
  });
});

test('what is refused does not reach the method, and health, readiness and documents are never refused', async () => {
  await using limited = await start('limited');
  for (let n = 0; n < 6; n++) await call(limited, 'count');
  for (const path of ['/livez', '/healthz', '/readyz', '/metrics', '/schema.json', '/docs.json', '/']) {
    assert.equal((await fetch(limited.url + path)).status, 200, path);
  }
  const metrics = await (await fetch(`${limited.url}/metrics`)).text();
  assert.match(metrics, /request_total\{[^}]*endpoint="\/count"[^}]*http_response_code="200"[^}]*\} 4\n/);
  assert.match(metrics, /request_total\{[^}]*endpoint="\/count"[^}]*http_response_code="429"[^}]*\} 2\n/);
});

test('each caller has a rate of its own; all IPv6 addresses of one network are one caller', async () => {
  await using limited = await start('limited', proxied);
  const [one, other] = ['2001:db8:0:1::1', '198.51.100.1'];
  for (const n of [1, 2]) assert.equal(await call(limited, 'twice', one), 200, `${n}`);
  assert.equal(await call(limited, 'twice', one), 'RATE_LIMITED');
  assert.equal(await call(limited, 'twice', '2001:db8:0:1:ffff::9'), 'RATE_LIMITED');
  assert.equal(await call(limited, 'twice', '2001:db8:0:2::1'), 200);
  assert.equal(await call(limited, 'twice', other), 200);
});

test('an address that a caller makes up is not believed', async () => {
  await using limited = await start('limited');
  const ends = [];
  for (const n of [1, 2, 3]) ends.push(await call(limited, 'twice', `198.51.100.${n}`));
  assert.deepEqual(ends, [200, 200, 'RATE_LIMITED']);
});

test('callers are told apart by a header where a method says so, and by their address where it is missing', async () => {
  await using limited = await start('limited', proxied);
  const keyed = (key: string) => call(limited, 'once', '198.51.100.1', { 'x-api-key': key });
  assert.deepEqual([await keyed('a'), await keyed('b'), await keyed('a')], [200, 200, 'RATE_LIMITED']);
  assert.deepEqual([await call(limited, 'once'), await call(limited, 'once')], [200, 'RATE_LIMITED']);
});

test('a shared rate is that of all callers together', async () => {
  await using limited = await start('limited', proxied);
  const ends = [];
  for (const n of [1, 2, 3, 4]) ends.push(await call(limited, 'together', `198.51.100.${n}`));
  assert.deepEqual(ends, [200, 200, 200, 'RATE_LIMITED']);
});

test('the rates of service and method hold both, and what one refuses does not count for the other', async () => {
  await using limited = await start('limited', proxied);
  const ends = [];
  for (const method of ['twice', 'twice', 'twice', 'twice', 'count', 'count', 'count']) {
    ends.push(await call(limited, method));
  }
  assert.deepEqual(ends, [200, 200, 'RATE_LIMITED', 'RATE_LIMITED', 200, 200, 'RATE_LIMITED']);
});

test('a request is refused before its body is read', async () => {
  await using limited = await start('limited');
  for (const n of [1, 2]) assert.equal(await call(limited, 'twice'), 200, `${n}`);
  const socket = await dial(limited.url);
  socket.write('POST /twice HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n');
  const answer = await readAll(socket);
  assert.match(answer, /^HTTP\/1\.1 429 /);
  assert.match(answer, /connection: close/i);
});

test('the next request on the connection is answered after a small body that nobody read', async () => {
  await using limited = await start('limited');
  for (const n of [1, 2]) assert.equal(await call(limited, 'twice'), 200, `${n}`);
  const socket = await dial(limited.url);
  socket.write('POST /twice HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n\r\n{"a');
  socket.once('data', () => {
    socket.write('":1}POST /count HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}');
  });
  assert.match(await readAll(socket), /^HTTP\/1\.1 429 [\s\S]*HTTP\/1\.1 200 [\s\S]*\r\n\r\n2$/);
});

test('loading the service again gives nobody a new start', async () => {
  await using limited = await start('limited');
  for (const n of [1, 2]) assert.equal(await call(limited, 'twice'), 200, `${n}`);
  await limited.server.reload();
  assert.equal(await call(limited, 'twice'), 'RATE_LIMITED');
});
