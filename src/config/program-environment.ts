/** Makes the environment of a program that is started. */
import type { Environment } from './expand-path.ts';

/** Our own environment goes before the defaults, and what is given before both. */
export function programEnvironment(
  defaults: Environment,
  given: Environment,
  environment: Environment = process.env,
): Environment {
  return { ...defaults, ...environment, ...given };
}
