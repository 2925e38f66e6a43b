/** Finds the folder in which models, bentos and what else outlives a server are kept. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { homeOptions } from './options.ts';
import { fromEnvironment, resolveOptions } from './resolve.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The absolute path of the home: `BENTOML_HOME`, else `~/bentoml`. `~` and `$VARIABLES` in it are filled in, as often
 * as that changes something. The folder need not be there.
 */
export function findHome(environment: Environment = process.env): string {
  const { home } = resolveOptions(homeOptions, fromEnvironment(homeOptions, environment), 'environment');
  return resolve(expand(home, environment));
}

const mostRounds = 16; // a variable may name itself

function expand(path: string, environment: Environment): string {
  let expanded = path;
  for (let round = 0; round < mostRounds; round++) {
    const next = expanded
      .replace(/^~(?=$|[/\\])/, () => homedir())
      // One that is not set stays as it is written, as in Python.
      .replace(/\$(?:\{(\w+)\}|(\w+))/g, (seen, braced, bare) => environment[braced ?? bare] ?? seen);
    if (next === expanded) break;
    expanded = next;
  }
  return expanded;
}
