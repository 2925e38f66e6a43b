import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Box } from './boxes.ts';
import { cut, turnOver } from './cut.ts';
import type { Pixels } from './pixels.ts';

/** A picture whose colours say where they are: red is the column, green the row. */
function chart(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.set([x, y, 7], (y * width + x) * 3);
  return { data, width, height };
}

function colour({ data, width }: Pixels, x: number, y: number): number[] {
  return [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function boxOf(left: number, top: number, right: number, bottom: number): Box {
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

test('a box of the wanted height is cut out as it is', () => {
  const line = cut(chart(100, 60), boxOf(10, 20, 50, 30), 10, 1000);
  assert.deepEqual([line.width, line.height], [40, 10]);
  assert.deepEqual(colour(line, 0, 0), [10, 20, 7]);
  assert.deepEqual(colour(line, 39, 9), [49, 29, 7]);
});

test('a high line is made smaller by the mean of its pixels', () => {
  const isBright = (at: number) => Math.floor(at / 3) % 4 === 0; // every fourth column
  const stripes: Pixels = {
    width: 80,
    height: 40,
    data: Uint8Array.from({ length: 80 * 40 * 3 }, (_, at) => (isBright(at) ? 200 : 0)),
  };
  const line = cut(stripes, boxOf(0, 0, 80, 40), 10, 1000);
  assert.deepEqual([line.width, line.height], [20, 10]);
  assert.deepEqual(colour(line, 9, 5), [50, 50, 50]);
});

test('a slanted box is laid straight', () => {
  const slanted: Box = [
    [10, 20],
    [50, 30],
    [47.5, 40],
    [7.5, 30],
  ];
  const line = cut(chart(100, 60), slanted, 10, 1000);
  const [[red = 0, green = 0], [endRed = 0, endGreen = 0]] = [colour(line, 0, 0), colour(line, line.width - 1, 0)];
  assert.ok(Math.abs(red - 10) <= 1 && Math.abs(green - 20) <= 1, `${red} ${green}`);
  assert.ok(Math.abs(endRed - 49) <= 1 && Math.abs(endGreen - 30) <= 1, `${endRed} ${endGreen}`);
});

test('a box that is higher than wide holds a line that runs downwards', () => {
  const line = cut(chart(100, 60), boxOf(20, 10, 30, 50), 10, 1000);
  assert.deepEqual([line.width, line.height], [40, 10]);
  assert.deepEqual(colour(line, 0, 0), [29, 10, 7], 'begins at the upper right');
  assert.deepEqual(colour(line, 39, 9), [20, 49, 7], 'ends at the lower left');
});

test('a box that reaches over the edge shows the edge, and one that is too long is squeezed', () => {
  const line = cut(chart(100, 60), boxOf(-10, 50, 90, 60), 10, 50);
  assert.deepEqual([line.width, line.height], [50, 10]);
  assert.deepEqual(colour(line, 0, 0), [0, 50, 7]);
});

test('a picture that is turned over twice is the same', () => {
  const picture = chart(7, 5);
  assert.deepEqual(colour(turnOver(picture), 0, 0), [6, 4, 7]);
  assert.deepEqual(turnOver(turnOver(picture)), picture);
});
