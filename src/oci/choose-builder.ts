/** Finds what makes OCI images on this machine. */
import type { Environment } from '../config/expand-path.ts';
import { nearest } from '../config/nearest.ts';
import { ServiceError } from '../errors.ts';
import type { Builder } from './builder.ts';
import { createNativeBuilder } from './native/native-builder.ts';
import { programBuilders } from './program-builders.ts';

/** All of them, in the order in which one is looked for; the last one needs no program. */
const builders: readonly Builder[] = [...programBuilders, createNativeBuilder([])];

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
 * @throws ServiceError `BUILDER_UNAVAILABLE` saying why it cannot, `OPTION_INVALID`
 */
export async function chooseBuilder(
  name: string | undefined,
  environment: Environment,
  where: string,
): Promise<Builder> {
  if (name === undefined) {
    const problems: string[] = [];
    for (const builder of programBuilders) {
      const problem = await builder.findProblem(environment);
      if (problem === undefined) return builder;
      problems.push(`${builder.name}: ${problem}`);
    }
    return createNativeBuilder(problems);
  }
  const builder = findBuilder(name, where);
  const problem = await builder.findProblem(environment);
  if (problem === undefined) return builder;
  throw new ServiceError('BUILDER_UNAVAILABLE', { builder: name, problem });
}
