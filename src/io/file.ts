/** `Blob` and `File`: in JSON an object with base64 text, media type and name. */
import { toBase64 } from './base64.ts';
import { readBase64 } from './bytes.ts';
import {
  type FileContent,
  type FileOnDisk,
  inMemory,
  isOnDisk,
  type KeepOnDisk,
  largestInMemoryBytes,
  sizeOfContent,
} from './file-content.ts';
import type { IoType, Schema } from './io-type.ts';
import { assertMediaType, describeMediaType } from './media-type.ts';

/** What crosses after the mark. */
export interface FileFields {
  readonly content: FileContent;
  readonly type: string;
  readonly name: string | undefined;
}

/** How many bytes a file has that crosses. */
export function lengthOfFile([, { content }]: readonly [RegExp, FileFields]): number {
  return sizeOfContent(content);
}

/** The schema of bytes with a media type and a name, whatever holds them. */
export function fileSchema(kind: string): Schema {
  return {
    type: 'object',
    properties: {
      data: { type: 'string', contentEncoding: 'base64' },
      type: { type: 'string', pattern: mediaType, maxLength: 200, default: 'application/octet-stream' },
      name: { type: 'string', pattern: fileName, maxLength: 255 },
    },
    required: ['data'],
    'x-io-type': kind,
  };
}

// RFC 9110 section 8.3.1, without parameters.
const mediaType = '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$';

// Without separators: an author may put the file where its name says.
const fileName = '^[^/\\\\\\u0000-\\u001f\\u007f]+$';

/** How a caller sends a file. */
export const askedFile = 'a file: the part of a form that has a file name, or an object with its base64 text as "data"';

/** JSON → what crosses after the mark. */
export function readFile(json: unknown, kind: string): FileFields {
  const { data, type = 'application/octet-stream', name } = json as Record<string, string | undefined>; // as the schema says
  return { content: readBase64(data, kind), type, name };
}

/** What crosses after the mark → JSON. */
export function writeFile({ content, type, name }: FileFields): Schema {
  return { data: toBase64(inMemory(content)), ...(type !== '' && { type }), ...(name !== undefined && { name }) };
}

function fileType(name: string, holds: (value: object) => boolean, make: (fields: OpenedFile) => Blob): IoType {
  return {
    name,
    tags: [],
    read: (json, schema) => toParcel(name, readFile(json, name), schema),
    write: ([, fields]: readonly [RegExp, FileFields]) => writeFile(fields),
    lengthOf: lengthOfFile,
    parcel: {
      holds,
      pack: async (value: Blob, fields, keep) => void fields.push(await toFields(value, keep)),
      open: (fields, openFile) => openContent(fields as FileFields, (file) => openFile(file, 'blob')),
      unpack: ([fields]) => make(fields as OpenedFile), // packed above
    },
    ready: {
      kinds: ['file'],
      byAddress: true,
      accept: ([, fields], schema) => toParcel(name, fields as FileFields, schema),
    },
    asked: askedFile,
    describe: (schema) => ({ type: 'file', format: 'binary', ...describeMediaType(schema) }),
    recognise: ({ type }) => (name === 'file' && type === 'file' ? { 'x-io-type': name } : undefined),
    typeText: () => (name === 'file' ? 'File' : 'Blob'),
  };
}

function toParcel(name: string, fields: FileFields, schema: Schema): unknown {
  assertMediaType(fields.type, schema);
  return [new RegExp(name), fields];
}

export const file = fileType(
  'file',
  (value) => value instanceof File,
  ({ content, type, name = 'file' }) => new File([content], name, { type }),
);

export const blob = fileType(
  'blob',
  (value) => value instanceof Blob && !(value instanceof File),
  ({ content, type }) => new Blob([content], { type }),
);

async function toFields(value: Blob, keep: KeepOnDisk | undefined): Promise<FileFields> {
  const content = keep && value.size > largestInMemoryBytes ? keep(value) : value.arrayBuffer().then(toArray);
  return { content: await content, type: value.type, name: value instanceof File ? value.name : undefined };
}

function toArray(buffer: ArrayBuffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

/** What crosses after the mark, with the bytes at hand. */
interface OpenedFile extends Omit<FileFields, 'content'> {
  readonly content: Uint8Array<ArrayBuffer> | Blob;
}

/** The fields with their content at hand, if it lies on disk. */
export async function openContent<Opened>(
  fields: FileFields,
  openFile: (file: FileOnDisk) => Promise<Opened>,
): Promise<unknown> {
  return isOnDisk(fields.content) ? { ...fields, content: await openFile(fields.content) } : fields;
}
