/** `Blob` and `File`: in JSON an object with base64 text, media type and name. */
import { toBase64 } from './base64.ts';
import { readBase64, toBytes } from './bytes.ts';
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

export const blob: IoType = {
  name: 'blob',
  tags: [],
  read: (json) => [/blob/, readFile(json, 'blob')],
  write: ([, fields]: readonly [RegExp, FileFields]) => writeFile(fields),
  parcel: {
    holds: (value) => value instanceof Blob && !(value instanceof File),
    pack: async (value: Blob, fields) => void fields.push(await toFields(value)),
    unpack: ([fields]) => {
      const { bytes, type } = fields as FileFields; // packed above
      return new Blob([bytes], { type });
    },
  },
  describe: describeFile,
};

export const file: IoType = {
  name: 'file',
  tags: [],
  read: (json) => [/file/, readFile(json, 'file')],
  write: ([, fields]: readonly [RegExp, FileFields]) => writeFile(fields),
  parcel: {
    holds: (value) => value instanceof File,
    pack: async (value: File, fields) => void fields.push({ ...(await toFields(value)), name: value.name }),
    unpack: ([fields]) => {
      const { bytes, type, name } = fields as FileFields; // packed above
      return new File([bytes], name ?? 'file', { type });
    },
  },
  describe: describeFile,
};

async function toFields(value: Blob): Promise<FileFields> {
  return { bytes: toBytes(await value.arrayBuffer()) as Uint8Array<ArrayBuffer>, type: value.type, name: undefined };
}

function describeFile(): Schema {
  return { type: 'file', format: 'binary' };
}
