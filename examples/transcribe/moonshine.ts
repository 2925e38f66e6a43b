/** Turns speech into text with Moonshine, piece by piece. */
import { join } from 'node:path';
import tokenizer from 'llama-tokenizer-js';
import { InferenceSession, Tensor } from 'onnxruntime-node';
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
    const open = (name: string) =>
      InferenceSession.create(join(packageFolder, 'dist/model/tiny/quantized', name), {
        intraOpNumThreads: 1, // more would spin while they wait for each other; `--workers` uses processors better
      });
    return new Moonshine(await open('encoder_model.onnx'), await open('decoder_model_merged.onnx'));
  }

  /**
   * The text of some seconds of speech, from -1 to 1 at the rate above, as it is found: some letters or a word at a time,
   * each word with the space before it.
   */
  async *transcribe(samples: Float32Array): AsyncGenerator<string, void> {
    const heard = await this.#listen(samples);
    const spell = createSpeller(tokenizer.vocabById);
    const limit = Math.ceil((samples.length / moonshineRate) * tokensPerSecond);
    let memory = emptyMemory();
    let token = startToken;
    for (let count = 0; count < limit; count++) {
      const results = await this.#decoder.run({
        input_ids: new Tensor('int64', BigInt64Array.of(BigInt(token)), [1, 1]),
        encoder_hidden_states: heard,
        use_cache_branch: new Tensor('bool', [count > 0], [1]),
        ...memory,
      });
      token = likeliest(results.logits?.data as Float32Array); // the graph says so
      if (token === endToken) return;
      memory = remember(memory, results, count === 0);
      const text = spell(token);
      if (text !== '') yield text;
    }
  }

  async #listen(samples: Float32Array): Promise<Tensor> {
    const padded = new Float32Array(Math.max(leastSamples, samples.length));
    padded.set(samples);
    const { last_hidden_state: heard } = await this.#encoder.run({
      input_values: new Tensor('float32', padded, [1, padded.length]),
    });
    if (!heard) throw new Error('the encoder of Moonshine gave no last_hidden_state');
    return heard;
  }

  async release(): Promise<void> {
    await Promise.all([this.#encoder.release(), this.#decoder.release()]);
  }
}

/** Keys and values of the attention of what was said so far and of what was heard, by the names of the decoder's inputs. */
type Memory = Readonly<Record<string, Tensor>>;

function emptyMemory(): Memory {
  const names = Array.from({ length: layers }, (_, layer) =>
    ['decoder.key', 'decoder.value', 'encoder.key', 'encoder.value'].map((part) => `past_key_values.${layer}.${part}`),
  );
  const nothing = () => new Tensor('float32', new Float32Array(0), [0, heads, 1, headSize]);
  return Object.fromEntries(names.flat().map((name) => [name, nothing()]));
}

/** With what the last step found. What was heard stays as it is: only the first step computes it. */
function remember(memory: Memory, results: Memory, isFirst: boolean): Memory {
  const next = Object.entries(memory).map(([name, before]) => {
    const isNew = isFirst || name.includes('.decoder.');
    return [name, isNew ? (results[name.replace('past_key_values', 'present')] ?? before) : before] as const;
  });
  return Object.fromEntries(next);
}

function likeliest(scores: Float32Array): number {
  let best = 0;
  for (let token = 1; token < scores.length; token++) if ((scores[token] ?? 0) > (scores[best] ?? 0)) best = token;
  return best;
}
