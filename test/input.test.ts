import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { dial, readAll, type Started, start } from './start.ts';

let everyday: Started;
before(async () => {
  everyday = await start('everyday');
});
after(() => everyday[Symbol.asyncDispose]());

interface ErrorBody {
  readonly error: string;
  readonly code: string;
  readonly detail: readonly {
    readonly loc: readonly (string | number)[];
    readonly msg: string;
    readonly type: string;
  }[];
}

async function refused(path: string, body: unknown): Promise<ErrorBody & { status: number }> {
  const response = await everyday.post(path, body);
  return { status: response.status, ...((await response.json()) as ErrorBody) };
}

test('arguments are named in one JSON object, and JavaScript fills in the defaults', async () => {
  const given = await everyday.post('/add', { a: 2, b: 3 });
  assert.deepEqual([given.status, await given.json()], [200, 5]);
  const defaulted = await everyday.post('/add', { a: 2 });
  assert.deepEqual([defaulted.status, await defaulted.json()], [200, 3]);
});

test('malformed JSON is answered 400 and says where it breaks', async () => {
  const { status, code, error } = await refused('/add', '{"a": 1');
  assert.deepEqual([status, code], [400, 'MALFORMED_BODY']);
  assert.match(error, /^the body is not valid JSON: .*position 7/);
});

test('a value of the wrong type is answered 400 with its path, what was wanted and what was seen', async () => {
  const { status, code, error, detail } = await refused('/greet', { person: { name: 12 } });
  assert.deepEqual([status, code], [400, 'INVALID_INPUT']);
  assert.equal(error, 'invalid input: person.name must be string, but is 12');
  assert.deepEqual(detail, [{ loc: ['person', 'name'], msg: 'must be string, but is 12', type: 'type' }]);
});

test('JSON is not coerced: a number in a string is no number', async () => {
  const { status, error } = await refused('/add', { a: '2' });
  assert.deepEqual([status, error], [400, 'invalid input: a must be number, but is "2"']);
});

test('a missing field is answered 400 and named', async () => {
  const { status, error, detail } = await refused('/greet', {});
  assert.deepEqual([status, error], [400, 'invalid input: person is missing']);
  assert.deepEqual(detail, [{ loc: ['person'], msg: 'is missing', type: 'required' }]);
});

test('a misspelt field is answered 400 with the field that it was meant to be', async () => {
  const { error } = await refused('/greet', { person: { nmae: 'Ada' } });
  assert.equal(error, 'invalid input: person.name is missing; did you mean it by "nmae"?');
});

test('several violations of a small body are all listed', async () => {
  const { detail } = await refused('/strings', { texts: [1, 'two', 3] });
  assert.deepEqual(
    detail.map(({ loc }) => loc),
    [
      ['texts', 0],
      ['texts', 2],
    ],
  );
});

test('unknown fields at the top are ignored and never reach the method', async () => {
  const response = await everyday.post('/add', { a: 1, extra: 'x', toString: 'y' });
  assert.deepEqual([response.status, await response.json()], [200, 2]);
});

test('unknown nested fields are kept', async () => {
  const person = { name: 'Ada', born: 1815 };
  const response = await everyday.post('/echo', { person });
  assert.deepEqual(await response.json(), person);
});

test('recursive types are checked all the way down', async () => {
  const { error } = await refused('/greet', {
    person: { name: 'Ada', friends: [{ name: 'Grace', friends: [{ name: '' }] }] },
  });
  assert.match(
    error,
    /^invalid input: person\.friends\[0\]\.friends\[0\]\.name must have at least 1 character, but has 0/,
  );
});

test('an empty body counts as an empty object: fine where everything may be left out, 400 where not', async () => {
  const fine = await fetch(`${everyday.url}/startedWith`, { method: 'POST' });
  assert.deepEqual([fine.status, await fine.text()], [200, 'a hook']);
  const missing = await fetch(`${everyday.url}/add`, { method: 'POST' });
  assert.equal(missing.status, 400);
  await missing.body?.cancel();
});

test('a body that is no object is answered 400', async () => {
  for (const body of ['[1]', '"text"', 'null', '12']) {
    const { status, code } = await refused('/add', body);
    assert.deepEqual([status, code], [400, 'INVALID_INPUT'], body);
  }
});

test('unknown and missing content types are read as JSON', async () => {
  for (const type of ['application/xml', 'text/plain', 'application/json; charset=utf-8', '']) {
    const response = await everyday.post('/add', { a: 1 }, { headers: { 'content-type': type } });
    assert.deepEqual([response.status, await response.json()], [200, 2], type);
  }
});

test('pickle is answered 415, since it could run code', async () => {
  const response = await everyday.post('/add', 'cos\nsystem\n', {
    headers: { 'content-type': 'application/vnd.bentoml+pickle' },
  });
  const { code } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, code], [415, 'UNSUPPORTED_MEDIA_TYPE']);
});

test("curl's `-d '{…}'`, which calls itself a form, is read as the JSON that it is, and a real form as one", async () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = await everyday.post('/add', '{"a":1}', { headers });
  assert.deepEqual([json.status, await json.json()], [200, 2]);
  const form = await everyday.post('/add', 'a=1', { headers });
  assert.deepEqual([form.status, await form.json()], [200, 2]);
});

test('a body that is not compressed as it says is answered 400, not fed to the parser', async () => {
  const response = await everyday.post('/add', '{"a":1}', { headers: { 'content-encoding': 'gzip' } });
  const { code, error } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, code, error], [400, 'MALFORMED_BODY', 'the body is not gzip, as it says']);
});

test('10 MB of nested brackets are answered 400 for their depth', async () => {
  const { status, code, error } = await refused('/strings', `{"texts":${'['.repeat(10_000_000)}`);
  assert.deepEqual([status, code, error], [400, 'MALFORMED_BODY', 'the body is nested deeper than 100 levels']);
});

test('brackets inside strings are text, not depth', async () => {
  const response = await everyday.post('/strings', { texts: ['['.repeat(1000), '\\"[['.repeat(100)] });
  assert.deepEqual([response.status, await response.json()], [200, 2]);
});

test('__proto__ keys are answered 400, also when they are escaped, and pollute nothing', async () => {
  for (const body of ['{"a":1,"__proto__":{"polluted":true}}', '{"a":1,"\\u005f_proto__":{"polluted":true}}']) {
    const { status, code } = await refused('/add', body);
    assert.deepEqual([status, code], [400, 'MALFORMED_BODY'], body);
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test('half a surrogate pair is answered 400 and named; a whole pair is text', async () => {
  const { status, code, error } = await refused('/strings', '{"texts":["fine","\\ud83d"]}');
  assert.deepEqual([status, code], [400, 'MALFORMED_BODY']);
  assert.equal(error, 'the text at /texts/1 has half of a surrogate pair, which is no character');
  const whole = await everyday.post('/strings', '{"texts":["\\ud83d\\ude00"]}');
  assert.deepEqual([whole.status, await whole.json()], [200, 1]);
});

test('bytes that are no UTF-8 are answered 400', async () => {
  const response = await fetch(`${everyday.url}/strings`, { method: 'POST', body: Buffer.from([0x7b, 0xff, 0x7d]) });
  const { error } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, error], [400, 'the body is not valid UTF-8']);
});

test('20 MB with a million wrong items are answered 400 with one violation and in bounded memory', async () => {
  const body = `{"texts":[${'12345678901234567890,'.repeat(1_000_000)}1]}`;
  const before = process.memoryUsage.rss();
  const { status, detail } = await refused('/strings', body);
  const grownMiB = (process.memoryUsage.rss() - before) / 1024 / 1024;
  assert.deepEqual([status, detail.length, detail[0]?.loc], [400, 1, ['texts', 0]]);
  // The body, its text and the parsed array, here beside the client's own copies; listing all errors would take 1.1 GB.
  assert.ok(grownMiB < 400, `grew by ${grownMiB.toFixed(0)} MiB`);
});

test('GET on a method is answered 405 with Allow, an unknown path 404 with what there is', async () => {
  const get = await fetch(`${everyday.url}/add`);
  assert.deepEqual(
    [get.status, get.headers.get('allow'), ((await get.json()) as ErrorBody).code],
    [405, 'POST', 'METHOD_NOT_ALLOWED'],
  );
  const post = await fetch(`${everyday.url}/livez`, { method: 'POST' });
  assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  await post.body?.cancel();
  const { status, code, error } = await refused('/addd', {});
  assert.deepEqual([status, code], [404, 'NOT_FOUND']);
  assert.match(error, /^\/addd is not here; there is .*\/add,/);
});

test('methods that HTTP has beside the common ones are answered like any other wrong method', async () => {
  for (const [path, status, code] of [
    ['/add', 405, 'METHOD_NOT_ALLOWED'],
    ['/nowhere', 404, 'NOT_FOUND'],
  ] as const) {
    const socket = await dial(everyday.url);
    socket.write(`PROPFIND ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    const answer = await readAll(socket);
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `) && answer.includes(`"code":"${code}"`), answer);
  }
});

test('a request target with scheme and host, as proxies send it, is understood', async () => {
  const socket = await dial(everyday.url);
  socket.write(
    'POST http://example.org/add?x=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 7\r\n\r\n{"a":1}',
  );
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 [\s\S]*\r\n\r\n2$/);
});

test('a route may be named, and names on Object.prototype are no routes', async () => {
  const response = await everyday.post('/v1/deep/route', {});
  assert.deepEqual([response.status, await response.json()], [200, true]);
  for (const path of ['/constructor', '/__proto__', '/toString', '/routed']) {
    assert.equal((await refused(path, {})).status, 404, path);
  }
});

test('a deadline header that is no number is answered 400', async () => {
  const response = await everyday.post('/add', { a: 1 }, { headers: { 'x-request-timeout-ms': 'soon' } });
  const { code, error } = (await response.json()) as ErrorBody;
  assert.deepEqual([response.status, code], [400, 'INVALID_INPUT']);
  assert.match(error, /x-request-timeout-ms is "soon"/);
});
