/** Cuts a recording into pieces that the model can take, where nobody speaks. */
import type { Audio } from './audio.ts';

/** The longest piece, in seconds. The model was trained with up to 30, and gets worse long before. */
const longest = 15;

/** How finely it is looked for the quietest place, in seconds: a pause between words is longer. */
const frame = 0.1;

/** Mean square of what is taken for silence: 60 dB below full volume. The model would make up words for it. */
const silence = 1e-6;

/** The pieces in which there is anything to hear, in their order. */
export function cutAtPauses({ samples, rate }: Audio): Audio[] {
  const pieces: Audio[] = [];
  for (let start = 0; start < samples.length; ) {
    const end = endOf(samples, rate, start);
    const piece = samples.subarray(start, end);
    if (framesOf(piece, rate).some((power) => power > silence)) pieces.push({ samples: piece, rate });
    start = end;
  }
  return pieces;
}

/** The quietest place in the second half of the longest piece that could be, unless the rest fits. */
function endOf(samples: Float32Array, rate: number, start: number): number {
  const size = Math.floor(longest * rate);
  if (samples.length - start <= size) return samples.length;
  const half = start + Math.floor(size / 2);
  const powers = framesOf(samples.subarray(half, start + size), rate);
  const quietest = powers.indexOf(Math.min(...powers));
  return half + Math.floor((quietest + 0.5) * frame * rate);
}

/** The mean square of each frame. */
function framesOf(samples: Float32Array, rate: number): number[] {
  const size = Math.floor(frame * rate);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, index) => {
    const part = samples.subarray(index * size, (index + 1) * size);
    return part.reduce((sum, sample) => sum + sample * sample, 0) / part.length;
  });
}
