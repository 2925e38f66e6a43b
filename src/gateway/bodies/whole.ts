/** Bodies that are the one argument as they are: text, bytes, files. */
import { isOnDisk } from '../../io/file-content.ts';
import { decodeUtf8 } from '../../io/utf-8.ts';
import { toAddress } from './addresses.ts';
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
    const name = nameIn(headers['content-disposition']);
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

/** RFC 6266 section 4.1: the form with a star goes before the one without. */
function nameIn(disposition: string | undefined): string | undefined {
  const encoded = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i.exec(disposition ?? '')?.[1];
  try {
    if (encoded !== undefined) return decodeURIComponent(encoded);
  } catch {
    // It is nothing of the kind; the other one may be.
  }
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(disposition ?? '') ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? token;
}
