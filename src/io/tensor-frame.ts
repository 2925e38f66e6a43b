/**
 * Values with tensors ↔ binary frames: the tensors in the layout of safetensors, named by their places, and one JSON
 * document of the rest: docs/decisions/0043-tensors-in-safetensors.md.
 */
import { ServiceError } from '../errors.ts';
import type { DType, TensorFields } from './dtype.ts';
import { ioKeyword, isParcel } from './io-type.ts';
import { parseJson } from './parse-json.ts';
import { hasCode, metadataName, type NamedTensor, parseSafetensors, printSafetensors } from './safetensors.ts';
import { tensor } from './tensor-type.ts';

// Under `__metadata__`: everything that is no tensor, with null where one stands.
const documentName = 'json';

// The name of a tensor that is all there is.
const wholeName = 'value';

/** Whether values of a schema may hold tensors that a frame has a word for. */
export function mayHoldTensors(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { [ioKeyword]: type, 'x-dtype': dtype } = schema as Readonly<Record<string, unknown>>;
  if (type === tensor.name && hasCode(dtype as DType)) return true;
  return Object.values(schema).some(mayHoldTensors);
}

/** What bounds a frame. */
export interface FrameLimits {
  /** Of the header, in which the JSON document stands. */
  readonly headerLimitBytes: number;
  readonly jsonDepthLimit: number;
}

/**
 * Reads a frame: what JSON says, with parcels of tensors in it.
 *
 * @param mayBeWhole whether the value may be the one tensor, since it cannot be an object.
 * @throws ServiceError `MALFORMED_BODY`.
 */
export function readTensorFrame(
  body: Uint8Array,
  mayBeWhole: boolean,
  { headerLimitBytes, jsonDepthLimit }: FrameLimits,
): unknown {
  const { tensors, metadata } = parseSafetensors(body, headerLimitBytes);
  const text = metadata.get(documentName);
  const what = `"${documentName}" under "${metadataName}" of the binary frame`;
  const document = text === undefined ? undefined : parseJson(new TextEncoder().encode(text), jsonDepthLimit, what);
  const [only] = tensors;
  if (mayBeWhole && only && tensors.length === 1 && (document ?? null) === null) return toParcel(only);
  const value = document === undefined ? {} : document;
  for (const one of tensors) put(value, one, jsonDepthLimit);
  return value;
}

type Container = Record<string, unknown>;

/** Sets a tensor into its place, which the document has as null, or an object has not yet. */
function put(value: unknown, one: NamedTensor, depthLimit: number): void {
  const steps = one.name.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')); // RFC 6901
  const refuse = (problem: string): never => {
    const name = JSON.stringify(one.name.length > 80 ? `${one.name.slice(0, 80)}…` : one.name);
    throw new ServiceError('MALFORMED_BODY', { problem: `the tensor ${name} of the binary frame ${problem}` });
  };
  if (steps.length > depthLimit) refuse(`is deeper than ${depthLimit} levels`);
  if (steps.some((step, at) => step === '__proto__' || (step === 'prototype' && steps[at - 1] === 'constructor'))) {
    refuse('has a name with "__proto__" or the "prototype" of a "constructor", which are not accepted');
  }
  const enter = (inner: unknown): Container => {
    const isParcelled = Array.isArray(inner) && isParcel(inner);
    if (typeof inner === 'object' && inner !== null && !isParcelled) return inner as Container; // an array has its places as keys
    return refuse('leads into something that is neither an object nor an array');
  };
  const last = steps.pop() as string; // a text that was split has a part
  let container = enter(value);
  for (const step of steps) {
    const has = Object.hasOwn(container, step);
    if (!has && Array.isArray(container)) refuse('leads to no place of its array');
    if (!has) container[step] = {};
    container = enter(container[step]);
  }
  const has = Object.hasOwn(container, last);
  if (!has && Array.isArray(container)) refuse('leads to no place of its array');
  if (has && container[last] !== null) refuse('stands where there is something else');
  container[last] = toParcel(one);
}

function toParcel({ dtype, shape, data }: NamedTensor): unknown {
  return [new RegExp(tensor.name), { dtype, shape, data } satisfies TensorFields];
}

/**
 * Writes a frame as its pieces; the data of the tensors is not copied.
 * @param value JSON with parcels of tensors in it.
 */
export function writeTensorFrame(value: unknown): Uint8Array[] {
  const tensors: NamedTensor[] = [];
  const document = lift(value, undefined, tensors);
  const isAll = document === null && tensors.length === 1;
  return printSafetensors(tensors, isAll ? {} : { [documentName]: JSON.stringify(document) });
}

/** A copy with null where tensors stand. */
function lift(value: unknown, path: string | undefined, found: NamedTensor[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inner = (key: string | number, item: unknown) =>
    lift(item, path === undefined ? String(key) : `${path}/${key}`, found);
  if (!Array.isArray(value)) {
    const toStep = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(toStep(key), item)]));
  }
  if (!isParcel(value)) return value.map((item, at) => inner(at, item));
  const fields = value[1] as TensorFields; // of a tensor: other parcels were written in JSON
  const name = path ?? wholeName;
  if (!hasCode(fields.dtype) || name === metadataName) return tensor.write(value as never, String);
  found.push({ name, ...fields });
  return null;
}
