/** Bytes, in whatever container an author likes them: base64 text in JSON. */
import { base64Words, fromBase64, toBase64 } from './base64.ts';
import type { IoType, Schema } from './io-type.ts';
import { Misfit } from './misfit.ts';

/** The containers, by the name of their type. */
const containers = new Map<string, (bytes: Uint8Array<ArrayBuffer>) => unknown>([
  ['Uint8Array', (bytes) => bytes],
  ['Uint8ClampedArray', ({ buffer }) => new Uint8ClampedArray(buffer)],
  ['ArrayBuffer', ({ buffer }) => buffer],
  ['Buffer', (bytes) => nodeBuffer?.from(bytes.buffer) ?? bytes],
]);

const nodeBuffer = (globalThis as { Buffer?: { from(bytes: ArrayBuffer): Uint8Array } }).Buffer;

/** Names of the types whose values are bytes. */
export const bytesContainers: readonly string[] = [...containers.keys()];

/** The schema of bytes in a container. */
export function bytesSchema(container: string): Schema {
  const rest = container === 'Uint8Array' ? {} : { 'x-container': container };
  return { type: 'string', contentEncoding: 'base64', 'x-io-type': 'bytes', ...rest };
}

export const bytes = {
  name: 'bytes',
  tags: ['[object Uint8Array]', '[object Uint8ClampedArray]', '[object ArrayBuffer]'],
  read: (json, schema) => wrapBytes(readBase64(json, 'bytes'), schema),
  write: (value: ArrayBuffer | Uint8Array | Uint8ClampedArray) => toBase64(toBytes(value)),
  describe: () => ({ type: 'string', format: 'binary' }),
} as const satisfies IoType;

/** Puts bytes into the container that a schema asks for. */
export function wrapBytes(value: Uint8Array, schema: Schema): unknown {
  const { 'x-container': container } = schema;
  if (container === undefined) return value;
  const isWhole = value.byteLength === value.buffer.byteLength;
  return containers.get(String(container))?.((isWhole ? value : value.slice()) as Uint8Array<ArrayBuffer>) ?? value; // no shared memory
}

/** @throws Misfit */
export function readBase64(json: unknown, kind: string): Uint8Array<ArrayBuffer> {
  const value = typeof json === 'string' ? fromBase64(json) : undefined;
  if (value) return value;
  throw new Misfit(kind, base64Words);
}

/** The bytes of any container, without a copy. */
export function toBytes(value: ArrayBuffer | Uint8Array | Uint8ClampedArray): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
