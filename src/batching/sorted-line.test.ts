import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSortedLine } from './sorted-line.ts';

interface One {
  readonly rank: number;
  readonly sequence: number;
}

const isBefore = (one: One, other: One) =>
  one.rank === other.rank ? one.sequence < other.sequence : one.rank < other.rank;

test('it is what a sorted array would be, whoever comes and leaves', () => {
  const steps = fc.array(fc.record({ rank: fc.integer({ min: 0, max: 50 }), isLeaving: fc.boolean() }), {
    minLength: 1,
    maxLength: 3000,
    size: 'max',
  });
  const property = fc.property(steps, (all) => {
    const line = createSortedLine<One>(isBefore, ({ rank }) => rank);
    const plain: One[] = [];
    for (const [sequence, { rank, isLeaving }] of all.entries()) {
      const leaving = plain[(rank * 37) % Math.max(1, plain.length)];
      if (isLeaving && leaving && sequence > 1200) {
        assert.equal(line.remove(leaving), true);
        assert.equal(line.remove(leaving), false);
        plain.splice(plain.indexOf(leaving), 1);
      } else {
        const one = { rank, sequence };
        line.add(one);
        plain.push(one);
      }
    }
    plain.sort((one, other) => (isBefore(one, other) ? -1 : 1));
    const seen: One[] = [];
    line.visit((one) => seen.push(one) > 0);
    assert.deepEqual(seen, plain);
    line.visit((one) => assert.equal(one, plain[0]) === undefined && false);
    assert.equal(line.first, plain[0]);
    assert.equal(line.count, plain.length);
    const probe = { rank: 25, sequence: 10 };
    const before = plain.filter((one) => isBefore(one, probe)).reduce((sum, { rank }) => sum + rank, 0);
    assert.equal(line.weightBefore(probe), before);
  });
  fc.assert(property, { numRuns: 30, seed: 1 });
});

test('of fifty thousand only a few hundred are looked at, whoever comes, leaves or asks', () => {
  let looks = 0;
  const line = createSortedLine<One>(
    (one, other) => {
      looks++;
      return isBefore(one, other);
    },
    () => {
      looks++;
      return 1;
    },
  );
  const ranked = (sequence: number) => ({ rank: (sequence * 7919) % 50_000, sequence });
  const all = Array.from({ length: 50_000 }, (_, sequence) => ranked(sequence));
  for (const one of all) line.add(one);
  const looksOf = (act: () => void) => {
    looks = 0;
    act();
    return looks;
  };
  for (const one of all.slice(0, 1000)) {
    assert.ok(looksOf(() => line.weightBefore(one)) < 600);
    assert.ok(looksOf(() => line.remove(one)) < 60);
    assert.ok(looksOf(() => line.add(one)) < 600);
  }
});
