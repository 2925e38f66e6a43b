/** A sorted line that stays quick with a hundred thousand in it: anyone can leave from anywhere. */

/** What is in order. */
export interface SortedLine<E> {
  readonly count: number;
  readonly first: E | undefined;
  add(one: E): void;
  /** False if it is not there. */
  remove(one: E): boolean;
  /** The sum of the weights of those before this one, whether it is there or not. */
  weightBefore(one: E): number;
  /** Shows them in order, until told to stop. */
  visit(goesOn: (one: E) => boolean): void;
}

interface Chunk<E> {
  readonly entries: E[];
  weight: number;
}

const mostInChunk = 512; // to move half of them costs as much as to look for the chunk

/**
 * Creates an empty line: sorted chunks, one after the other.
 * @param isBefore a strict order, in which no two are equal.
 * @param weightOf what one counts for; stays the same as long as it is in the line.
 */
export function createSortedLine<E>(
  isBefore: (one: E, other: E) => boolean,
  weightOf: (one: E) => number,
): SortedLine<E> {
  const chunks: Chunk<E>[] = [{ entries: [], weight: 0 }]; // at least one, and only then perhaps an empty one
  let count = 0;

  /** The first chunk whose last one is not before it. */
  const chunkFor = (one: E) =>
    count === 0 ? 0 : firstWhere(chunks, ({ entries }) => !isBefore(entries.at(-1) as E, one));
  const placeIn = ({ entries }: Chunk<E>, one: E) => firstWhere(entries, (other) => !isBefore(other, one));

  return {
    get count() {
      return count;
    },
    get first() {
      return chunks[0]?.entries[0];
    },
    add(one) {
      const at = Math.min(chunkFor(one), chunks.length - 1);
      const chunk = chunks[at] as Chunk<E>; // there is at least one
      chunk.entries.splice(placeIn(chunk, one), 0, one);
      chunk.weight += weightOf(one);
      count++;
      if (chunk.entries.length > mostInChunk) chunks.splice(at + 1, 0, split(chunk, weightOf));
    },
    remove(one) {
      const at = chunkFor(one);
      const chunk = chunks[at];
      if (!chunk) return false;
      const place = placeIn(chunk, one);
      if (chunk.entries[place] !== one) return false;
      if (place === 0) chunk.entries.shift();
      else chunk.entries.splice(place, 1);
      chunk.weight -= weightOf(one);
      count--;
      if (chunk.entries.length === 0 && chunks.length > 1) chunks.splice(at, 1);
      return true;
    },
    weightBefore(one) {
      const at = chunkFor(one);
      let weight = 0;
      for (let before = 0; before < at; before++) weight += (chunks[before] as Chunk<E>).weight;
      const chunk = chunks[at];
      if (!chunk) return weight;
      const place = placeIn(chunk, one);
      for (let before = 0; before < place; before++) weight += weightOf(chunk.entries[before] as E);
      return weight;
    },
    visit(goesOn) {
      for (const { entries } of chunks) {
        for (const one of entries) if (!goesOn(one)) return;
      }
    },
  };
}

/** Takes the later half of a chunk into one of its own. */
function split<E>(chunk: Chunk<E>, weightOf: (one: E) => number): Chunk<E> {
  const entries = chunk.entries.splice(chunk.entries.length >> 1);
  const weight = entries.reduce((sum, one) => sum + weightOf(one), 0);
  chunk.weight -= weight;
  return { entries, weight };
}

/** The first place for which it holds, where it holds for all after that one, too. */
function firstWhere<E>(sorted: readonly E[], holds: (one: E) => boolean): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(sorted[middle] as E)) to = middle;
    else from = middle + 1;
  }
  return from;
}
