/** Finds what makes OCI images on this machine. */
import type { Environment } from '../config/expand-path.ts';
import { nearest } from '../config/nearest.ts';
import { ServiceError } from '../errors.ts';
import type { Builder } from './builder.ts';
import { programBuilders } from './program-builders.ts';

/** All of them, in the order in which one is looked for. */
const builders: readonly Builder[] = programBuilders;

/**
 * The one of that name.
 * @throws ServiceError `OPTION_INVALID` if there is none.
 */
export function findBuilder(name: string, where: string): Builder {
  const found = builders.find((builder) => builder.name === name);
  if (found) return found;
  const names = builders.map((builder) => builder.name);
  const guess = nearest(name, names);
  const wanted = `one of ${names.join(', ')}${guess === undefined ? '' : `; did you mean ${guess}?`}`;
  throw new ServiceError('OPTION_INVALID', { where, name: 'backend', seen: JSON.stringify(name), wanted });
}

/**
 * The one that is asked for, else the first that can build.
 * @throws ServiceError `BUILDER_UNAVAILABLE` saying why none can, `OPTION_INVALID`
 */
export async function chooseBuilder(
  name: string | undefined,
  environment: Environment,
  where: string,
): Promise<Builder> {
  const problems: string[] = [];
  for (const builder of name === undefined ? builders : [findBuilder(name, where)]) {
    const problem = await builder.findProblem(environment);
    if (problem === undefined) return builder;
    if (name !== undefined) throw new ServiceError('BUILDER_UNAVAILABLE', { builder: name, problem });
    problems.push(`${builder.name}: ${problem}`);
  }
  throw new ServiceError('BUILDER_UNAVAILABLE', { builder: 'no builder', problem: problems.join('; ') });
}
