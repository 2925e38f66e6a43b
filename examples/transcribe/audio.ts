/** Sound in memory. */

/** One channel of sound. */
export interface Audio {
  /** From -1 to 1. */
  readonly samples: Float32Array;
  /** Samples a second. */
  readonly rate: number;
}
