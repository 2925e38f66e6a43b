import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggest } from './suggest.ts';

for (const [word, candidates, found] of [
  ['name', ['nmae'], 'nmae'],
  ['name', ['NAME'], 'NAME'],
  ['name', ['age'], undefined],
  ['maxTokens', ['tokens', 'max_tokens'], 'max_tokens'],
  ['a', ['b'], undefined],
  ['id', ['ID'], 'ID'],
  ['', [''], undefined],
  ['constructor', ['toString'], undefined],
] as const) {
  test(`of ${JSON.stringify(candidates)} ${found ?? 'none'} is near to "${word}"`, () => {
    assert.equal(suggest(word, candidates), found);
  });
}

test('words that are longer than any name are not compared', () => {
  assert.equal(suggest('x'.repeat(65), ['x'.repeat(65)]), undefined);
  assert.equal(suggest('x'.repeat(60), ['x'.repeat(65)]), undefined);
});

test('of very many words that are alike some are compared, and no more are asked for', () => {
  let asked = 0;
  function* words() {
    for (; asked < 1_000_000; asked++) yield `nam${asked % 10}`;
  }
  assert.equal(suggest('name', words()), 'nam0');
  assert.ok(asked < 100, String(asked));
});
