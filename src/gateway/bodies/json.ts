/** JSON, what becomes JSON, and whatever nobody else reads: callers send JSON under many media types. */
import { parseJson } from '../../io/parse-json.ts';
import { decodeBody } from '../decode/decode-body.ts';
import { fetchAddressed } from './addresses.ts';
import type { BodyReader, DecodedBody, IncomingBody, ReadBody } from './body-reader.ts';

const largeBodyBytes = 256 * 1024;

export const jsonReader: BodyReader = {
  takes: () => true,
  async read(body) {
    const bytes = await body.bytes(body.limits.jsonBodyLimitBytes);
    return bytes.length === 0 && body.route.api.body !== 'fields' ? undefined : decode(bytes, body);
  },
};

/** Parses it, in a thread of its own where it is large, and fetches the files in it of which the address is given. */
export async function decode(bytes: Uint8Array, body: IncomingBody): Promise<ReadBody | DecodedBody> {
  const { route, limits, mediaType, threads, signal } = body;
  if (route.takesAddresses && includesUrl(bytes)) return fetchFiles(bytes, body);
  const received = { bytes, mediaType };
  const isLarge = threads !== undefined && bytes.length > largeBodyBytes;
  const decoded = isLarge
    ? threads.decode(route, received, signal)
    : decodeBody(route, received, limits.jsonDepthLimit);
  return { args: await decoded };
}

/** Most bodies have none, and are not walked through. */
function includesUrl(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('"url"');
}

async function fetchFiles(bytes: Uint8Array, { route, limits, fetchFile }: IncomingBody): Promise<ReadBody> {
  const { checkedInput, input } = route.api;
  const value = await fetchAddressed(parseJson(bytes, limits.jsonDepthLimit), checkedInput ?? input, fetchFile);
  return { value, hasParcels: true, sizeBytes: bytes.length };
}
