/** Cuts text lines out of a picture and lays them straight. */
import type { Box, Point } from './boxes.ts';
import type { Pixels } from './pixels.ts';

/** Boxes that are this much higher than wide hold a line that runs downwards: PaddleOCR, tools/infer/utility.py. */
const uprightRatio = 1.5;

/** The part of a picture in a box, `height` pixels high and as wide as the box is for that, but at most `widthLimit`. */
export function cut(pixels: Pixels, given: Box, height: number, widthLimit: number): Pixels {
  const box = distance(given[0], given[3]) >= uprightRatio * distance(given[0], given[1]) ? layDown(given) : given;
  const [start, right, , down] = box;
  const scale = height / distance(start, down);
  const width = Math.max(1, Math.min(widthLimit, Math.round(distance(start, right) * scale)));
  const samples = Math.max(1, Math.round(1 / scale)); // of a larger picture the mean of many pixels, lest thin strokes vanish
  const along = step(start, right, width * samples);
  const across = step(start, down, height * samples);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sum: Colour = [0, 0, 0];
      for (let row = y * samples; row < (y + 1) * samples; row++) {
        for (let column = x * samples; column < (x + 1) * samples; column++) {
          const fromX = start[0] + (column + 0.5) * along[0] + (row + 0.5) * across[0];
          const fromY = start[1] + (column + 0.5) * along[1] + (row + 0.5) * across[1];
          addColour(sum, pixels, fromX - 0.5, fromY - 0.5);
        }
      }
      const mean = sum.map((value) => Math.round(value / samples ** 2));
      data.set(mean, (y * width + x) * 3);
    }
  }
  return { data, width, height };
}

/** The same picture upside down. */
export function turnOver({ data, width, height }: Pixels): Pixels {
  const turned = new Uint8Array(data.length);
  for (let at = 0; at < data.length; at += 3) turned.set(data.subarray(at, at + 3), data.length - 3 - at);
  return { data: turned, width, height };
}

/** Makes the right side of a box the upper edge of its line, as for text that runs downwards; if it runs upwards, it comes out upside down. */
function layDown([a, b, c, d]: Box): Box {
  return [b, c, d, a];
}

function step([fromX, fromY]: Point, [toX, toY]: Point, count: number): Point {
  return [(toX - fromX) / count, (toY - fromY) / count];
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(bx - ax, by - ay);
}

type Colour = [red: number, green: number, blue: number];

/** Adds the colour of a place: between pixels, what the four around it give; beyond the edge, the nearest pixel's. */
function addColour(sum: Colour, { data, width, height }: Pixels, x: number, y: number): void {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [left, right] = [clamp(column, width - 1), clamp(column + 1, width - 1)];
  const [upper, lower] = [clamp(row, height - 1) * width, clamp(row + 1, height - 1) * width];
  const [toRight, toLower] = [x - column, y - row];
  for (const channel of [0, 1, 2] as const) {
    const at = (pixel: number) => data[pixel * 3 + channel] ?? 0;
    const above = at(upper + left) * (1 - toRight) + at(upper + right) * toRight;
    const below = at(lower + left) * (1 - toRight) + at(lower + right) * toRight;
    sum[channel] += above * (1 - toLower) + below * toLower;
  }
}

function clamp(value: number, last: number): number {
  return Math.max(0, Math.min(last, value));
}
