/** Positional arguments → the body of a request. */
import { assertJson } from './check-json.ts';
import type { RemoteMethod } from './service-schema.ts';

/** A body that is ready to be sent. */
export interface RequestBody {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Maps arguments to the method's parameters by their order; `undefined` is left out.
 *
 * @throws TypeError if there are too many, a required one is missing, or one cannot be written as JSON.
 */
export function toBody(method: RemoteMethod, args: readonly unknown[]): RequestBody {
  const { name, parameters } = method;
  if (args.length > parameters.length) {
    const names = parameters.map((parameter) => parameter.name).join(', ');
    throw new TypeError(`${name} takes ${parameters.length} arguments (${names}), but got ${args.length}`);
  }
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.isRequired && args[index] === undefined) {
      throw new TypeError(`${name}: the argument "${parameter.name}" is missing (position ${index + 1})`);
    }
    assertJson(args[index] ?? null, parameter.name);
  }
  if (method.root) return toRootBody(method.root, args[0]);
  const fields = parameters.map((parameter, index) => [parameter.name, args[index]] as const);
  return { contentType: 'application/json', text: JSON.stringify(Object.fromEntries(fields)) };
}

function toRootBody(root: 'text' | 'json', value: unknown): RequestBody {
  if (root === 'text' && typeof value === 'string') return { contentType: 'text/plain', text: value };
  return { contentType: 'application/json', text: value === undefined ? '' : JSON.stringify(value) };
}
