/** A model whose time is known to the tenth of a millisecond: 5 ms a batch, and 0.1 ms an item. */

export const launchMs = 5;
export const itemMs = 0.1;
export const mostItems = 64;

const never = new Int32Array(new SharedArrayBuffer(4));
const spinMs = 0.2; // the system wakes nobody more exactly

/** Holds its thread for as long as the model would, and the processor for the last moment only. */
export function runModel(items: number): void {
  const endMs = performance.now() + launchMs + itemMs * items;
  Atomics.wait(never, 0, 0, endMs - performance.now() - spinMs);
  while (performance.now() < endMs);
}
