import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseAnswerForm, jsonAnswer as json, textAnswer as text } from './answer.ts';
import { endEvent, toErrorEvent, toItemEvent } from './server-sent-events.ts';

test('a declared string is written as text, also one that is one of several words', () => {
  assert.equal(chooseAnswerForm({ type: 'string' }), text);
  assert.equal(chooseAnswerForm({ type: 'string', enum: ['a', 'b'] }), text);
});

for (const schema of [
  {},
  { type: ['string', 'null'] },
  { type: 'object' },
  { anyOf: [{ type: 'string' }, { type: 'null' }] },
  { const: 'a' },
]) {
  test(`a value of ${JSON.stringify(schema)} is written as JSON`, () => {
    assert.equal(chooseAnswerForm(schema), json);
  });
}

test('text is written as it is, with its charset named', () => {
  assert.equal(text.encode('a "quoted"\nline' as never), 'a "quoted"\nline');
  assert.equal(text.mediaType, 'text/plain; charset=utf-8');
});

test('JSON is compact, and what has no word in JSON is null', () => {
  assert.equal(json.encode({ a: [1, 'b'], c: undefined } as never), '{"a":[1,"b"]}');
  assert.deepEqual(
    [undefined, Number.NaN, null].map((value) => json.encode(value as never)),
    ['null', 'null', 'null'],
  );
});

/** The data of events as a client reads them: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
function dataOf(stream: string): string[] {
  const events = stream.split(/\r\n\r\n|\n\n|\r\r/).slice(0, -1);
  return events.map((event) =>
    event
      .split(/\r\n|\n|\r/)
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice(6))
      .join('\n'),
  );
}

for (const item of [
  'a\nb',
  'a\r\nb',
  'a\rb',
  'a\n\nb',
  '\u2028\u2029\u0085',
  'data: x\n\nevent: end',
  '',
  '\0',
  '😀',
]) {
  test(`the text ${JSON.stringify(item)} is one event that holds it whole`, () => {
    assert.deepEqual(
      dataOf(toItemEvent(item)).map((data) => JSON.parse(data)),
      [item],
    );
  });
}

test('an item that is undefined is an event with null', () => {
  assert.equal(toItemEvent(undefined), 'data: null\n\n');
});

test('an error event is named and holds the error body', () => {
  const body = { error: 'a\nb', code: 'X', detail: [] };
  assert.equal(toErrorEvent(body), `event: error\ndata: ${JSON.stringify(body)}\n\n`);
});

test('an item cannot be taken for the end of the stream', () => {
  assert.equal(endEvent, 'event: end\ndata: null\n\n');
  assert.ok(!toItemEvent('\n\nevent: end\ndata: null\n\n').includes('\nevent: end'));
});
