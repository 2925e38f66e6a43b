import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeFrame } from './code-frame.ts';

const frameOf = (text: string, column: number, length?: number) =>
  codeFrame(text, 1, column, length)?.split('\n') ?? [];

/** What stands above the carets; every character of it must be one column wide. */
function underlined(frame: readonly string[]): string {
  const [source = '', carets = ''] = frame;
  return source.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1);
}

test('the line of the place is shown with its number, and what is meant is underlined', () => {
  const text = 'class Embedder {\n  async embed(when: Date): Promise<number[]> {\n';
  assert.equal(
    codeFrame(text, 2, 21, 4),
    '    2 |   async embed(when: Date): Promise<number[]> {\n      |                     ^^^^',
  );
});

test('without a length the word at the place is underlined', () => {
  for (const [text, column, word] of [
    ['@api m(when: Date)', 8, 'when'],
    [' * @minimum 0', 4, '@minimum'],
    ['#ping() {}', 1, '#ping'],
    ['m({ a }: X)', 3, '{'],
    ['m($a_1)', 3, '$a_1'],
  ] as const) {
    assert.equal(underlined(frameOf(text, column)), word);
  }
});

for (const [name, separator] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
  ['U+2028', '\u2028'],
] as const) {
  test(`lines that end with ${name} are counted as the compiler counts them`, () => {
    assert.equal(codeFrame(`a${separator}b: Date${separator}c`, 2, 4, 4), '    2 | b: Date\n      |    ^^^^');
  });
}

test('tabs are shown as two columns each, so that the carets stand right whatever the terminal does with tabs', () => {
  assert.deepEqual(frameOf('\t\tm(a:\tDate)', 8, 4), ['    1 |     m(a:  Date)', '      |           ^^^^']);
});

test('characters that take two columns, or none, do not move the carets', () => {
  assert.deepEqual(frameOf("a: '漢字' | Date", 11, 4), ["    1 | a: '漢字' | Date", '      |             ^^^^']);
  assert.deepEqual(frameOf("'😀', Date", 7, 4), ["    1 | '😀', Date", '      |       ^^^^']);
  assert.deepEqual(frameOf("'e\u0301', Date", 7, 4), ["    1 | 'e\u0301', Date", '      |      ^^^^']);
  assert.deepEqual(frameOf('m(名前: 型)', 3), ['    1 | m(名前: 型)', '      |   ^^^^']);
});

test('escape sequences and marks of direction do not reach the terminal', () => {
  assert.deepEqual(frameOf("'\u001b[31m\u202e', Date", 11, 4), [
    "    1 | '\ufffd[31m\ufffd', Date",
    '      |           ^^^^',
  ]);
});

test('of a range of several lines the first is underlined to its end', () => {
  assert.deepEqual(codeFrame('m(a: {\n  b: () => void\n})', 1, 6, 20)?.split('\n'), [
    '    1 | m(a: {',
    '      |      ^',
  ]);
});

test('a place after the end of a line has a caret behind it', () => {
  assert.deepEqual(frameOf('class A {', 10, 0), ['    1 | class A {', '      |          ^']);
  assert.deepEqual(frameOf('class A {', 99, 5), ['    1 | class A {', '      |          ^']);
  assert.deepEqual(frameOf('', 1), ['    1 |', '      | ^']);
});

test('a line that is not there has no frame', () => {
  assert.equal(codeFrame('a\nb', 3, 1), undefined);
});

test('of a long line some 120 columns around the place are shown', () => {
  const start = frameOf(`m(a: Date, ${'b'.repeat(500)})`, 6, 4);
  assert.equal(underlined(start), 'Date');
  assert.match(start[0] ?? '', /^ {4}1 \| m\(a: Date, b+…$/);
  const middle = frameOf(`${'a'.repeat(300)}Date${'b'.repeat(300)}`, 301, 4);
  assert.equal(underlined(middle), 'Date');
  assert.match(middle[0] ?? '', /^ {4}1 \| …a{39}Dateb+…$/);
  const long = frameOf(`m(a: ${'D'.repeat(500)})`, 6, 500);
  for (const [source = '', carets = ''] of [start, middle, long]) {
    assert.equal(source.length, '    1 | '.length + 120);
    assert.ok(carets.length <= source.length);
  }
});

test('what is underlined is never cut away, wherever in a long line it stands', () => {
  const text = 'ab漢😀'.repeat(300);
  for (let at = 0; at <= 300; at += 1) {
    const marked = `${text.slice(0, 5 * at)}Date${text}`;
    const [source = '', carets = ''] = frameOf(marked, 5 * at + 1, 4);
    assert.ok(source.includes('Date') && carets.endsWith('^^^^') && carets.length < 130, `${at}: ${source}`);
  }
});

test('a line of megabytes takes no longer than any other', () => {
  const text = `${'a'.repeat(5_000_000)}Date${'b'.repeat(5_000_000)}`;
  assert.equal(underlined(frameOf(text, 5_000_001, 4)), 'Date');
  assert.equal(frameOf(text, 1)[0]?.length, 128);
});
