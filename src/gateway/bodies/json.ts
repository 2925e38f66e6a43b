/** JSON, what becomes JSON, and whatever nobody else reads: callers send JSON under many media types. */
import { decodeBody } from '../decode/decode-body.ts';
import type { BodyReader, DecodedBody, IncomingBody } from './body-reader.ts';

const largeBodyBytes = 256 * 1024;

export const jsonReader: BodyReader = {
  takes: () => true,
  async read(body) {
    const bytes = await body.bytes(body.limits.jsonBodyLimitBytes);
    return bytes.length === 0 && body.route.api.body !== 'fields' ? undefined : decode(bytes, body);
  },
};

/** Parses and checks it, in a thread of its own where it is large. */
export async function decode(
  bytes: Uint8Array,
  { route, limits, mediaType, threads, signal }: IncomingBody,
): Promise<DecodedBody> {
  const received = { bytes, mediaType };
  const isLarge = threads !== undefined && bytes.length > largeBodyBytes;
  return {
    args: await (isLarge
      ? threads.decode(route, received, signal)
      : decodeBody(route, received, limits.jsonDepthLimit)),
  };
}
