/**
 * Finds the boxes of text lines in a map that says of each pixel how likely it belongs to the middle of a line.
 *
 * @see https://arxiv.org/abs/1911.08947 Liao and others, "Real-time Scene Text Detection with Differentiable Binarization"
 */

/** A place in a picture: pixels from its left and its upper edge. */
export type Point = [x: number, y: number];

/** The corners of a box, clockwise from the one at the upper left. */
export type Box = [Point, Point, Point, Point];

/** Probabilities from 0 to 1, row after row. */
export interface ProbabilityMap {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
}

// The thresholds with which PP-OCRv4 was published: PaddleOCR, configs/det/ch_PP-OCRv4/ch_PP-OCRv4_det_student.yml.
const pixelThreshold = 0.3;
const boxThreshold = 0.6;
const growth = 1.5;

/** Boxes with a shorter side than this, in pixels of the map, are specks. */
const leastSide = 3;

/** The boxes of at most `limit` lines, those with most pixels if there are more. */
export function findBoxes(map: ProbabilityMap, limit: number): Box[] {
  return findRegions(map)
    .sort((a, b) => b.length - a.length)
    .slice(0, limit)
    .flatMap((region) => {
      const core = smallestRectangle(outline(region, map.width));
      if (Math.min(core.width, core.height) < leastSide || meanInside(map, core) < boxThreshold) return [];
      return [corners(grow(core))];
    });
}

/** A rectangle in any direction: `angle` turns the x axis to the direction of its width. */
interface Rectangle {
  readonly centre: Point;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/** Connected pixels above the threshold, diagonals included; each region is a list of indices into the map. */
function findRegions({ data, width, height }: ProbabilityMap): number[][] {
  const isFree = Uint8Array.from(data, (probability) => Number(probability > pixelThreshold));
  const regions: number[][] = [];
  for (let start = 0; start < isFree.length; start++) {
    if (isFree[start] === 0) continue;
    isFree[start] = 0;
    const region = [start];
    for (let next = 0; next < region.length; next++) {
      const at = region[next] ?? 0;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let toY = Math.max(0, y - 1); toY <= Math.min(height - 1, y + 1); toY++) {
        for (let toX = Math.max(0, x - 1); toX <= Math.min(width - 1, x + 1); toX++) {
          const to = toY * width + toX;
          if (isFree[to] === 0) continue;
          isFree[to] = 0;
          region.push(to);
        }
      }
    }
    regions.push(region);
  }
  return regions;
}

/** The corners of the convex hull of a region, found by Andrew's monotone chain. */
function outline(region: readonly number[], width: number): Point[] {
  const ends = new Map<number, readonly [left: number, right: number]>(); // only the ends of a row can be corners
  for (const at of region) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const [left, right] = ends.get(y) ?? [x, x];
    ends.set(y, [Math.min(left, x), Math.max(right, x)]);
  }
  // A pixel is a square, so that a single row of them has a height, too.
  const points = [...ends].flatMap(([y, [left, right]]): Point[] => [
    [left, y],
    [left, y + 1],
    [right + 1, y],
    [right + 1, y + 1],
  ]);
  points.sort(([ax, ay], [bx, by]) => ax - bx || ay - by);
  return [...halfHull(points), ...halfHull(points.reverse())];
}

function halfHull(points: readonly Point[]): Point[] {
  const hull: Point[] = [];
  for (const point of points) {
    for (let [a, b] = hull.slice(-2); a && b && turn(a, b, point) <= 0; [a, b] = hull.slice(-2)) hull.pop();
    hull.push(point);
  }
  return hull.slice(0, -1); // the last one begins the other half
}

/** Above 0 if the way from a over b to c turns left. */
function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** The rectangle of least area around a convex hull; one of its sides lies along a side of the hull. */
function smallestRectangle(hull: readonly Point[]): Rectangle {
  const candidates = hull.map(([x, y], index) => {
    const [nextX, nextY] = hull[(index + 1) % hull.length] ?? [x, y];
    return rectangleAt(hull, Math.atan2(nextY - y, nextX - x));
  });
  return candidates.reduce((best, next) => (next.width * next.height < best.width * best.height ? next : best));
}

/** The rectangle around points that lies in a direction, turned by quarters until its width points to the right. */
function rectangleAt(points: readonly Point[], direction: number): Rectangle {
  const quarter = Math.PI / 2;
  const angle = direction - quarter * Math.round(direction / quarter);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const along = range(points.map(([x, y]) => x * cos + y * sin));
  const across = range(points.map(([x, y]) => y * cos - x * sin));
  return {
    centre: [along.middle * cos - across.middle * sin, along.middle * sin + across.middle * cos],
    width: along.length,
    height: across.length,
    angle,
  };
}

function range(values: readonly number[]): { readonly middle: number; readonly length: number } {
  const [from, to] = [Math.min(...values), Math.max(...values)];
  return { middle: (from + to) / 2, length: to - from };
}

/** The mean probability of the pixels whose middle lies in a rectangle. */
function meanInside({ data, width, height }: ProbabilityMap, rectangle: Rectangle): number {
  const box = corners(rectangle);
  const [cos, sin] = [Math.cos(rectangle.angle), Math.sin(rectangle.angle)];
  const clamp = (value: number, end: number) => Math.max(0, Math.min(end, value));
  const [left, right] = [Math.min(...box.map(([x]) => x)), Math.max(...box.map(([x]) => x))];
  const [top, bottom] = [Math.min(...box.map(([, y]) => y)), Math.max(...box.map(([, y]) => y))];
  let sum = 0;
  let count = 0;
  for (let y = clamp(Math.floor(top), height); y < clamp(Math.ceil(bottom), height); y++) {
    for (let x = clamp(Math.floor(left), width); x < clamp(Math.ceil(right), width); x++) {
      const [dx, dy] = [x + 0.5 - rectangle.centre[0], y + 0.5 - rectangle.centre[1]];
      if (Math.abs(dx * cos + dy * sin) > rectangle.width / 2) continue;
      if (Math.abs(dy * cos - dx * sin) > rectangle.height / 2) continue;
      sum += data[y * width + x] ?? 0;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** The map marks the middle of lines only, so that neighbours stay apart: this gives them their full size (section 3.4). */
function grow({ width, height, ...rest }: Rectangle): Rectangle {
  const distance = (width * height * growth) / (2 * (width + height));
  return { ...rest, width: width + 2 * distance, height: height + 2 * distance };
}

function corners({ centre: [x, y], width, height, angle }: Rectangle): Box {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const at = (along: number, across: number): Point => [
    x + (along * width * cos - across * height * sin) / 2,
    y + (along * width * sin + across * height * cos) / 2,
  ];
  return [at(-1, -1), at(1, -1), at(1, 1), at(-1, 1)];
}
