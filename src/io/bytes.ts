/** Bytes, in whatever container an author likes them: base64 text in JSON. */
import { base64Words, fromBase64, toBase64 } from './base64.ts';
import {
  type FileContent,
  type FileOnDisk,
  inMemory,
  isOnDisk,
  largestInMemoryBytes,
  toContent,
} from './file-content.ts';
import type { IoType, Parcel, Schema } from './io-type.ts';
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

type Bytes = ArrayBuffer | Uint8Array | Uint8ClampedArray;

const tags = ['[object Uint8Array]', '[object Uint8ClampedArray]', '[object ArrayBuffer]'];

/** They cross as they are, but for many, which cross on disk. */
export const bytes = {
  name: 'bytes',
  tags,
  read: (json, schema) => wrapBytes(readBase64(json, 'bytes'), schema),
  write: (value: Bytes | Parcel) => toBase64(inMemory(contentOf(value))),
  parcel: {
    holds: (value, isKept) => isKept && isBytes(value) && value.byteLength > largestInMemoryBytes,
    pack: async (value: Bytes, fields, keep) => void fields.push(await toContent(toBytes(value), keep)),
    open: async (content, openFile) =>
      isOnDisk(content as FileContent) ? await openFile(content as FileOnDisk, 'bytes') : content,
    unpack: ([content, container]) => wrapBytes(content as Uint8Array, { 'x-container': container }), // packed above
  },
  ready: {
    kinds: ['file'],
    accept: ([, fields], schema) => toCrossing((fields as { content: FileContent }).content, schema),
  },
  describe: () => ({ type: 'string', format: 'binary' }),
  typeText: ({ 'x-container': container = 'Uint8Array' }) =>
    ['ArrayBuffer', 'Uint8ClampedArray'].includes(String(container)) ? String(container) : 'Uint8Array', // as a Buffer is
} as const satisfies IoType;

function toCrossing(content: FileContent, schema: Schema): unknown {
  return isOnDisk(content) ? [/bytes/, content, schema['x-container']] : wrapBytes(content, schema);
}

/** Whether a value is bytes as an author's code has them. */
export function isBytes(value: unknown): value is Bytes {
  return tags.includes(Object.prototype.toString.call(value));
}

/** What bytes are made of, whichever way they crossed. */
export function contentOf(crossing: Bytes | Parcel): FileContent {
  return Array.isArray(crossing) ? (crossing[1] as FileContent) : toBytes(crossing as Bytes);
}

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
export function toBytes(value: Bytes): Uint8Array<ArrayBuffer> {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength); // nobody shares it
}
