/** Adds up how far each of several transfers has come. */

/** All of them together. */
export interface TransferSum {
  readonly bytes: number;
  readonly totalBytes: number;
  /** How many of them are there as a whole. */
  readonly done: number;
  readonly all: number;
}

/**
 * @param sizes of all of them, in bytes.
 * @returns what begins one of a size, and gives what is told how many bytes of it there are, which may become fewer.
 */
export function sumTransfers(
  sizes: readonly number[],
  tell: (sum: TransferSum) => void,
): (sizeBytes: number) => (bytes: number) => void {
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  let [bytes, done] = [0, 0];
  return (sizeBytes) => {
    let [before, wasDone] = [0, false];
    return (now) => {
      const isDone = now >= sizeBytes;
      bytes += now - before;
      done += Number(isDone) - Number(wasDone);
      [before, wasDone] = [now, isDone];
      tell({ bytes, totalBytes, done, all: sizes.length });
    };
  };
}
