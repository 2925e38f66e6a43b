import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRestart } from './restart-policy.ts';

const lived = (ms: number, shortLives: number) =>
  decideRestart({ readyAtMs: 1000, endedAtMs: 1000 + ms, shortLives, wasShot: false });

for (const [shortLives, afterMs] of [
  [0, 0],
  [1, 500],
  [2, 1000],
  [3, 2000],
  [6, 16_000],
  [7, 30_000],
  [8, 30_000],
  [5000, 30_000],
] as const) {
  test(`a worker that dies early after ${shortLives} short lives is started again after ${afterMs} ms`, () => {
    assert.deepEqual(lived(29_999, shortLives), { afterMs, shortLives: shortLives + 1 });
  });
}

test('a worker that lived for 30 s is started again at once, and its short lives are forgotten', () => {
  assert.deepEqual(lived(30_000, 7), { afterMs: 0, shortLives: 0 });
});

test('a worker that was never ready has had a short life, however long it took', () => {
  assert.deepEqual(decideRestart({ readyAtMs: undefined, endedAtMs: 1e9, shortLives: 1, wasShot: true }), {
    afterMs: 500,
    shortLives: 2,
  });
});

test('a worker that was shot is started again at once, however often that happens, and keeps what it has to answer for', () => {
  const shot = decideRestart({ readyAtMs: 1000, endedAtMs: 1001, shortLives: 3, wasShot: true });
  assert.deepEqual(shot, { afterMs: 0, shortLives: 3 });
});
