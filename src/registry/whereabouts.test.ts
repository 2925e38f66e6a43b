/** Where a registry is, by the addresses of its connections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchWhereabouts } from './whereabouts.ts';

for (const [addresses, isInside] of [
  [[], false],
  [['10.0.0.1'], true],
  [['1.1.1.1'], false],
  [[undefined], false],
  [['10.0.0.1', undefined], true],
  [[undefined, '10.0.0.1'], true],
  [['1.1.1.1', undefined], false],
  [['1.1.1.1', '10.0.0.1'], false],
  [['10.0.0.1', '1.1.1.1'], false],
  [['10.0.0.1', '1.1.1.1', '10.0.0.1'], false],
] as const) {
  const said = addresses.map((address) => address ?? 'nobody knows where').join(', then ');
  test(`a registry at ${said || 'no address yet'} is ${isInside ? '' : 'not '}inside`, () => {
    const whereabouts = watchWhereabouts((address) => address === '1.1.1.1');
    for (const address of addresses) whereabouts.note(address);
    assert.equal(whereabouts.isInside(), isInside);
  });
}
