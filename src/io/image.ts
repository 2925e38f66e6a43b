/** `ImageFile`: a picture as its bytes, known to be one; in JSON an object with base64 text, media type and name. */
import { ServiceError } from '../errors.ts';
import { toBytes } from './bytes.ts';
import { askedFile, type FileFields, lengthOfFile, openContent, readFile, writeFile } from './file.ts';
import { type FileContent, headOf, inMemory, toContent } from './file-content.ts';
import type { IoType, Schema } from './io-type.ts';
import { assertMediaType, describeMediaType } from './media-type.ts';
import { Misfit } from './misfit.ts';

const imageBrand = Symbol.for('bentots.image/1');

/** The size of a picture in pixels, before any rotation that its metadata asks for. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A picture that a caller sends or gets: its bytes as they are, in PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF or HEIC.
 *
 * @example
 * ```ts
 * @api() async thumbnail(picture: ImageFile): Promise<ImageFile> {
 *   return new ImageFile(await sharp(picture.bytes).resize(128).png().toBuffer());
 * }
 * ```
 */
export class ImageFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Media type, read from the bytes. */
  readonly type: string;
  /** File name, if there is one. */
  readonly name: string | undefined;

  /** @throws TypeError if the bytes do not begin like a picture of a kind above. */
  constructor(bytes: Uint8Array, options: { readonly name?: string } = {}) {
    const type = sniff(bytes);
    if (type === undefined) throw new TypeError(`these ${bytes.length} bytes are no picture: ${kinds}`);
    this.bytes = toBytes(bytes) as Uint8Array<ArrayBuffer>; // nobody writes a picture into shared memory
    this.type = type;
    this.name = options.name;
    Object.defineProperty(this, imageBrand, { value: true });
  }

  /**
   * Reads width and height from the head of the file.
   * @throws ServiceError `INVALID_INPUT` if the file is damaged.
   */
  async size(): Promise<ImageSize> {
    const { imageSize } = await import('image-size');
    try {
      const { width, height } = imageSize(this.bytes.slice()); // it would read on in a larger buffer
      return { width, height };
    } catch (cause) {
      const problem = `the picture ${this.name ?? ''}(${this.type}) is damaged: its size cannot be read`;
      throw new ServiceError('INVALID_INPUT', { problem }, { cause });
    }
  }
}

/** Whether a value is a picture, of this copy of the class or another. */
export function isImageFile(value: unknown): value is ImageFile {
  return typeof value === 'object' && value !== null && imageBrand in value;
}

const kinds = 'none of PNG, JPEG, GIF, WebP, BMP, TIFF, AVIF or HEIC';

/** How files begin: https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern, and ISO/IEC 23008-12 for the last two. */
const beginnings: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[\s\S]{4}WEBPVP/],
  ['image/bmp', /^BM/],
  ['image/tiff', /^(?:II\*\0|MM\0\*)/],
  ['image/avif', /^[\s\S]{4}ftypavi[fs]/],
  ['image/heic', /^[\s\S]{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)/],
];

function sniff(bytes: Uint8Array): string | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 16));
  return beginnings.find(([, pattern]) => pattern.test(head))?.[0];
}

export const image: IoType = {
  name: 'image',
  tags: [],
  read: (json, schema) => toPicture(readFile(json, 'image'), schema),
  write: ([, fields]: readonly [RegExp, FileFields]) => writeFile(fields),
  lengthOf: lengthOfFile,
  parcel: {
    holds: isImageFile,
    pack({ bytes, type, name }: ImageFile, fields, keep) {
      const content = toContent(bytes, keep);
      const finish = (content: FileContent) => void fields.push({ content, type, name } satisfies FileFields);
      return content instanceof Promise ? content.then(finish) : finish(content);
    },
    open: (fields, openFile) => openContent(fields as FileFields, (file) => openFile(file, 'bytes')),
    unpack([fields]) {
      const { content, name } = fields as FileFields; // packed above
      return new ImageFile(inMemory(content), name === undefined ? {} : { name });
    },
  },
  ready: { kinds: ['file'], byAddress: true, accept: ([, fields], schema) => toPicture(fields as FileFields, schema) },
  asked: askedFile,
  describe: (schema) => ({ type: 'file', pil: true, ...describeMediaType(schema), format: 'image' }),
  recognise: ({ type, pil }) => (type === 'file' && pil === true ? { 'x-io-type': 'image' } : undefined),
  typeText: (_, { imported }) => imported('ImageFile'),
};

function toPicture({ content, name }: FileFields, schema: Schema): unknown {
  const type = sniff(headOf(content));
  if (type === undefined) throw new Misfit('image', `must be a picture, but its bytes are ${kinds}`);
  assertMediaType(type, schema);
  return [/image/, { content, type, name } satisfies FileFields];
}
