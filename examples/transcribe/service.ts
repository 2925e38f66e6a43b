/** A service that writes down what is said in recordings, word by word. */
import {
  api,
  type BatchContext,
  type ItemChunk,
  itemError,
  model,
  npmPackage,
  onShutdown,
  onStartup,
  service,
} from 'bentots';
import { Moonshine, moonshineRate, type Recording } from './moonshine.ts';
import { resample } from './resample.ts';
import { cutAtPauses } from './segments.ts';
import { readWav } from './wav.ts';

/** Turns English speech into text with Moonshine (tiny). */
@service({ traffic: { timeoutMs: 60_000 } })
export class Transcriber {
  @model(npmPackage('@moonshine-ai/moonshine-js')) weights!: string;
  #moonshine!: Moonshine;

  @onStartup
  async load(): Promise<void> {
    this.#moonshine = await Moonshine.load(this.weights);
  }

  /**
   * Writes down what is said, while it listens: each chunk is a word or a part of one, with the space before it.
   *
   * @param audio One WAV file of at most 10 minutes: PCM or float, any rate, any channels. What several callers send at
   *   the same time is written down together.
   */
  @api({
    batchable: true,
    maxBatchSize: 8,
    costOf: { path: 'audio' }, // nobody who sends a few seconds is in a batch with somebody who sends minutes,
    slots: 2, // and two batches take turns, so that neither has to wait for the other
  })
  async *transcribe(audio: Blob[], batch: BatchContext): AsyncIterable<ItemChunk<string>> {
    const recordings: Recording[] = [];
    for (const [item, file] of audio.entries()) {
      let pieces: Iterable<Float32Array> = [];
      try {
        pieces = piecesOf(new Uint8Array(await file.arrayBuffer()));
      } catch (error) {
        yield { item, error: itemError(error) }; // of this caller, and of nobody else
      }
      recordings.push({ pieces, isWanted: () => !batch.requestOf(item).signal.aborted });
    }
    const begun = new Set<number>();
    for await (const { recording: item, text, isLast } of this.#moonshine.transcribe(recordings)) {
      yield { item, chunk: begun.has(item) ? text : text?.trimStart(), isLast };
      if (text !== undefined) begun.add(item);
    }
  }

  @onShutdown
  async release(): Promise<void> {
    await this.#moonshine.release();
  }
}

/** What the model can take of a file: it is read at once, and the rest is done when its turn comes. */
function piecesOf(file: Uint8Array): Iterable<Float32Array> {
  const pieces = cutAtPauses(readWav(file));
  return pieces.values().map((piece) => resample(piece, moonshineRate).samples);
}
