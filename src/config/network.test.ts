import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from './network.ts';

for (const [text, address, prefixBits] of [
  ['10.0.0.0/8', '10.0.0.0', 8],
  ['192.0.2.1', '192.0.2.1', 32],
  ['0.0.0.0/0', '0.0.0.0', 0],
  ['2001:db8::/32', '2001:db8::', 32],
  ['::1', '::1', 128],
] as const) {
  test(`${text} is a network`, () => {
    const family = text.includes(':') ? 'ipv6' : 'ipv4';
    assert.deepEqual(parseNetwork(text), { address, prefixBits, family });
  });
}

for (const text of [
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0/8',
  '10.0.0.0/',
  '10.0.0.0/-1',
  'localhost',
  'fe80::1%eth0',
  ' ::1',
]) {
  test(`${JSON.stringify(text)} is no network`, () => assert.equal(parseNetwork(text), undefined));
}
