import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createClient } from 'bentots/client';
import type { WholeBody } from './fixtures/whole-body.ts';
import { type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

let started: Started;
before(async () => {
  started = await start('whole-body', { jsonBodyLimitBytes: 40, rawBodyLimitBytes: 60 });
});
after(() => started[Symbol.asyncDispose]());

/** POSTs a body as it is, under a content type of its own. */
async function send(path: string, body: NonNullable<RequestInit['body']>, contentType = 'application/octet-stream') {
  const headers = { 'content-type': contentType };
  const response = await fetch(`${started.url}${path}`, { method: 'POST', headers, body });
  const text = await response.text();
  return { status: response.status, text, code: response.ok ? '' : (JSON.parse(text) as { code: string }).code };
}

for (const contentType of [
  'text/plain',
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
]) {
  test(`a text is the body as it is, also under ${contentType}`, async () => {
    assert.equal((await send('/shout', '"a=b\\n"', contentType)).text, '"A=B\\N"');
  });
}

test('bytes are the body as it is, and the client sends them so', async () => {
  assert.equal((await send('/size', new Uint8Array([0xff, 0, 0x22]), 'image/png')).text, '3');
  assert.equal(await createClient<WholeBody>(started.url).size(new Uint8Array([0xff, 0])), 2);
  assert.match((await send('/size', '')).text, /the body is empty, but \/size takes it as a whole; send bytes/);
});

test('a text that is no UTF-8 is answered 400', async () => {
  const { status, text } = await send('/shout', new Uint8Array([0x66, 0xff]));
  assert.deepEqual(
    [status, JSON.parse(text)],
    [400, { error: 'the body is not valid UTF-8', code: 'MALFORMED_BODY', detail: [] }],
  );
});

test('a text has the limits of its type', async () => {
  const { status, text } = await send('/shout', 'x'.repeat(21));
  assert.equal(status, 400);
  assert.match(text, /must have at most 20 characters, but has 21/);
});

test('a destructured parameter takes the object, and its own defaults apply', async () => {
  assert.equal((await send('/add', '{"x": 2}')).text, '3');
  assert.equal((await send('/add', '{"x": 2, "y": 5}')).text, '7');
  assert.match((await send('/add', '{"x": 0.5}')).text, /x must be a whole number, but is 0\.5/);
});

test('arrays, numbers, unions and null are JSON documents', async () => {
  assert.equal((await send('/sum', '[1, 2, 3]')).text, '6');
  assert.equal((await send('/double', '21')).text, '42');
  assert.equal((await send('/area', '{"kind": "square", "side": 3}')).text, '3');
  assert.equal((await send('/maybe', 'null')).text, 'null');
  assert.equal((await send('/maybe', '"x"')).text, '"x"');
  assert.equal((await send('/maybe', 'x')).code, 'MALFORMED_BODY');
});

test('an empty body is the default where there is one, else it is answered 400 with what to send', async () => {
  assert.equal((await send('/greet', '')).text, 'Hello, World!');
  const { status, text } = await send('/sum', '');
  assert.deepEqual(
    [status, (JSON.parse(text) as { error: string }).error],
    [400, 'the body is empty, but /sum takes it as a whole; send a JSON document'],
  );
  assert.match((await send('/shout', '')).text, /send text/);
});

test('a body that is taken as it is has a limit of its own', async () => {
  assert.equal((await send('/path', 'x'.repeat(60))).status, 200);
  assert.deepEqual((await send('/path', 'x'.repeat(61))).code, 'BODY_TOO_LARGE');
  assert.deepEqual((await send('/sum', `[${'1,'.repeat(20)}1]`)).code, 'BODY_TOO_LARGE');
});

test('a pickle is refused for a text, too', async () => {
  assert.equal((await send('/shout', 'x', 'application/vnd.bentoml+pickle')).status, 415);
});

test('the context and streams are as with any method', async () => {
  assert.equal((await send('/path', 'x')).text, '/path: x');
  assert.equal((await send('/words', 'to be')).text, 'tobe');
});

test('the schema document has the bare schema and says that it is the whole body', async () => {
  const { routes } = (await (await fetch(`${started.url}/schema.json`)).json()) as {
    routes: { name: string; input: unknown }[];
  };
  const inputOf = (name: string) => routes.find((route) => route.name === name)?.input;
  assert.deepEqual(inputOf('shout'), { type: 'string', maxLength: 20, root_input: true });
  assert.deepEqual(inputOf('sum'), { type: 'array', items: { type: 'number' }, root_input: true });
});

test('OpenAPI shows the media type in which the body is sent', async () => {
  const { paths } = (await (await fetch(`${started.url}/docs.json`)).json()) as {
    paths: Record<string, { post: { requestBody: { content: object; required: boolean } } }>;
  };
  const body = (path: string) => paths[path]?.post.requestBody;
  assert.deepEqual(Object.keys(body('/shout')?.content ?? {}), ['text/plain']);
  assert.deepEqual(Object.keys(body('/sum')?.content ?? {}), ['application/json']);
  assert.deepEqual([body('/shout')?.required, body('/greet')?.required], [true, false]);
});

test('the client calls such methods with their types', async () => {
  const client = createClient<WholeBody>(started.url);
  assert.equal(await client.shout('{"text": 1}'), '{"TEXT": 1}');
  assert.equal(await client.greet(), 'Hello, World!');
  assert.equal(await client.add({ x: 1, y: 2 }), 3);
  assert.equal(await client.double(2), 4);
  const words: string[] = [];
  for await (const word of client.words('a b')) words.push(word);
  assert.deepEqual(words, ['a', 'b']);
});

const wrong: readonly (readonly [what: string, method: string, message: RegExp])[] = [
  [
    'two parameters',
    '@api({ body: true }) m(a: string, b: number): void {}',
    /service\.ts:3:\d+: S\.m has the parameters a, b, but with body: true one parameter gets the whole body; take one object: m\(options: \{ … \}\), or leave body: true out/,
  ],
  [
    'no parameter',
    '@api({ body: true }) m(context: Context): void {}',
    /S\.m has body: true, but no parameter that gets the body; add one: m\(text: string\), or leave body: true out/,
  ],
  [
    'a rest parameter',
    '@api({ body: true }) m(...all: string[]): void {}',
    /parameter "\.\.\.all" of S\.m is a rest parameter.*take an array/,
  ],
  [
    'options whose type does not say it',
    '@api({ body: Date.now() > 0 }) m(a: string): void {}',
    /the type of the options of S\.m does not say whether body is true; write it in place: @api\(\{ body: true \}\)/,
  ],
  [
    'a destructured parameter without it',
    '@api() m({ a }: { a: string }): void {}',
    /parameter "\{ a \}" of S\.m is destructured.*take the body as a whole with @api\(\{ body: true \}\)/,
  ],
];

for (const [what, method, message] of wrong) {
  test(`the server does not start with ${what}`, async () => {
    using written = writeFiles({
      'service.ts': `import { api, type Context, service } from 'bentots';\n@service() export class S {\n${method}\n}\n`,
    });
    await assert.rejects(start(written.file), message);
  });
}
