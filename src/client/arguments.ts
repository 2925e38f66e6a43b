/** Positional arguments → the body of a request. */
import { pack } from '../io/crossing.ts';
import { toJson } from '../io/to-json.ts';
import { assertJson } from './check-json.ts';
import type { RemoteMethod, RootForm } from './service-schema.ts';

/** A body that is ready to be sent. */
export interface RequestBody {
  readonly contentType: string;
  readonly content: string | Uint8Array<ArrayBuffer>;
}

/**
 * Maps arguments to the method's parameters by their order; `undefined` is left out. Answers with a promise only where
 * the bytes of a file, or the items of a sequence, have to be waited for.
 *
 * @throws TypeError if there are too many, a required one is missing, or one cannot be written as JSON.
 */
export function toBody(method: RemoteMethod, args: readonly unknown[]): RequestBody | Promise<RequestBody> {
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
  if (method.root === 'bytes') return toRootBody(name, method.root, args[0]);
  const packed = pack([...args]);
  return packed instanceof Promise ? packed.then((ready) => write(method, ready)) : write(method, packed);
}

function write({ name, parameters, root }: RemoteMethod, packed: unknown): RequestBody {
  const args = toJson(packed) as readonly unknown[]; // an array stays one
  if (root) return toRootBody(name, root, args[0]);
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
