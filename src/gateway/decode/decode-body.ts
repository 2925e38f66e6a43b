/** The bytes of a body → the arguments of a call: the same code in the gateway itself and in its decode threads. */
import { parseJson } from '../../io/parse-json.ts';
import { safetensorsMediaType, saidHeaderBytes } from '../../io/safetensors.ts';
import { readTensorFrame } from '../../io/tensor-frame.ts';
import { type GivenBody, type Route, toArguments } from '../../pool/route.ts';
import { admits } from '../../spec/alternatives.ts';
import type { BatchFacts } from '../../spec/batch-facts.ts';
import { foreignBodyOf } from '../../spec/foreign-body.ts';
import type { CallArguments } from '../../spec/invocation.ts';
import { definitionsOf } from '../../spec/schema-parts.ts';
import { loadLibrary } from '../load-library.ts';
import { findAddressed } from './addresses.ts';

/** A body as it came. */
export interface ReceivedBody {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** What stands in the places of the addresses in it, in their order; absent until they are known. */
  readonly files?: readonly unknown[];
}

/** What is needed before a body can be decoded: the files of these addresses. The bytes are those that were given. */
export interface Addressed {
  readonly addresses: readonly string[];
  readonly bytes: Uint8Array;
}

/** What bounds a body, or the text in it. */
export interface DecodeLimits {
  readonly jsonBodyLimitBytes: number;
  readonly jsonDepthLimit: number;
}

/** The arguments, or what they need first. */
export type Decoded = { readonly args: CallArguments; readonly batch?: BatchFacts } | Addressed;

/** Up to so many bytes an error lists everything that is wrong: for 20 MB of errors that took 1.2 s and 1.1 GB. */
export const listEverythingUpToBytes = 64 * 1024;

/**
 * Parses, checks and reads a body of JSON, of tensors beside JSON, or of a media type that becomes JSON.
 * @throws ServiceError `MALFORMED_BODY`, `INVALID_INPUT`, `PEER_MISSING`.
 */
export async function decodeBody(
  route: Route,
  { bytes, mediaType, files }: ReceivedBody,
  { jsonBodyLimitBytes, jsonDepthLimit }: DecodeLimits,
): Promise<{ readonly args: unknown[] } | Addressed> {
  const check = (given: GivenBody) => ({ args: toArguments(route, given, bytes.length <= listEverythingUpToBytes) });
  if (mediaType === safetensorsMediaType) {
    const { body, input } = route.api;
    const mayBeWhole = body !== 'fields' && !admits(input, {}, definitionsOf(input));
    const value = readTensorFrame(bytes, mayBeWhole, { headerLimitBytes: jsonBodyLimitBytes, jsonDepthLimit });
    return check({ value, hasParcels: true });
  }
  const foreign = foreignBodyOf(route.api, mediaType);
  if (foreign) return check({ value: foreign.read(bytes, await loadLibrary(foreign.needs), jsonDepthLimit) });
  const value = bytes.length === 0 ? {} : parseJson(bytes, jsonDepthLimit);
  if (!route.takesAddresses || !includesUrl(bytes)) return check({ value });
  const filled = { value, hasParcels: true };
  const addressed = findAddressed(filled, route.api.checkedInput ?? route.api.input);
  if (addressed.length > 0 && !files) return { addresses: addressed.map(({ address }) => address), bytes };
  for (const [at, { replace }] of addressed.entries()) replace(files?.[at]);
  return check(filled);
}

/** How much of a body has to be parsed: of a frame of tensors its header, in which all JSON stands. */
export function textBytesOf({ bytes, mediaType }: ReceivedBody): number {
  return mediaType === safetensorsMediaType ? (saidHeaderBytes(bytes) ?? 0) : bytes.length;
}

/** Most bodies have none, and are not walked through. */
function includesUrl(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('"url"');
}
