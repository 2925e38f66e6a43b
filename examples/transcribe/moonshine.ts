/** Turns speech into text with Moonshine, several recordings at once. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import tokenizer from 'llama-tokenizer-js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { maskName, toBatchDecoder } from './decoder-graph.ts';
import { createSpeller } from './speller.ts';

/** Samples a second that the model wants. */
export const moonshineRate = 16_000;

/** Of the network `tiny`: its `config.json`. */
const layers = 6;
const heads = 8;
const headSize = 36;
const startToken = 1;
const endToken = 2;

/** Nobody speaks faster, in tokens a second: a text that goes on longer has gone astray (the paper's section 4). */
const tokensPerSecond = 6.5;

/** Less than this would leave the encoder without a single step, in samples. */
const leastSamples = moonshineRate / 2;

/** Added to the attention that a frame gets that is not there: nothing of it is left. */
const unheard = -1e9;

/** A recording, as pieces of some seconds of speech, from -1 to 1 at the rate above. */
export interface Recording {
  readonly pieces: Iterable<Float32Array>;
  /** Whether anyone still waits for its text. */
  isWanted(): boolean;
}

/** Some letters or a word of a recording, with the space before it, or that there is nothing more. */
export interface Written {
  /** Which of the recordings. */
  readonly recording: number;
  readonly text?: string;
  readonly isLast?: boolean;
}

/** A piece that is being written down. */
interface Row {
  readonly recording: number;
  readonly heard: Tensor;
  /** Tokens that it may have. */
  readonly limit: number;
  readonly spell: (token: number) => string;
  token: number;
}

/**
 * The model in memory.
 *
 * @see https://arxiv.org/abs/2410.15608 Jeffries and others, "Moonshine: Speech Recognition for Live Transcription"
 */
export class Moonshine {
  readonly #encoder: InferenceSession;
  readonly #decoder: InferenceSession;

  private constructor(encoder: InferenceSession, decoder: InferenceSession) {
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /** Reads the model from the folder of the npm package `@moonshine-ai/moonshine-js`. */
  static async load(packageFolder: string): Promise<Moonshine> {
    const fileOf = (name: string) => join(packageFolder, 'dist/model/tiny/quantized', name);
    const options = {
      intraOpNumThreads: 1, // more would spin while they wait for each other; `--workers` uses processors better
      extra: { session: { disable_quant_qdq: '1' } }, // makes floats of weights once, and not at every step
    };
    const decoder = toBatchDecoder(await readFile(fileOf('decoder_model_merged.onnx')));
    return new Moonshine(
      await InferenceSession.create(fileOf('encoder_model.onnx'), options),
      await InferenceSession.create(decoder, options),
    );
  }

  /** The texts of recordings, word by word: they take turns piece by piece, and each turn is one piece of each, at once. */
  async *transcribe(recordings: readonly Recording[]): AsyncGenerator<Written, void> {
    let open = recordings.map(({ pieces }, recording) => ({ recording, pieces: pieces[Symbol.iterator]() }));
    const isWanted = (recording: number) => recordings[recording]?.isWanted() === true;
    while (open.length > 0) {
      const rows: Row[] = [];
      const goOn: typeof open = [];
      for (const one of open) {
        const { recording } = one;
        const next = isWanted(recording) ? one.pieces.next() : { done: true as const, value: undefined };
        if (next.done) yield { recording, isLast: true };
        else {
          rows.push(await this.#listen(recording, next.value));
          goOn.push(one);
        }
      }
      open = goOn;
      yield* this.#write(rows, isWanted);
    }
  }

  /** What the encoder makes of a piece: of one alone, which is as quick, and its 8 bits would be shared by all as well. */
  async #listen(recording: number, samples: Float32Array): Promise<Row> {
    const padded = new Float32Array(Math.max(leastSamples, samples.length));
    padded.set(samples);
    const { last_hidden_state: heard } = await this.#encoder.run({
      input_values: new Tensor('float32', padded, [1, padded.length]),
    });
    if (!heard) throw new Error('the encoder of Moonshine gave no last_hidden_state');
    const limit = Math.ceil((samples.length / moonshineRate) * tokensPerSecond);
    return { recording, heard, limit, spell: createSpeller(tokenizer.vocabById), token: startToken };
  }

  /** One token of each row at a time, until all are at their end. */
  async *#write(all: readonly Row[], isWanted: (recording: number) => boolean): AsyncGenerator<Written, void> {
    let rows = all;
    let inputs: Tensors = { ...standInRow(rows), ...emptyMemory() };
    for (let step = 0; rows.length > 0; step++) {
      const tokens = BigInt64Array.from(rows, ({ token }) => BigInt(token));
      const results = await this.#decoder.run({
        ...inputs,
        input_ids: new Tensor('int64', tokens, [rows.length, 1]),
        use_cache_branch: new Tensor('bool', [step > 0], [1]),
      });
      inputs = remember(inputs, results, step === 0);
      const kept: number[] = [];
      for (const [at, row] of rows.entries()) {
        row.token = likeliest(results.logits as Tensor, at); // the graph says so
        if (row.token === endToken) continue;
        const text = row.spell(row.token);
        if (text !== '') yield { recording: row.recording, text };
        if (step + 1 < row.limit && isWanted(row.recording)) kept.push(at);
      }
      if (kept.length === rows.length) continue;
      rows = rows.filter((_, at) => kept.includes(at));
      inputs = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, keepRows(tensor, kept)]));
    }
  }

  async release(): Promise<void> {
    await Promise.all([this.#encoder.release(), this.#decoder.release()]);
  }
}

type Tensors = Readonly<Record<string, Tensor>>;

/** What was heard, filled up to the longest of it, and the mask that says how much that is. */
function standInRow(rows: readonly Row[]): Tensors {
  const width = rows[0]?.heard.dims[2] ?? 0;
  const frames = Math.max(0, ...rows.map(({ heard }) => heard.dims[1] ?? 0));
  const heard = new Float32Array(rows.length * frames * width);
  const mask = new Float32Array(rows.length * frames).fill(unheard);
  for (const [at, row] of rows.entries()) {
    heard.set(row.heard.data as Float32Array, at * frames * width);
    mask.fill(0, at * frames, at * frames + (row.heard.dims[1] ?? 0));
  }
  return {
    encoder_hidden_states: new Tensor('float32', heard, [rows.length, frames, width]),
    [maskName]: new Tensor('float32', mask, [rows.length, 1, 1, frames]),
  };
}

/** Keys and values of the attention of what was said so far and of what was heard, by the names of the decoder's inputs. */
function emptyMemory(): Tensors {
  const names = Array.from({ length: layers }, (_, layer) =>
    ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => `past_key_values.${layer}.${part}`),
  );
  const nothing = () => new Tensor('float32', new Float32Array(0), [0, heads, 1, headSize]);
  return Object.fromEntries(names.flat().map((name) => [name, nothing()]));
}

/** With what the last step found. What was heard stays as it is: only the first step computes it. */
function remember(inputs: Tensors, results: Tensors, isFirst: boolean): Tensors {
  const next = Object.entries(inputs).map(([name, before]) => {
    const isNew = isFirst || name.includes('.decoder.');
    return [name, isNew ? (results[name.replace('past_key_values', 'present')] ?? before) : before] as const;
  });
  return Object.fromEntries(next);
}

/** Some of the pieces of a batch. */
function keepRows({ data, dims }: Tensor, rows: readonly number[]): Tensor {
  const size = data.length / (dims[0] ?? 1);
  const kept = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) {
    kept.set((data as Float32Array).subarray(row * size, (row + 1) * size), at * size);
  }
  return new Tensor('float32', kept, [rows.length, ...dims.slice(1)]);
}

/** The token with the highest score in a row. */
function likeliest({ data, dims }: Tensor, row: number): number {
  const count = dims[2] ?? 0;
  const scores = (data as Float32Array).subarray(row * count, (row + 1) * count);
  let best = 0;
  for (let token = 1; token < count; token++) if ((scores[token] ?? 0) > (scores[best] ?? 0)) best = token;
  return best;
}
