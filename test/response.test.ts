/** Methods that make their HTTP answers themselves. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'bentots/client';
import { createNote, type Started, start } from './start.ts';

let responding: Started;
before(async () => {
  responding = await start('responding');
});
after(() => responding[Symbol.asyncDispose]());

const ask = (path: string, body: unknown = {}, init: RequestInit = {}) =>
  fetch(`${responding.url}${path}`, { method: 'POST', body: JSON.stringify(body), redirect: 'manual', ...init });

test('status, headers and body are those of the method', async () => {
  const response = await ask('/json', { name: 'Ada' });
  const { headers } = response;
  assert.deepEqual(
    [response.status, headers.get('x-mine'), headers.get('content-type'), await response.json()],
    [201, 'yes', 'application/json', { name: 'Ada' }],
  );
  assert.match(headers.get('x-bentoml-request-id') ?? '', /^[0-9a-f]{16}$/);
});

test('a redirection, an error and an answer without a body are answered as they are', async () => {
  const moved = await ask('/moved');
  assert.deepEqual([moved.status, moved.headers.get('location')], [307, 'http://elsewhere.example/']);
  const teapot = await ask('/teapot');
  assert.deepEqual([teapot.status, await teapot.text()], [418, 'short and stout']);
  const nothing = await ask('/nothing');
  assert.deepEqual([nothing.status, await nothing.text(), nothing.headers.get('transfer-encoding')], [204, '', null]);
});

test('cookies of both kinds are set, and what frames the message stays ours', async () => {
  const response = await ask('/cookies');
  const { headers } = response;
  assert.deepEqual(headers.getSetCookie(), ['a=1; Path=/; SameSite=Lax', 'b=2; Path=/x', 'c=3']);
  assert.deepEqual(
    [headers.get('x-from-context'), headers.get('content-encoding'), await response.text()],
    ['yes', null, 'a longer text'],
  );
  assert.notEqual(headers.get('date'), 'never');
});

test('a cookie that no header may have is 500 without anything else of the answer', async () => {
  const response = await ask('/baked');
  assert.deepEqual([response.status, response.headers.get('x-mine')], [500, null]);
});

test('an input that does not fit is refused before the method makes an answer', async () => {
  assert.equal((await ask('/json', { name: 1 })).status, 400);
});

test('the head is there before the body; a caller that leaves cancels the body', async () => {
  using note = createNote();
  const departure = new AbortController();
  const response = await ask('/waits', { note: note.path }, { signal: departure.signal });
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/x-slow']);
  departure.abort();
  await note.until('cancelled');
});

test('a reader that stalls pauses the body', async () => {
  using note = createNote();
  const departure = new AbortController();
  const response = await ask('/endless', { note: note.path }, { signal: departure.signal });
  await response.body?.getReader().read();
  for (let probe = 0; probe < 100; probe++) await (await fetch(`${responding.url}/livez`)).text();
  departure.abort();
  const made = Number(/cancelled after (\d+)/.exec(await note.until('cancelled'))?.[1]);
  assert.ok(made < 200, `${made} pieces of 64 KiB were made for a reader that took few`);
});

test('a body that fails midway cuts the connection, and the log says why', async () => {
  const response = await ask('/breaks');
  await assert.rejects(response.text(), /terminated/);
  await responding.line(({ level, message }) => level === 'error' && message.includes('a secret of a body'));
});

for (const [path, words] of [
  ['/spent', 'the body of the Response was read already'],
  ['/wrong', 'the Response is Response.error(), which has no status; throw an ApiError'],
  ['/lies', 'the method is declared to give a Response, but gave string'],
  ['/hidden', 'is a Response, which only a method that is declared to give one can answer with'],
] as const) {
  test(`what cannot be answered is 500, and the log says why: ${words}`, async () => {
    const response = await ask(path);
    const { code } = (await response.json()) as { code: string };
    assert.deepEqual([response.status, code], [500, 'OUTPUT_INVALID']);
    await responding.line(({ level, message }) => level === 'error' && message.includes(words));
  });
}

test('a body whose pieces are no bytes is cut', async () => {
  await assert.rejects(async () => (await ask('/texts')).text(), /terminated/);
  await responding.line(({ message }) => message.includes('it is string, and not what its type says'));
});

test('clients learn that it is an answer, and ours gives it', async () => {
  const { routes } = (await (await fetch(`${responding.url}/schema.json`)).json()) as {
    routes: { name: string; output: unknown }[];
  };
  const output = routes.find(({ name }) => name === 'json')?.output;
  assert.deepEqual(output, { type: 'string', format: 'binary', 'x-io-type': 'bytes', 'x-is-response': true });
  const response = await createClient<{ json(name: string): Response }>(responding.url).json('Ada');
  assert.deepEqual([response.status, await response.json()], [201, { name: 'Ada' }]);
  const { paths } = (await (await fetch(`${responding.url}/docs.json`)).json()) as {
    paths: Record<string, { post: { responses: Record<string, { content: unknown }> } }>;
  };
  assert.deepEqual(paths['/json']?.post.responses['200']?.content, { '*/*': {} });
});
