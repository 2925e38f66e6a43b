import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack, unpack } from './crossing.ts';
import { ServerEvent, type ServerEventFields } from './server-event.ts';

test('an event holds what it was given', () => {
  const { data, event, id, retryMs } = new ServerEvent([1], { event: 'token', id: '', retryMs: 0 });
  assert.deepEqual([data, event, id, retryMs], [[1], 'token', '', 0]);
});

const refused: readonly (readonly [ServerEventFields, RegExp])[] = [
  [{ event: '' }, /^the name of an event is "", but must be text in one line$/],
  [{ event: 'a\nb' }, /^the name of an event is "a\\nb"/],
  [{ event: 'a\rb' }, /^the name of an event is "a\\rb"/],
  [{ event: '\ud800' }, /^the name of an event is/],
  [{ event: 5 as unknown as string }, /^the name of an event is 5/],
  [{ event: 'end' }, /^an event cannot be named "end": so is the one that tells how the stream ended; choose another/],
  [{ event: 'error' }, /^an event cannot be named "error"/],
  [{ id: 'a\0b' }, /^the id of an event is "a\\u0000b", but must be text in one line, without NUL$/],
  [{ id: 'a\r\nb' }, /^the id of an event is/],
  [{ retryMs: -1 }, /^retryMs is -1, but must be a whole number of milliseconds from 0$/],
  [{ retryMs: 1.5 }, /^retryMs is 1.5/],
  [{ retryMs: Number.POSITIVE_INFINITY }, /^retryMs is Infinity/],
];

for (const [fields, message] of refused) {
  test(`an event with ${JSON.stringify(fields)} is refused: ${message.source.slice(1, 30)}`, () => {
    assert.throws(() => new ServerEvent(1, fields), { message });
  });
}

test('an event crosses to another process, with whatever it holds', () => {
  const sent = structuredClone(pack(new ServerEvent(new URL('http://a/'), { id: '1' })));
  assert.deepEqual(unpack(sent), new ServerEvent(new URL('http://a/'), { id: '1' }));
});
