/** Server-Sent Events, as the WHATWG specification reads them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSseParser } from './sse-parser.ts';

const encode = (text: string) => new TextEncoder().encode(text);

test('events are the same wherever the bytes are split, also inside a character and between CR and LF', () => {
  const bytes = encode(
    '\uFEFFdata: "é€😀"\r\n\r\nevent: end\rdata\r\r: comment\n\ndata:a\r\ndata:  b\r\n\nid: 7\nretry: 1\n\n',
  );
  const wanted = [
    { type: 'message', data: '"é€😀"' },
    { type: 'end', data: '' },
    { type: 'message', data: 'a\n b' },
  ];
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const parser = createSseParser();
      const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
      assert.deepEqual(
        parts.flatMap((part) => parser.push(part)),
        wanted,
        `split at ${first} and ${second}`,
      );
    }
  }
});

test('events are the same when the bytes come one by one', () => {
  const parser = createSseParser();
  const events = [...encode('data: ß\r\n\r\ndata: 2\n\n')].flatMap((byte) => parser.push(Uint8Array.of(byte)));
  assert.deepEqual(events, [
    { type: 'message', data: 'ß' },
    { type: 'message', data: '2' },
  ]);
});

test('only one leading space belongs to the framing, and lines without data make no event', () => {
  const events = createSseParser().push(encode('event: x\n\n:\ndata:  a: b\nunknown: y\ndataset: z\n\n'));
  assert.deepEqual(events, [{ type: 'message', data: ' a: b' }]);
});

test('an event that the end of the bytes cuts off is no event', () => {
  assert.deepEqual(createSseParser().push(encode('data: 1\n\ndata: 2\n')), [{ type: 'message', data: '1' }]);
});
