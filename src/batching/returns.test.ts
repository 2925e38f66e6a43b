import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReturns } from './returns.ts';

test('callers who come back at once are expected after each answer, all of them, and no longer than they take', () => {
  const returns = createReturns();
  let nowMs = 0;
  for (let round = 0; round < 20; round++) {
    returns.answered(4, nowMs);
    for (const delayMs of [0.3, 0.4, 0.5, 0.6]) returns.came(1, nowMs + delayMs);
    nowMs += 6;
  }
  returns.answered(4, nowMs);
  const { items, untilMs } = returns.expected(nowMs + 0.1);
  assert.equal(items, 4);
  const patienceMs = untilMs(5, 4) - nowMs;
  assert.ok(patienceMs >= 0.6 && patienceMs < 1.2, `for ${patienceMs} ms`);
  assert.ok(untilMs(0.1, 4) <= nowMs, 'not for less than it costs');
  returns.came(1, nowMs + 0.3);
  assert.equal(returns.expected(nowMs + 0.35).items, 3);
  assert.equal(returns.expected(nowMs + 2).items, 0);
});

test('nobody is expected of callers who know nothing of the answers of others', () => {
  const returns = createReturns();
  for (let nowMs = 0; nowMs < 600; nowMs += 6) {
    returns.answered(4, nowMs);
    for (const delayMs of [0.7, 2.1, 3.9, 5.2]) returns.came(1, nowMs + ((delayMs * (1 + nowMs)) % 6));
  }
  returns.answered(4, 600);
  assert.equal(returns.expected(600.1).items, 0);
});

test('of two workers whose answers go one shortly after the other the callers of both are expected', () => {
  const returns = createReturns();
  let nowMs = 0;
  for (let round = 0; round < 40; round++) {
    returns.answered(4, nowMs);
    returns.answered(4, nowMs + 0.2);
    for (let one = 0; one < 8; one++) returns.came(1, nowMs + 0.5 + one * 0.05);
    nowMs += 6;
  }
  returns.answered(4, nowMs);
  returns.answered(4, nowMs + 0.2);
  assert.equal(returns.expected(nowMs + 0.3).items, 8);
});
