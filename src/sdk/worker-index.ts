/** `workerIndex`: which of the workers of a service runs the code. */
import { currentWorkerIndex } from './inject.ts';

/**
 * Which worker of its service runs the code, counted from 1 up to the number of workers; a worker that takes the place
 * of another has the index of that one. It is known everywhere in a worker: while modules are evaluated, in field
 * initialisers, the constructor, hooks and methods.
 *
 * @example
 * ```ts
 * const device = (workerIndex() ?? 1) - 1; // the first worker uses the first GPU
 * ```
 * @returns undefined outside of workers: in a script, while `bento` only reads the service, and in deployment hooks.
 */
export function workerIndex(): number | undefined {
  return currentWorkerIndex();
}
