/** Positional arguments → the body of a request. */
import { assertJson } from './check-json.ts';
import type { RemoteMethod, RootForm } from './service-schema.ts';

/** A body that is ready to be sent. */
export interface RequestBody {
  readonly contentType: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
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
    if (method.root !== 'bytes') assertJson(args[index] ?? null, parameter.name);
  }
  if (method.root) return toRootBody(name, method.root, args[0]);
  const fields = parameters.map((parameter, index) => [parameter.name, args[index]] as const);
  return { contentType: 'application/json', content: JSON.stringify(Object.fromEntries(fields)) };
}

function toRootBody(name: string, root: RootForm, value: unknown): RequestBody {
  if (value === undefined) return { contentType: 'application/json', content: '' };
  if (root === 'json') return { contentType: 'application/json', content: JSON.stringify(value) };
  if (typeof value === 'string') return { contentType: 'text/plain', content: value };
  if (root === 'text') throw new TypeError(`${name} takes a text as its whole body, but got ${typeName(value)}`);
  if (value instanceof Uint8Array) {
    return { contentType: 'application/octet-stream', content: value as Uint8Array<ArrayBuffer> }; // what fetch sends
  }
  if (value instanceof ArrayBuffer) {
    return { contentType: 'application/octet-stream', content: new Uint8Array(value) };
  }
  throw new TypeError(`${name} takes a Uint8Array as its whole body, but got ${typeName(value)}`);
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
}
