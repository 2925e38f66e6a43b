/** Finds the folder in which models, bentos and what else outlives a server are kept. */
import { type Environment, expandPath } from './expand-path.ts';
import { fromEnvironment, resolveOptions } from './resolve.ts';
import { homeOptions } from './store-options.ts';

/**
 * The absolute path of the home: `BENTOML_HOME`, else `~/bentoml`. `~` and `$VARIABLES` in it are filled in, as often
 * as that changes something. The folder need not be there.
 */
export function findHome(environment: Environment = process.env): string {
  const { home } = resolveOptions(homeOptions, fromEnvironment(homeOptions, environment), 'environment');
  return expandPath(home, environment);
}
