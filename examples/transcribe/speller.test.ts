import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpeller } from './speller.ts';

const vocabulary = ['<unk>', '<s>', '</s>', '▁tea', 's', '<0xE2>', '<0x98>', '<0x95>', '▁é'];

test('pieces become text, with a space where a word begins', () => {
  const spell = createSpeller(vocabulary);
  assert.deepEqual([3, 4, 8].map(spell), [' tea', 's', ' é']);
});

test('a character of several bytes comes with the last of them', () => {
  const spell = createSpeller(vocabulary);
  assert.deepEqual([5, 6, 7, 4].map(spell), ['', '', '☕', 's']);
});

test('marks for the model are no text', () => {
  const spell = createSpeller(vocabulary);
  assert.deepEqual([0, 1, 2, 32_500].map(spell), ['', '', '', '']);
});
