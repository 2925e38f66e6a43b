/** What a caller asks for with `Accept`, on a real socket. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';

let answers: Started;
before(async () => {
  answers = await start('answers');
});
after(() => answers[Symbol.asyncDispose]());

const file = { name: 'a.csv', type: 'text/csv', text: 'hi' };
const words = ['say', '"hi"'];

async function ask(path: string, body: unknown, accept?: string) {
  const response = await answers.post(path, body, accept === undefined ? {} : { headers: { accept } });
  const [type, vary] = ['content-type', 'vary'].map((name) => response.headers.get(name));
  return { type, vary, text: await response.text() };
}

for (const [what, path, body, accept, type, text] of [
  ['a text is JSON', '/text', { words }, 'application/json', 'application/json', String.raw`"say \"hi\""`],
  ['a text is a text', '/text', { words }, 'text/plain', 'text/plain; charset=utf-8', 'say "hi"'],
  ['bytes are base64 text', '/bytes', {}, 'application/json', 'application/json', '"Bwc="'],
  [
    'a file is an object with base64 text',
    '/file',
    file,
    'application/json;q=0.9, image/*;q=0.1',
    'application/json',
    '{"data":"aGk=","type":"text/csv","name":"a.csv"}',
  ],
  ['a file is its bytes', '/file', file, 'application/json, text/plain, */*', 'text/csv', 'hi'],
  ['what nobody can give is the usual', '/file', file, 'text/html;q=0', 'text/csv', 'hi'],
] as const) {
  test(`${what} for who accepts ${accept}`, async () => {
    assert.deepEqual(await ask(path, body, accept), { type, vary: 'Accept', text });
  });
}

test('an answer that has only one form does not depend on what is accepted', async () => {
  assert.deepEqual(await ask('/number', {}, 'text/plain'), {
    type: 'application/json',
    vary: null,
    text: '1',
  });
});

test('what does not fit its type is refused in every form', async () => {
  for (const accept of ['*/*', 'application/json']) {
    const { type, text } = await ask('/untrue', {}, accept);
    assert.deepEqual([type, JSON.parse(text).code], ['application/json', 'OUTPUT_INVALID']);
  }
});

test('items of a stream are events for who accepts those, and bytes for others', async () => {
  assert.deepEqual(await ask('/chunks', {}, 'text/event-stream'), {
    type: 'text/event-stream; charset=utf-8',
    vary: 'Accept',
    text: 'data: "AQI="\n\ndata: "Aw=="\n\nevent: end\ndata: null\n\n',
  });
  assert.equal((await ask('/chunks', {})).text, '\u0001\u0002\u0003');
});
