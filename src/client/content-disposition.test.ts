/** Names of files on the way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDisposition } from '../io/content-disposition.ts';
import { parseFileName } from './content-disposition.ts';

test('a name comes back as it was, whatever is in it', () => {
  for (const name of ['a.txt', 'é f.txt', 'a"b.txt', "it's (1)*.txt", '100%.txt', 'a;b=c.txt', '日本.png', '😀']) {
    assert.equal(parseFileName(toDisposition('a/b', name)), name);
    assert.doesNotThrow(() => new Headers([['content-disposition', toDisposition('a/b', name)]]));
  }
  assert.equal(parseFileName(toDisposition('a/b', 'half \ud83d')), 'half \ufffd');
});

test('names are read in every way in which servers write them', () => {
  assert.equal(parseFileName('attachment; filename="a.txt"'), 'a.txt');
  assert.equal(parseFileName('inline; filename=a.txt; size=3'), 'a.txt');
  assert.equal(parseFileName("attachment; filename*=utf-8''%C3%A9%20f.txt"), 'é f.txt');
  assert.equal(parseFileName(`attachment; filename="e.txt"; filename*=UTF-8'en'%C3%A9.txt`), 'é.txt');
  assert.equal(parseFileName(`attachment; FileName = "a\\"b\\\\c"`), 'c');
  assert.equal(parseFileName("attachment; filename*=utf-8''%E0%A4; filename=plain.txt"), 'plain.txt');
});

test('a name has no folder and no line, and may be missing', () => {
  assert.equal(parseFileName('attachment; filename="../../etc/passwd"'), 'passwd');
  assert.equal(parseFileName('attachment; filename="C:\\\\evil.exe"'), 'evil.exe');
  assert.equal(parseFileName("attachment; filename*=utf-8''a%00%0d%0ab"), 'ab');
  for (const none of [
    null,
    'inline',
    'attachment; filename=""',
    'attachment; filename=".."',
    'attachment; filename="a/"',
  ]) {
    assert.equal(parseFileName(none), undefined);
  }
});
