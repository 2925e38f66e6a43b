import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConnectable, type Surroundings } from './connectable.ts';

const nowhere: Surroundings = { allowed: [], own: [] };

for (const address of [
  '8.8.8.8', '1.1.1.1', '93.184.216.34', '172.15.255.255', '172.32.0.1', '100.63.255.255', '100.128.0.1', '169.253.1.1',
  '192.167.255.255', '192.169.0.0', '223.255.255.255', '::ffff:8.8.8.8', '2606:4700::1111', '2a00:1450:4001:81b::200e',
]) {
  test(`${address} is public`, () => assert.equal(isConnectable(address, 443, nowhere), true));
} // biome-ignore format: a table reads as a table

for (const address of [
  '0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254',
  '169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.1', '192.0.2.1', '192.31.196.1', '192.52.193.1',
  '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1',
  '239.255.255.255', '240.0.0.1', '255.255.255.255', '168.63.129.16',
  '::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '::ffff:0:7f00:1', '64:ff9b::7f00:1',
  '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1',
  '2002:7f00:1::', '2002:808:808::1', '3fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd00:ec2::254', 'fe80::1', 'fe80::1%lo',
  'fec0::1', 'ff02::1', '', 'localhost', '127.1', '0x7f.1', '2130706433',
]) {
  test(`${JSON.stringify(address)} is not public`, () => assert.equal(isConnectable(address, 443, nowhere), false));
} // biome-ignore format: a table reads as a table

test('of public addresses only the two ports of the web may be connected to', () => {
  const open = [0, 22, 25, 80, 443, 6379, 8080, 8443].filter((port) => isConnectable('8.8.8.8', port, nowhere));
  assert.deepEqual(open, [80, 443]);
});

test('an address of the machine itself is not connected to, however public it is', () => {
  const own = ['8.8.8.8', '2606:4700::1111', 'fe80::1'];
  assert.deepEqual(
    ['8.8.8.8', '::ffff:8.8.8.8', '2606:4700:0::1111', '8.8.4.4'].map((one) =>
      isConnectable(one, 443, { allowed: [], own }),
    ),
    [false, false, false, true],
  );
});

test('a network that the operator allows may be connected to, at any port, and no other', () => {
  const surroundings = { allowed: ['10.1.0.0/16', '127.0.0.1', 'fd00::/8'], own: ['127.0.0.1'] };
  assert.deepEqual(
    ['10.1.2.3', '::ffff:10.1.2.3', '127.0.0.1', 'fd12::1', '10.2.0.1', '127.0.0.2', '::1'].map((one) =>
      isConnectable(one, 9000, surroundings),
    ),
    [true, true, true, true, false, false, false],
  );
});
