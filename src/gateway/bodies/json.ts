/** JSON, what becomes JSON, and whatever nobody else reads: callers send JSON under many media types. */
import { type Decoded, decodeBody, type ReceivedBody, textBytesOf } from '../decode/decode-body.ts';
import type { BodyReader, DecodedBody, IncomingBody } from './body-reader.ts';

const largeTextBytes = 256 * 1024;

export const jsonReader: BodyReader = {
  takes: () => true,
  async read(body) {
    const bytes = await body.bytes(body.limits.jsonBodyLimitBytes);
    return bytes.length === 0 && body.route.api.body !== 'fields' ? undefined : decode(bytes, body);
  },
};

/** Parses it, in a thread of its own where it is large, and fetches the files in it of which the address is given. */
export async function decode(bytes: Uint8Array, incoming: IncomingBody): Promise<DecodedBody> {
  const { mediaType, fetchFile } = incoming;
  const decoded = await decodeOnce({ bytes, mediaType }, incoming);
  if ('args' in decoded) return decoded;
  const files: unknown[] = []; // one after the other: a caller is not given the network of the server
  for (const address of decoded.addresses) files.push(await fetchFile(address));
  const filled = await decodeOnce({ bytes: decoded.bytes, mediaType, files }, incoming);
  if ('args' in filled) return filled;
  throw new Error('a body has other addresses when it is read again');
}

function decodeOnce(body: ReceivedBody, { route, limits, threads, signal }: IncomingBody): Promise<Decoded> {
  const isLarge = threads !== undefined && textBytesOf(body) > largeTextBytes;
  return isLarge ? threads.decode(route, body, signal) : decodeBody(route, body, limits);
}
