/** Whatever an author's method does, the gateway answers that call, and the next one. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ServerHandle, serve } from './serve.ts';

const file = fileURLToPath(new URL('./hostile.fixture.ts', import.meta.url));
const logTo = { write() {} };
let server: ServerHandle;
before(async () => {
  server = await serve(file, { port: 0, logTo });
});
after(() => server.stop());

const post = (path: string, body: object = {}) =>
  fetch(server.url + path, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(3000) });

for (const [what, path, body, statuses] of [
  ['a header with a control character', '/header', { text: 'a\u0001b' }, [500]],
  ['a header of a stream with a control character', '/streamHeader', { text: 'a\u0001b' }, [500]],
  ['an attribute of a cookie with a line break', '/cookie', { text: 'lax\r\nx-evil: 1' }, [500]],
  ['a value that holds itself', '/round', {}, [500]],
  ['a value that holds itself and does not fit', '/roundAndWrong', {}, [500]],
  ['an item that holds itself', '/roundStream', {}, [500]],
  ['a value that JSON cannot say', '/big', {}, [500]],
  ['an error whose details JSON cannot say', '/detail', {}, [422, 500]],
  ['an error whose details cannot leave the worker', '/unsendableDetail', {}, [422, 500]],
  ['an error with a status that is none', '/status', {}, [500]],
  ['what is said to the parent process', '/tellParent', {}, [200]],
] as const) {
  test(`${what} concerns its own call only`, async () => {
    const response = await post(path, body);
    await response.text();
    assert.ok((statuses as readonly number[]).includes(response.status), String(response.status));
    assert.equal(response.headers.get('x-evil'), null);
    assert.equal(await (await post('/ping')).text(), 'pong');
  });
}

test('a start that was given up before it began never serves', async () => {
  const starting = serve(file, { port: 0, logTo, signal: AbortSignal.abort() });
  starting.then((late) => late.stop()).catch(() => {});
  await assert.rejects(starting, { code: 'STOPPING' });
});
