/** Changes how many samples a second a recording has. */
import type { Audio } from './audio.ts';

/** Zeros of the sinc function on each side of a sample that count: more cut off more sharply, and take longer. */
const reach = 16;

/** Places of the kernel between two zeros that are computed beforehand. */
const stepsPerZero = 256;

/**
 * The same sound at another rate. Each sample is a weighted mean of those around it, with a windowed sinc as the weights;
 * what the new rate is too low for is taken out, since it would come back as other tones.
 *
 * @see https://ccrma.stanford.edu/~jos/resample/ Smith, "Digital Audio Resampling Home Page"
 */
export function resample({ samples, rate }: Audio, to: number): Audio {
  if (rate === to) return { samples, rate };
  const ratio = rate / to;
  const stretch = Math.max(1, ratio); // a lower rate wants a wider kernel
  const kernel = createKernel();
  const result = new Float32Array(Math.max(1, Math.round(samples.length / ratio)));
  for (let index = 0; index < result.length; index++) {
    const centre = index * ratio;
    const first = Math.max(0, Math.ceil(centre - reach * stretch));
    const last = Math.min(samples.length - 1, Math.floor(centre + reach * stretch));
    let sum = 0;
    for (let at = first; at <= last; at++) {
      const place = Math.round((Math.abs(at - centre) / stretch) * stepsPerZero);
      sum += (samples[at] ?? 0) * (kernel[place] ?? 0);
    }
    result[index] = sum / stretch;
  }
  return { samples: result, rate: to };
}

/** The right half of a sinc in a Blackman window. */
function createKernel(): Float32Array {
  return Float32Array.from({ length: reach * stepsPerZero + 1 }, (_, index) => {
    const x = Math.PI * (index / stepsPerZero);
    const turn = x / reach;
    const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn);
    return (x === 0 ? 1 : Math.sin(x) / x) * window;
  });
}
