/** Fills in what a path in the environment leaves to the system. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

const mostRounds = 16; // a variable may name itself

/** The absolute path: `~` and `$VARIABLES` are filled in, as often as that changes something. */
export function expandPath(path: string, environment: Environment): string {
  let expanded = path;
  for (let round = 0; round < mostRounds; round++) {
    const next = expanded
      .replace(/^~(?=$|[/\\])/, () => homedir())
      // One that is not set stays as it is written, as in Python.
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (seen, braced, bare) => environment[braced ?? bare] ?? seen);
    if (next === expanded) break;
    expanded = next;
  }
  return resolve(expanded);
}
