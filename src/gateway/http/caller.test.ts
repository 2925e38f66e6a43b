import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createCallerReader } from './caller.ts';

/** Who calls, from that address and with that header. */
function callerOf(remoteAddress: string | undefined, forwarded?: string, trusted: readonly string[] = []): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return createCallerReader(trusted).callerOf({ socket: { remoteAddress }, headers } as unknown as IncomingMessage);
}

for (const [address, caller] of [
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2/64'],
  ['2001:0db8:0001:0002:0:0:0:1', '2001:db8:1:2/64'],
  ['2001:db8::1', '2001:db8:0:0/64'],
  ['::1', '0:0:0:0/64'],
  ['1::', '1:0:0:0/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0/64'],
  [undefined, ''],
] as const) {
  test(`a connection from ${address} is of the caller ${caller}`, () => assert.equal(callerOf(address), caller));
}

test('a header that anyone can send says nothing', () => {
  assert.equal(callerOf('192.0.2.1', '198.51.100.7'), '192.0.2.1');
  assert.equal(callerOf('192.0.2.1', '198.51.100.7', ['10.0.0.0/8']), '192.0.2.1');
});

const proxies = ['10.0.0.0/8', 'fd00::/8'];

for (const [forwarded, caller] of [
  ['198.51.100.7', '198.51.100.7'],
  ['203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['203.0.113.9, 198.51.100.7, 10.2.3.4', '198.51.100.7'],
  ['198.51.100.7:4711', '198.51.100.7'],
  ['[2001:db8::1]:4711, fd00::1', '2001:db8:0:0/64'],
  ['10.9.9.9', '10.9.9.9'],
  ['10.9.9.9, 10.8.8.8', '10.9.9.9'],
  ['198.51.100.7, unknown', '10.0.0.1'],
  ['', '10.0.0.1'],
  [undefined, '10.0.0.1'],
] as const) {
  test(`a trusted proxy that writes ${JSON.stringify(forwarded)} speaks for ${caller}`, () => {
    assert.equal(callerOf('10.0.0.1', forwarded, proxies), caller);
    assert.equal(callerOf('::ffff:10.0.0.1', forwarded, proxies), caller);
  });
}
