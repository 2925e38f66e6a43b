import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBoxes, type ProbabilityMap } from './boxes.ts';

/** A map that is `probability` where `isInside` says so, and 0 elsewhere. */
function mapOf(
  isInside: (x: number, y: number) => boolean,
  probability = 0.9,
  width = 120,
  height = 80,
): ProbabilityMap {
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (isInside(x + 0.5, y + 0.5)) data[y * width + x] = probability;
  return { data, width, height };
}

const bar = (x: number, y: number) => x > 20 && x < 100 && y > 30 && y < 40;

test('a box is larger than what is marked by as much as the model was trained with, and goes clockwise from the upper left', () => {
  // Area × 1.5 / perimeter is 80 · 10 · 1.5 / 180 pixels on each side.
  const [box] = findBoxes(mapOf(bar), 10);
  const margin = 1200 / 180;
  const expected = [
    [20 - margin, 30 - margin],
    [100 + margin, 30 - margin],
    [100 + margin, 40 + margin],
    [20 - margin, 40 + margin],
  ];
  assert.deepEqual(
    box?.flat().map((value) => value.toFixed(3)),
    expected.flat().map((value) => value.toFixed(3)),
  );
});

test('the box of a slanted line is slanted', () => {
  const [cos, sin] = [Math.cos(-0.3), Math.sin(-0.3)];
  const slanted = (x: number, y: number) => {
    const [dx, dy] = [x - 60, y - 40];
    return Math.abs(dx * cos + dy * sin) < 45 && Math.abs(dy * cos - dx * sin) < 6;
  };
  const [[start, end] = []] = findBoxes(mapOf(slanted), 10);
  assert.ok(start && end);
  const angle = Math.atan2(end[1] - start[1], end[0] - start[0]);
  assert.ok(Math.abs(angle + 0.3) < 0.05, `${angle}`);
});

test('what does not touch is two lines', () => {
  const two = mapOf((x, y) => bar(x, y) && (x < 50 || x > 55));
  assert.equal(findBoxes(two, 10).length, 2);
});

test('specks and regions of little probability are no lines', () => {
  assert.deepEqual(
    findBoxes(
      mapOf((x, y) => bar(x, y) && y < 32),
      10,
    ),
    [],
  );
  assert.deepEqual(findBoxes(mapOf(bar, 0.5), 10), []);
  assert.deepEqual(
    findBoxes(
      mapOf(() => false),
      10,
    ),
    [],
  );
});

test('of more lines than wanted, the ones with most pixels are taken', () => {
  const three = mapOf((x, y) => y % 25 > 10 && y % 25 < 20 && x > 5 && x < 30 + y);
  assert.equal(findBoxes(three, 10).length, 3);
  const [box] = findBoxes(three, 1);
  assert.ok(box && box[0][1] > 50, 'the lowest is the longest');
});

test('a map that is marked all over has one box', () => {
  assert.equal(
    findBoxes(
      mapOf(() => true),
      10,
    ).length,
    1,
  );
});
