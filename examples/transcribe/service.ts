/** A service that writes down what is said in a recording, word by word. */
import { api, model, npmPackage, onShutdown, onStartup, service } from 'bentots';
import { Moonshine, moonshineRate } from './moonshine.ts';
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
   * Writes down what is said, while it listens: each item is a word or a part of one, with the space before it.
   *
   * @param audio A WAV file of at most 10 minutes, as the body of the request: PCM or float, any rate, any channels.
   */
  @api({ body: true, slots: 2 }) // two take turns, so that a reader who stalls does not keep the next one waiting
  async *transcribe(audio: Blob): AsyncIterable<string> {
    const recording = readWav(new Uint8Array(await audio.arrayBuffer()));
    let isFirst = true;
    for (const piece of cutAtPauses(recording)) {
      const { samples } = resample(piece, moonshineRate);
      for await (const text of this.#moonshine.transcribe(samples)) {
        yield isFirst ? text.trimStart() : text;
        isFirst = false;
      }
    }
  }

  @onShutdown
  async release(): Promise<void> {
    await this.#moonshine.release();
  }
}
