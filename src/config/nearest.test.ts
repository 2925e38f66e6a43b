import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

const known = ['workers', 'traffic', 'timeoutMs', 'name'];

for (const [word, expected] of [
  ['worker', 'workers'],
  ['WORKERS', 'workers'],
  ['timeout', 'timeoutMs'],
  ['traffci', 'traffic'],
  ['nmae', 'name'],
  ['name', 'name'],
] as const) {
  test(`"${word}" was probably meant to be "${expected}"`, () => {
    assert.equal(nearest(word, known), expected);
  });
}

test('a word that is nothing like any other has no nearest one', () => {
  assert.equal(nearest('elephant', known), undefined);
  assert.equal(nearest('x', []), undefined);
});

test('of two that are equally near the first is taken', () => {
  assert.equal(nearest('cat', ['bat', 'hat']), 'bat');
});
