/** Random numbers that are the same in each run. */

/** Numbers of one seed. */
export interface Random {
  /** From 0 up to, but without, 1. */
  next(): number;
  /** The time to the next of events that know nothing of each other. */
  exponential(mean: number): number;
  /** From a gamma distribution: the smaller the shape, the burstier what comes at such intervals. */
  gamma(shape: number, mean: number): number;
}

/** Creates the numbers of a seed: mulberry32, by Tommy Ettinger, in the public domain. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    exponential: (mean) => -mean * Math.log(1 - next()),
    gamma(shape, mean) {
      // Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes under 1 by a power of one above.
      const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
      const c = 1 / Math.sqrt(9 * d);
      for (;;) {
        const x = normal();
        const v = (1 + c * x) ** 3;
        if (v <= 0 || Math.log(1 - next()) >= 0.5 * x * x + d - d * v + d * Math.log(v)) continue;
        const lift = shape < 1 ? (1 - next()) ** (1 / shape) : 1;
        return (mean / shape) * d * v * lift;
      }
    },
  };
}
