/** The ways in which servers write streams, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createItemDecoder } from './item-decoder.ts';

/** What a Python server means by these bytes, if each comes alone. */
function decode(text: string, output: Readonly<Record<string, unknown>>): unknown[] {
  const decoder = createItemDecoder(new Response(), { output, readOutput: undefined, url: 'http://h/f' });
  const pieces = [...new TextEncoder().encode(text)].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
  return [...pieces, ...decoder.finish()].map((piece) => (piece.kind === 'item' ? piece.value : piece.kind));
}

test('a Python server streams strings as they come, also if a character is split', () => {
  assert.deepEqual(decode('\uFEFFaé😀', { type: 'string' }), ['\uFEFF', 'a', 'é', '😀', 'end']);
});

test('text that ends within a character ends with a replacement, not with a loss', () => {
  const decoder = createItemDecoder(new Response(), {
    output: { type: 'string' },
    readOutput: undefined,
    url: 'http://h/f',
  });
  assert.deepEqual(decoder.push(Uint8Array.of(0xc3)), []);
  assert.deepEqual(decoder.finish(), [{ kind: 'item', value: '\uFFFD' }, { kind: 'end' }]);
});

test('a Python server streams bytes as they are', () => {
  const output = { type: 'string', format: 'binary' };
  const bytes = new TextEncoder().encode('é');
  assert.deepEqual(decode('é', output), [bytes.subarray(0, 1), bytes.subarray(1), 'end']);
});

test('a Python server streams JSON texts with nothing between them', () => {
  assert.deepEqual(decode('{"é": 0}{"i": [1]}"x"', {}), [{ é: 0 }, { i: [1] }, 'x', 'end']);
});
