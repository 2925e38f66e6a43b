import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box } from './boxes.ts';
import { inReadingOrder } from './reading-order.ts';

function boxAt(left: number, top: number): Box {
  return [
    [left, top],
    [left + 50, top],
    [left + 50, top + 20],
    [left, top + 20],
  ];
}

test('rows are read from the top, and boxes of a row from the left, also where they are not quite level', () => {
  const [title, dish, price, footer] = [boxAt(30, 0), boxAt(10, 42), boxAt(200, 40), boxAt(5, 80)];
  assert.deepEqual(inReadingOrder([footer, price, dish, title]), [title, dish, price, footer]);
});

test('a staircase of boxes is not one row', () => {
  const steps = [boxAt(200, 0), boxAt(140, 12), boxAt(80, 24)];
  assert.deepEqual(inReadingOrder(steps), steps);
});
