/** Puts boxes into the order in which a page is read. */
import type { Box } from './boxes.ts';

/** Row by row from the top, and from left to right in a row; columns are not told apart. */
export function inReadingOrder(boxes: readonly Box[]): Box[] {
  const rows: Box[][] = [];
  for (const box of boxes.toSorted((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    const first = row?.[0];
    // In one row, if the middle of this one lies in the inner half of the row's first one.
    if (row && first && middle(box) - middle(first) < height(first) / 4) row.push(box);
    else rows.push([box]);
  }
  return rows.flatMap((row) => row.sort(([[a]], [[b]]) => a - b));
}

function middle(box: Box): number {
  return box.reduce((sum, [, y]) => sum + y, 0) / box.length;
}

function height([[, top], , , [, bottom]]: Box): number {
  return bottom - top;
}
