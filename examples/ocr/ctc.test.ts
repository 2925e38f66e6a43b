import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRows } from './ctc.ts';

const classes = ['', 'a', 'b', ' '];
const blank = [0.9, 0.1, 0, 0];
const a = [0.1, 0.8, 0.1, 0];
const b = [0, 0.2, 0.6, 0.2];
const space = [0, 0, 0, 1];

test('a character that goes on is one, and one that comes again after a blank is two', () => {
  const { text } = readRows(Float32Array.from([a, a, blank, a, b, b, blank].flat()), classes);
  assert.equal(text, 'aab');
});

test('the score is the mean of the characters, and blanks do not count', () => {
  const { score } = readRows(Float32Array.from([blank, a, blank, b].flat()), classes);
  assert.equal(score.toFixed(3), '0.700');
});

test('nothing but blanks is no text', () => {
  assert.deepEqual(readRows(Float32Array.from([blank, blank].flat()), classes), { text: '', score: 0 });
});

test('spaces stay between characters, and not around them', () => {
  assert.equal(readRows(Float32Array.from([space, a, space, b, space].flat()), classes).text, 'a b');
});
