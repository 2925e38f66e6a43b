import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProxy } from './proxy.ts';

const proxies = { httpProxy: 'http://plain:3128', httpsProxy: 'secure:3128', noProxy: undefined };
const find = (url: string, noProxy?: string) => findProxy(new URL(url), { ...proxies, noProxy })?.href;

test('each kind of address has its proxy, and this machine has none', () => {
  assert.equal(find('https://example.com/x'), 'http://secure:3128/');
  assert.equal(find('http://example.com/x'), 'http://plain:3128/');
  for (const own of ['localhost:5000', 'registry.localhost', '127.0.0.1:5000', '127.1.2.3', '[::1]:5000'])
    assert.equal(find(`https://${own}/`), undefined, own);
});

for (const [noProxy, left, asked] of [
  ['example.com', ['example.com', 'a.example.com', 'example.com:5000'], ['notexample.com', 'example.org']],
  ['.example.com', ['a.example.com', 'a.b.example.com'], ['example.com']],
  ['*.example.com, example.org', ['a.example.com', 'example.org'], ['example.com', 'example.net']],
  ['a.test b.test', ['a.test', 'b.test'], ['c.test']],
  ['EXAMPLE.com', ['example.com'], []],
  ['example.com:5000', ['example.com:5000'], ['example.com', 'example.com:5001']],
  ['example.com:443', ['example.com'], ['example.com:5000']],
  ['10.0.0.0/8,192.0.2.1', ['10.1.2.3:5000', '192.0.2.1'], ['11.1.2.3', '192.0.2.2', 'example.com']],
  ['2001:db8::/32', ['[2001:db8::1]:5000'], ['[2001:db9::1]']],
  ['*', ['example.com', '10.1.2.3'], []],
  [' , ', [], ['example.com']],
] as const) {
  test(`${JSON.stringify(noProxy)} leaves out ${left.join(', ') || 'nothing'}`, () => {
    for (const host of left) assert.equal(find(`https://${host}/`, noProxy), undefined, host);
    for (const host of asked) assert.equal(find(`https://${host}/`, noProxy), 'http://secure:3128/', host);
  });
}

test('a proxy that is none is refused without its password', () => {
  for (const httpsProxy of ['socks5://user:hunter2@proxy:1080', 'http://user:hunter2@[']) {
    const given = { ...proxies, httpsProxy };
    assert.throws(
      () => findProxy(new URL('https://example.com'), given),
      (error: Error) => {
        assert.match(error.message, /HTTPS_PROXY is .*must be an http or https address, such as/);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  }
});
