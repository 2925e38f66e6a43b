import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGathering } from './gathering.ts';

test('those who are late now and then are waited for, as long as that costs less than another batch', () => {
  const gathering = createGathering();
  for (let round = 0; round < 200; round++) gathering.seen(round % 10 === 0 ? 3 : 0.5, 6);
  const patienceMs = gathering.patienceMs(5);
  assert.ok(patienceMs >= 3 && patienceMs < 6, `${patienceMs} ms`);
  const impatienceMs = gathering.patienceMs(1);
  assert.ok(impatienceMs >= 0.5 && impatienceMs < 1, `${impatienceMs} ms`);
});

test('those who take longer than another batch are not waited for', () => {
  const gathering = createGathering();
  for (let round = 0; round < 200; round++) gathering.seen(8, 20);
  assert.equal(gathering.patienceMs(5), 0);
  assert.ok(gathering.patienceMs(20) >= 8);
});

test('what the next answer has cut off counts as far as it was seen', () => {
  const gathering = createGathering();
  for (let round = 0; round < 200; round++) {
    if (round % 2 === 0) gathering.seen(0.5, 6);
    else gathering.seen(undefined, 0.2); // of another worker
  }
  assert.ok(gathering.patienceMs(5) >= 0.5);
});

test('what is vain is tried again now and then', () => {
  const gathering = createGathering();
  assert.equal(gathering.isVain(5), false, 'nothing is known');
  for (let round = 0; round < 8; round++) gathering.seen(8, 20);
  const said = Array.from({ length: 200 }, () => gathering.isVain(5));
  const tried = said.filter((isVain) => !isVain).length;
  assert.ok(tried > 1 && tried < 20, `${tried} of 200`);
});
