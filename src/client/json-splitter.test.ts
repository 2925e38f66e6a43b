/** JSON texts without anything between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonSplitter } from './json-splitter.ts';

test('texts are the same wherever the body is split', () => {
  const wanted = ['{"i":[0,{"a":"}\\"]"}]}', '[]', '"a\\\\"', '{"b":"\\u007b"}'];
  const body = wanted.join('');
  for (let first = 0; first <= body.length; first++) {
    for (let second = first; second <= body.length; second++) {
      const splitter = createJsonSplitter();
      const parts = [body.slice(0, first), body.slice(first, second), body.slice(second)];
      assert.deepEqual(
        parts.flatMap((part) => splitter.push(part)),
        wanted,
        `split at ${first} and ${second}`,
      );
      assert.equal(splitter.rest(), '');
    }
  }
});

test('a bare number or word ends with its chunk', () => {
  const splitter = createJsonSplitter();
  assert.deepEqual(
    [...splitter.push('1'), ...splitter.push('2.5'), ...splitter.push('null{}')],
    ['1', '2.5', 'null', '{}'],
  );
});

test('what is left of an unfinished text is told', () => {
  const splitter = createJsonSplitter();
  assert.deepEqual(splitter.push('{}{"a":"'), ['{}']);
  assert.equal(splitter.rest(), '{"a":"');
});
