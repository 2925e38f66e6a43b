/** Delays after an answer in half octaves, from 31 µs up to 4 s. */

const firstBinMs = 1 / 32;
const binsPerOctave = 2;

/** How many there are. */
export const bins = 17 * binsPerOctave + 1;

/** Where each ends, in milliseconds. */
export const endsMs = Float64Array.from({ length: bins }, (_, bin) => firstBinMs * 2 ** (bin / binsPerOctave));

/** In which one a delay is. */
export function binOf(delayMs: number): number {
  return Math.min(bins - 1, Math.max(0, Math.ceil(binsPerOctave * Math.log2(delayMs / firstBinMs))));
}

/** Has a mean of one bin forget so much for the newest value. */
export function average(values: Float64Array, at: number, newest: number, weight: number): void {
  values[at] = (values[at] as number) * (1 - weight) + weight * newest;
}
