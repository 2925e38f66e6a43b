/** Remembers the vectors of texts, so that a collection that is searched again is not encoded again. */
import { hash } from 'node:crypto';

/** Turns texts into vectors, one each, in the same order. */
export type Encode = (texts: readonly string[]) => Promise<number[][]>;

/** Keeps the vectors that were used last. At 4 KiB each, 4096 of them take 16 MiB. */
export class VectorCache {
  readonly #encode: Encode;
  readonly #capacity: number;
  readonly #vectors = new Map<string, number[]>(); // in the order of their last use

  constructor(encode: Encode, capacity: number) {
    this.#encode = encode;
    this.#capacity = capacity;
  }

  /** As the function it was made with; only texts that it does not remember are encoded. */
  async encode(texts: readonly string[]): Promise<number[][]> {
    const keys = texts.map((text) => hash('sha256', text)); // however long the text, its key is short
    const vectors = new Map<string, number[]>();
    const missing = new Map<string, string>();
    for (const [at, key] of keys.entries()) {
      const known = this.#vectors.get(key);
      if (known) vectors.set(key, known);
      else missing.set(key, texts[at] ?? '');
    }
    const encoded = await this.#encode([...missing.values()]);
    for (const [at, key] of [...missing.keys()].entries()) vectors.set(key, encoded[at] ?? []);
    this.#remember(vectors);
    return keys.map((key) => vectors.get(key) ?? []);
  }

  #remember(used: ReadonlyMap<string, number[]>): void {
    for (const [key, vector] of used) {
      this.#vectors.delete(key);
      this.#vectors.set(key, vector);
    }
    for (const oldest of this.#vectors.keys()) {
      if (this.#vectors.size <= this.#capacity) return;
      this.#vectors.delete(oldest);
    }
  }
}
