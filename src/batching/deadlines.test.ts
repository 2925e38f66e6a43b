import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDeadlines } from './brute-force.fixture.ts';

for (const [what, drawn] of [
  ['items of several in a request', { kinds: 1, slots: 1, mostItems: 3 }],
  ['requests of several kinds', { kinds: 3, slots: 1, mostItems: 3 }],
] as const) {
  test(`where nobody comes any more, whoever can be answered in time by any schedule is, with ${what}`, () => {
    const met = checkDeadlines(drawn, 300);
    assert.ok(met > 100, `${met} cases could be met`);
  });
}
