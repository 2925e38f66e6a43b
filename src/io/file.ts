/** `Blob` and `File`: in JSON an object with base64 text, media type and name. */
import { toBase64 } from './base64.ts';
import { readBase64 } from './bytes.ts';
import type { IoType, Schema } from './io-type.ts';

/** What crosses after the mark. */
export interface FileFields {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly name: string | undefined;
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

/** JSON → what crosses after the mark. */
export function readFile(json: unknown, kind: string): FileFields {
  const { data, type = 'application/octet-stream', name } = json as Record<string, string | undefined>; // as the schema says
  return { bytes: readBase64(data, kind), type, name };
}

/** What crosses after the mark → JSON. */
export function writeFile({ bytes, type, name }: FileFields): Schema {
  return { data: toBase64(bytes), ...(type !== '' && { type }), ...(name !== undefined && { name }) };
}

function fileType(name: string, holds: (value: object) => boolean, make: (fields: FileFields) => Blob): IoType {
  return {
    name,
    tags: [],
    read: (json) => [new RegExp(name), readFile(json, name)],
    write: ([, fields]: readonly [RegExp, FileFields]) => writeFile(fields),
    parcel: {
      holds,
      pack: async (value: Blob, fields) => void fields.push(await toFields(value)),
      unpack: ([fields]) => make(fields as FileFields), // packed above
    },
    ready: { kinds: ['file'], accept: ([, fields]) => [new RegExp(name), fields] },
    describe: () => ({ type: 'file', format: 'binary' }),
  };
}

export const file = fileType(
  'file',
  (value) => value instanceof File,
  ({ bytes, type, name = 'file' }) => new File([bytes], name, { type }),
);

export const blob = fileType(
  'blob',
  (value) => value instanceof Blob && !(value instanceof File),
  ({ bytes, type }) => new Blob([bytes], { type }),
);

async function toFields(value: Blob): Promise<FileFields> {
  const bytes = new Uint8Array(await value.arrayBuffer());
  return { bytes, type: value.type, name: value instanceof File ? value.name : undefined };
}
