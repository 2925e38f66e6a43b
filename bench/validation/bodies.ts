/** Bodies of exact sizes, the same on every run. */

/** The body of a call. */
export interface Body {
  /** The method that it is for. */
  readonly method: 'sum' | 'mean';
  readonly name: string;
  readonly bytes: Buffer;
}

/** JSON of items that is exactly so long. */
export function itemsOf(length: number, name: string): Body {
  const random = createRandom();
  const items: object[] = [];
  const sizeOf = (item: object) => JSON.stringify(item).length + 1;
  const frame = '{"items":[]}'.length - 1; // the last comma is not written
  let size = frame;
  for (let id = 0; ; id++) {
    const item = createItem(id, random);
    const small = { id, name: '', kind: 'toy', price: 1.5, tags: [] }; // the last one takes up what is left
    if (size + sizeOf(item) + sizeOf(small) > length) {
      items.push({ ...small, name: 'x'.repeat(length - size - sizeOf(small)) });
      break;
    }
    items.push(item);
    size += sizeOf(item);
  }
  return { method: 'sum', name, bytes: exactly(JSON.stringify({ items }), length) };
}

/** JSON of vectors of 384 numbers, as embeddings are, at least so long. */
export function vectorsOf(length: number, name: string): Body {
  const random = createRandom();
  const vectors: number[][] = [];
  for (let size = 0; size < length; size += JSON.stringify(vectors.at(-1)).length) {
    vectors.push(Array.from({ length: 384 }, () => Math.fround(random() * 2 - 1)));
  }
  return { method: 'mean', name, bytes: Buffer.from(JSON.stringify({ vectors })) };
}

function createItem(id: number, random: () => number): object {
  return {
    id,
    name: `item number ${id}`,
    kind: ['book', 'toy', 'tool'][id % 3],
    price: Math.round(random() * 10_000) / 100,
    tags: ['new', 'a tag with spaces', 'last'].slice(0, id % 4),
    ...(id % 2 === 0 && { position: { x: random(), y: random() } }),
    ...(id % 5 === 0 && { note: id % 10 === 0 ? null : 'fragile\nthis side up' }),
  };
}

function exactly(text: string, length: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length !== length) throw new Error(`the body has ${bytes.length} bytes, not ${length}`);
  return bytes;
}

function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0; // Numerical Recipes' generator
    return state / 2 ** 32;
  };
}
