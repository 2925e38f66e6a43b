import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDisposition, toDisposition } from './content-disposition.ts';

for (const [type, name, header] of [
  ['text/csv', 'a.csv', 'attachment; filename="a.csv"'],
  ['image/png', 'a.png', 'inline; filename="a.png"'],
  ['IMAGE/PNG', 'a.png', 'inline; filename="a.png"'],
  ['image/svg+xml', 'a.svg', 'attachment; filename="a.svg"'],
  ['image/SVG+xml ; charset=utf-8', 'a.svg', 'attachment; filename="a.svg"'],
  ['', 'a', 'attachment; filename="a"'],
  ['text/plain', undefined, 'attachment'],
  ['image/gif', undefined, 'inline'],
  ['text/plain', 'é f.txt', "attachment; filename*=utf-8''%C3%A9%20f.txt"],
  ['text/plain', 'a"b.txt', "attachment; filename*=utf-8''a%22b.txt"],
  ['text/plain', "(it's)*!.txt", "attachment; filename*=utf-8''%28it%27s%29%2A%21.txt"],
  ['text/plain', '../../a', "attachment; filename*=utf-8''..%2F..%2Fa"],
  ['text/plain', 'a\r\nx-evil: 1', "attachment; filename*=utf-8''a%0D%0Ax-evil%3A%201"],
  ['text/plain', 'a\0b', "attachment; filename*=utf-8''a%00b"],
  ['text/plain', 'a\ud800', "attachment; filename*=utf-8''a%EF%BF%BD"],
  ['text/plain', '', 'attachment; filename=""'],
] as const) {
  test(`a file of the type ${JSON.stringify(type)} with the name ${JSON.stringify(name)} is ${header}`, () => {
    assert.equal(toDisposition(type, name), header);
  });
}

test('the name in a header is given as it was sent, folders and all', () => {
  assert.equal(readDisposition('form-data; name="x"; filename="../a\\"b"'), '../a"b');
  assert.equal(readDisposition("attachment; filename=plain; filename*=UTF-8''%2Fetc"), '/etc');
  assert.equal(readDisposition('attachment; name="filename=a"'), undefined);
});
