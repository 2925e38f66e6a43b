/** The bytes of a body → the arguments of a call: the same code in the gateway itself and in its decode threads. */
import { parseJson } from '../../io/parse-json.ts';
import { type Route, toArguments } from '../../pool/route.ts';
import { foreignBodyOf } from '../../spec/foreign-body.ts';
import { loadLibrary } from '../load-library.ts';

/** A body as it came. */
export interface ReceivedBody {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Up to so many bytes an error lists everything that is wrong: for 20 MB of errors that took 1.2 s and 1.1 GB. */
export const listEverythingUpToBytes = 64 * 1024;

/**
 * Parses, checks and reads a body of JSON, or of a media type that becomes JSON.
 * @throws ServiceError `MALFORMED_BODY`, `INVALID_INPUT`, `PEER_MISSING`.
 */
export function decodeBody(
  route: Route,
  { bytes, mediaType }: ReceivedBody,
  jsonDepthLimit: number,
): unknown[] | Promise<unknown[]> {
  const check = (value: unknown) => toArguments(route, { value }, bytes.length <= listEverythingUpToBytes);
  const foreign = foreignBodyOf(route.api, mediaType);
  if (foreign) return loadLibrary(foreign.needs).then((library) => check(foreign.read(bytes, library)));
  return check(bytes.length === 0 ? {} : parseJson(bytes, jsonDepthLimit));
}
