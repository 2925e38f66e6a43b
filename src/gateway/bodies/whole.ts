/** Bodies that are the one argument as they are: text, bytes, files. */
import { readDisposition } from '../../io/content-disposition.ts';
import { isOnDisk } from '../../io/file-content.ts';
import { decodeUtf8 } from '../../io/utf-8.ts';
import { toAddress } from '../decode/addresses.ts';
import type { BodyReader } from './body-reader.ts';
import { toFilePart } from './file-part.ts';

/** UTF-8 under any media type, as Python clients send it. */
export const textReader: BodyReader = {
  takes: (_, { body }) => body === 'text',
  async read(body) {
    const bytes = await body.bytes(body.limits.rawBodyLimitBytes);
    return bytes.length === 0 ? undefined : { value: decodeUtf8(bytes), sizeBytes: bytes.length };
  },
};

/** Bytes, and files with the media type and the name that the request says. */
export const fileReader: BodyReader = {
  takes: (_, { body }) => body === 'bytes' || body === 'file',
  async read(body) {
    const { limits, route, headers, mediaType } = body;
    const limitBytes = route.api.body === 'bytes' ? limits.rawBodyLimitBytes : limits.fileLimitBytes;
    const file = body.createFile(limitBytes);
    await body.flowInto(file.stream, limitBytes);
    const { size } = file;
    if (size === 0) return undefined;
    const content = file.content();
    const address =
      isOnDisk(content) || size > longestAddress || !mayBeText(mediaType) ? undefined : addressIn(content);
    if (address !== undefined && route.takesAddresses) {
      return { value: await body.fetchFile(address), hasParcels: true, sizeBytes: size };
    }
    const name = readDisposition(headers['content-disposition'] ?? '');
    return { value: toFilePart({ content, mediaType, name }), hasParcels: true, sizeBytes: size };
  },
};

const longestAddress = 2048;

function mayBeText(mediaType: string): boolean {
  return mediaType === '' || mediaType === 'application/json' || mediaType.startsWith('text/');
}

function addressIn(content: Uint8Array): string | undefined {
  return toAddress(Buffer.from(content).toString('latin1'));
}
