import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { test } from 'node:test';
import type { Log } from '../sdk/context.ts';
import type { Cookie } from '../spec/invocation.ts';
import { createContext } from './context.ts';

const log: Log = { debug() {}, info() {}, warn() {}, error() {} };

const create = (headers: Readonly<Record<string, string>> = {}) =>
  createContext({
    request: { path: '/run', headers },
    signal: new AbortController().signal,
    deadline: new Date(0),
    state: {},
    log,
  });

test('a method that changes nothing about its answer sends nothing about it', () => {
  const { context, changes } = create();
  assert.equal(context.response.status, 200);
  assert.equal(changes(), undefined);
});

test('status, headers and cookies are what the method set', () => {
  const { context, changes } = create();
  context.response.status = 201;
  context.response.headers.set('X-Mine', 'a');
  context.response.headers.append('x-mine', 'b');
  context.response.setCookie('id', 'abc', { httpOnly: true });
  assert.equal(context.response.status, 201);
  assert.deepEqual(changes(), {
    status: 201,
    headers: [['x-mine', 'a, b']],
    cookies: [{ name: 'id', value: 'abc', httpOnly: true }],
  });
  assert.deepEqual(structuredClone(changes()), changes());
});

for (const status of [199, 400, 500, 101, 200.5, Number.NaN, '200', undefined]) {
  test(`the status of a good answer cannot be ${String(status)}`, () => {
    const { context, changes } = create();
    assert.throws(() => {
      context.response.status = status as number;
    }, /must be from 200 to 399; to answer an error throw an ApiError/);
    assert.equal(changes(), undefined);
  });
}

test('request headers are read by any case', () => {
  const { context } = create({ 'x-yours': 'a, b' });
  assert.deepEqual([context.request.headers.get('X-Yours'), context.request.path], ['a, b', '/run']);
  assert.equal(context.request.headers, context.request.headers);
});

for (const value of ['a\r\nset-cookie: b=c', 'a\nb', 'a\0b']) {
  test(`a header cannot be ${JSON.stringify(value)}`, () => {
    assert.throws(() => create().context.response.headers.set('x-mine', value), TypeError);
  });
}

for (const value of ['a\u0001b', 'a\u007fb', '\u001b[31m']) {
  // `Headers` takes these, but Node's HTTP does not send them: the method has to hear of it, not the gateway.
  test(`a header cannot have the control character in ${JSON.stringify(value)}`, () => {
    const { context, changes } = create();
    assert.throws(() => {
      context.response.headers.set('x-mine', value);
      changes();
    });
  });
}

for (const name of ['', 'a b', 'a=b', 'a;b', 'a,b', 'a\r\n', 'é', 'a"', '(a)', '{a}']) {
  test(`a cookie cannot be named ${JSON.stringify(name)}`, () => {
    assert.throws(() => create().context.response.setCookie(name, 'x'), /no name for a cookie/);
  });
}

for (const value of ['a b', 'a;b', 'a,b', 'a"b', 'a\\b', 'a\r\nset-cookie: x=y', 'é', '\0', 'a\n']) {
  test(`a cookie cannot be ${JSON.stringify(value)}`, () => {
    assert.throws(() => create().context.response.setCookie('id', value), /encodeURIComponent/);
  });
}

test('a cookie may have every character that RFC 6265 allows, and may be empty', () => {
  const { context, changes } = create();
  const value = "!#$%&'()*+-./0123456789:<=>?@ABC[]^_`abc{|}~";
  context.response.setCookie("!#$%&'*+-.^_`|~aZ0", value);
  context.response.setCookie('empty', '');
  assert.deepEqual(
    changes()?.cookies.map((cookie) => cookie.value),
    [value, ''],
  );
});

for (const options of [
  { path: '/;Domain=evil' },
  { path: '/a\r\nx: y' },
  { domain: 'a;b' },
  { domain: 'a\nb' },
  { path: '/é' },
  { sameSite: 'none; Domain=evil' },
  { sameSite: 'lax\r\nx: y' },
  { maxAgeSeconds: Number.NaN },
  { maxAgeSeconds: '1; Domain=evil' },
  { expires: new Date(Number.NaN) },
  { expires: 'tomorrow' },
]) {
  test(`a cookie cannot have ${JSON.stringify(options)}`, () => {
    assert.throws(() => create().context.response.setCookie('id', 'x', options as Partial<Cookie>));
  });
}

const ownFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('bentots-request-'));

test('the folder of a call is made at first use, is always the same, and is removed with what is in it', async () => {
  const { context, cleanUp } = create();
  const { tempDir } = context;
  assert.deepEqual([isAbsolute(tempDir), existsSync(tempDir), context.tempDir === tempDir], [true, true, true]);
  assert.ok(ownFolders().length > 0);
  writeFileSync(join(tempDir, 'file'), 'x');
  await cleanUp();
  assert.equal(existsSync(tempDir), false);
});

test('two calls have two folders', async () => {
  const [first, second] = [create(), create()];
  assert.notEqual(first.context.tempDir, second.context.tempDir);
  await Promise.all([first.cleanUp(), second.cleanUp()]);
});

test('a call that asks for no folder has none to clean up', async () => {
  const before = ownFolders();
  await create().cleanUp();
  assert.deepEqual(ownFolders(), before);
});

test('a folder that the method removed itself is no trouble', async () => {
  const { context, cleanUp } = create();
  const { rmSync } = await import('node:fs');
  rmSync(context.tempDir, { recursive: true });
  await cleanUp();
});
