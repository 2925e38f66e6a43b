/** Sets of characters, as sorted ranges of code points. */

/** Ranges `[from, to]`, both ends included, in order and apart. */
export type CharSet = readonly (readonly [from: number, to: number])[];

const last = 0x10ffff;

export const noChars: CharSet = [];
export const allChars: CharSet = [[0, last]];

/** One character. */
export function char(codePoint: number): CharSet {
  return [[codePoint, codePoint]];
}

/** All characters from one to another. */
export function range(from: number, to: number): CharSet {
  return [[from, to]];
}

/** What is in one set or the other. */
export function union(a: CharSet, b: CharSet): CharSet {
  const merged: [number, number][] = [];
  for (const [from, to] of [...a, ...b].sort((x, y) => x[0] - y[0])) {
    const open = merged.at(-1);
    if (open && from <= open[1] + 1) open[1] = Math.max(open[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** What is not in the set. */
export function complement(set: CharSet): CharSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= last) gaps.push([next, last]);
  return gaps;
}

/** Whether any character is in both sets. */
export function overlaps(a: CharSet, b: CharSet): boolean {
  return a.some(([from, to]) => b.some(([otherFrom, otherTo]) => from <= otherTo && otherFrom <= to));
}
