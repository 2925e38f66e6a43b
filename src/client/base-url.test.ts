/** Addresses that a user may give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaseUrl } from './base-url.ts';

test('a slash at the end, a query and a fragment make no difference', () => {
  for (const url of ['http://h:1/a', 'http://h:1/a/', 'http://h:1/a//?q=1#f', new URL('http://h:1/a')]) {
    const { readyUrl, schemaUrls } = parseBaseUrl(url);
    assert.deepEqual(
      [readyUrl, ...schemaUrls],
      ['http://h:1/a/readyz', 'http://h:1/a/schema.json', 'http://h:1/schema.json'],
    );
  }
  assert.deepEqual(parseBaseUrl('http://h').schemaUrls, ['http://h/schema.json']);
});

test('routes are absolute, unless the address has a path that a proxy takes away', () => {
  const base = parseBaseUrl('http://h/a');
  assert.equal(base.rootFor(['/a/embed'], 'http://h/a/schema.json'), 'http://h');
  assert.equal(base.rootFor(['/embed'], 'http://h/a/schema.json'), 'http://h/a');
  assert.equal(base.rootFor(['/embed'], 'http://h/schema.json'), 'http://h');
  assert.equal(parseBaseUrl('http://h').rootFor(['/embed'], 'http://h/schema.json'), 'http://h');
});

test('an address that is none, is no HTTP or holds credentials is refused without repeating a secret', () => {
  assert.throws(() => parseBaseUrl('localhost'), /"localhost" is not an address; write http:\/\/host:port/);
  assert.throws(() => parseBaseUrl('ftp://h'), /must begin with http: or https:/);
  assert.throws(
    () => parseBaseUrl('http://u:secret@h'),
    (error: Error) => /option token/.test(error.message) && !error.message.includes('secret'),
  );
});
