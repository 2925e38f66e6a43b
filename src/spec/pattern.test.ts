/** Which patterns could hang a server, and which cannot. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyUnsafe } from './pattern.ts';

const safe = [
  '^[a-z]+$',
  '^[a-z0-9]+(-[a-z0-9]+)*$',
  '^\\d{4}-\\d{2}-\\d{2}$',
  '^-?\\d+(\\.\\d+)?$',
  '^(?:https?|ftp):\\/\\/',
  '^#(?:[0-9a-f]{3}){1,2}$',
  '^[^\\s@]+@[^\\s@.]+(\\.[^\\s@.]+)+$',
  '^.*\\.png$',
  '^(foo|foobar)$',
  '^[\\w.-]{1,64}$',
  '\\.(?:png|jpe?g)$',
  'abc',
  '',
  '^(?<year>\\d+)-(?<month>\\d+)$',
  '^\\p{L}+$',
  '^[^\\p{L}]+$',
  '^a*b*c*$',
  '^\\u{1F600}+\\x41\\u0042\\cA\\0$',
  '^[\\b\\-\\]]+$',
  '^(a|b)*$',
  '^(?:[a-z]+,)*[a-z]+;$'.replace('[a-z]+;', '[0-9]+;'),
  '^a+?b$',
];

for (const pattern of safe) {
  test(`the pattern ${pattern || '(empty)'} is safe`, () => assert.equal(whyUnsafe(pattern), undefined));
}

const shared = /^has two repetitions that can share the same characters/;
const unsafe: readonly (readonly [string, RegExp])[] = [
  ['(a+)+', /^repeats without a limit but does not begin with \^/],
  ['[a-z]+$', /^repeats without a limit but does not begin with \^/],
  ['^(a+)+$', shared],
  ['^(a*)*$', /^has a repetition of something that can be empty/],
  ['^(a|a)*$', /^has alternatives that can begin with the same character/],
  ['^(a|ab)*c$', /^has alternatives that can begin with the same character/],
  ['^(\\w|\\d)+$', /^has alternatives that can begin with the same character/],
  ['^(a?){30}a{30}$', /^has a repetition of something that can be empty/],
  ['^\\d+\\d+$', shared],
  ['^\\s*(.*)\\s*$', shared],
  ['^.*a.*b$', shared],
  ['^[^@]+@[^@]+\\.[^@]+$', shared],
  ['^(x{1,3})*$', /^has a repetition that can end before a character it also accepts/],
  ['^(a|b|ab){1,20}$', /^has alternatives/],
  ['^a{0,300}a{0,300}$', /^has a repetition that can end/],
  ['^(a+b?)*$', shared],
  ['^(?:a+|b)*c$', shared],
  ['^\\p{L}+a+$', shared],
  ['^[^\\p{L}]+a+$', shared],
  ['^(a)\\1$', /^has a back-reference/],
  ['^(?<n>a)\\k<n>$', /^has a back-reference/],
  ['^(?=a)b$', /^has a look-ahead/],
  ['^(?!a)b$', /^has a look-ahead/],
  ['(?<=a)b', /^has a look-behind/],
  ['(?<!a)b', /^has a look-behind/],
  ['(', /^is not a regular expression/],
  ['^[z-a]$', /^is not a regular expression/],
  ['\\-', /^is not a regular expression/],
  ['a'.repeat(1001), /^is longer than 1000 characters/],
];

for (const [pattern, why] of unsafe) {
  test(`the pattern ${pattern.slice(0, 40)} is refused`, () => assert.match(whyUnsafe(pattern) ?? '', why));
}

test('a safe pattern answers a long hostile text at once', () => {
  // Linear time means that ten times the text takes some ten times as long; a quadratic one would take minutes here.
  for (const pattern of safe.filter((one) => whyUnsafe(one) === undefined)) {
    const expression = new RegExp(pattern, 'u');
    for (const part of ['a', 'a-', '1', 'a,', 'a@', '.', 'é', 'ab', ' ']) {
      expression.test(`${part.repeat(200_000)}\u0000`);
    }
  }
});
