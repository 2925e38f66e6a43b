/** Refuses arguments that no module asks for, after the modules of a service were evaluated with them. */
import { isDeepStrictEqual } from 'node:util';
import { nearest } from '../config/nearest.ts';
import { ServiceError } from '../errors.ts';
import { dataChain } from '../sdk/decorator-data.ts';

/** @throws ServiceError `ARGUMENT_INVALID` naming the argument that was probably meant. */
export function checkArguments(given: Readonly<Record<string, unknown>>, serviceClasses: readonly object[]): void {
  if (serviceClasses.length === 0) return; // that there are none is the thing to say
  const evaluations = serviceClasses.map((one) => dataChain(one).at(-1)?.evaluation);
  if (evaluations.some((one) => !isDeepStrictEqual(one?.given ?? {}, given))) {
    const problem =
      'modules are evaluated once in a process, and those of the service were with other arguments before; serve it in a process of its own';
    throw new ServiceError('ARGUMENT_INVALID', { problem });
  }
  const names = [...new Set(evaluations.flatMap((one) => [...(one?.declared.keys() ?? [])]))];
  const problems = Object.keys(given).flatMap((name) => {
    if (names.includes(name)) return [];
    const guess = nearest(name, names);
    const all = names.length === 0 ? 'the service takes none' : `there are ${names.join(', ')}`;
    return [`there is no argument ${JSON.stringify(name)}; ${guess === undefined ? all : `did you mean "${guess}"?`}`];
  });
  if (problems.length > 0) throw new ServiceError('ARGUMENT_INVALID', { problem: problems.join('; ') });
}
