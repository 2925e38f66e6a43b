/** How a JSDoc comment is taken apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseComment, parseMethodComment } from './jsdoc.ts';

const comment = (text: string) => ({ text, location: { file: '/a.ts', line: 10, column: 3 }, isOwn: true });
const tagsOf = (text: string) => parseComment(comment(text)).tags.map((tag) => [tag.name, tag.text]);

test('a description keeps its paragraphs and loses its stars', () => {
  assert.equal(
    parseComment(comment('/**\n   * One.\n   *\n   * Two\n   *   indented.\n   */')).description,
    'One.\n\nTwo\n  indented.',
  );
  assert.equal(parseComment(comment('/** One. */')).description, 'One.');
  assert.equal(parseComment(comment('/***/')).description, '');
});

test('links become their text', () => {
  assert.equal(
    parseComment(comment('/** See {@link Foo}, {@link Bar | the bar} and {@linkcode baz}. */')).description,
    'See Foo, the bar and baz.',
  );
});

test('tags stand on lines of their own or follow each other', () => {
  assert.deepEqual(tagsOf('/**\n * Text.\n * @minimum 0\n * @maximum 2 @integer\n */'), [
    ['minimum', '0'],
    ['maximum', '2'],
    ['integer', ''],
  ]);
  assert.deepEqual(tagsOf('/** Degrees. @minimum 0 */'), [['minimum', '0']]);
});

test('an unknown word with an at sign inside a line is text', () => {
  assert.deepEqual(tagsOf('/**\n * Mail me @home.\n * @pattern ^[a-z]+@here$\n * @see someone@minimum.org\n */'), [
    ['pattern', '^[a-z]+@here$'],
    ['see', 'someone@minimum.org'],
  ]);
});

test('what looks like a tag inside a code block is text', () => {
  assert.deepEqual(tagsOf('/**\n * ```ts\n * @minimum 3\n * ```\n * @maximum 1\n */'), [['maximum', '1']]);
});

test('a tag knows its line and column', () => {
  const { tags } = parseComment(comment('/** A.\n   * @minimum 0 @maximum 2\n   */'));
  assert.deepEqual(
    tags.map(({ location }) => [location.line, location.column]),
    [
      [11, 6],
      [11, 17],
    ],
  );
  const [inline] = parseComment(comment('/** @minimum 0 */')).tags;
  assert.deepEqual([inline?.location.line, inline?.location.column], [10, 7]);
});

test('tags after a parameter belong to it, those after returns to the result', () => {
  const docs = parseMethodComment(
    comment(`/**
     * Text.
     * @param {string} a - First. @minLength 1
     * @param [b=3] Second,
     *   in two lines.
     * @maximum 9
     * @returns {number} A score. @minimum 0
     * @deprecated
     */`),
  );
  const names = (tags: readonly { name: string }[] | undefined) => tags?.map(({ name }) => name);
  assert.equal(docs.description, 'Text.');
  assert.deepEqual(
    [docs.parameters.get('a')?.description, names(docs.parameters.get('a')?.tags)],
    ['First.', ['minLength']],
  );
  assert.deepEqual(
    [docs.parameters.get('b')?.description, names(docs.parameters.get('b')?.tags)],
    ['Second,\nin two lines.', ['maximum']],
  );
  assert.deepEqual([docs.returns?.description, names(docs.returns?.tags)], ['A score.', ['minimum']]);
  assert.deepEqual(names(docs.tags), ['deprecated']);
});

test('a parameter may be named like a member of every object', () => {
  const docs = parseMethodComment(
    comment('/** @param constructor Who. @param is a word\n * @param __proto__ What. */'),
  );
  assert.equal(docs.parameters.get('constructor')?.description, 'Who. @param is a word');
  assert.equal(docs.parameters.get('__proto__')?.description, 'What.');
});
