/** Reads files of the system that not every system has. */
import { readFileSync } from 'node:fs';

/** Reads a file of the system; undefined where there is none. */
export type ReadText = (path: string) => string | undefined;

/** What the system does not tell, or not to us, is not there. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
