/** Bytes of a request → checked arguments. Bad input stops here. */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../errors.ts';
import { toBytes, wrapBytes } from '../../io/bytes.ts';
import { safetensorsMediaType } from '../../io/safetensors.ts';
import { readTensorFrame } from '../../io/tensor-frame.ts';
import { decodeUtf8 } from '../../io/utf-8.ts';
import { type Route, toArguments } from '../../pool/route.ts';
import { admits } from '../../spec/alternatives.ts';
import type { CallArguments } from '../../spec/invocation.ts';
import { definitionsOf } from '../../spec/schema-parts.ts';
import type { BodyForm } from '../../spec/service-spec.ts';
import { decodeBody } from '../decode/decode-body.ts';
import type { DecodeThreads } from '../decode/decode-threads.ts';

/** What bounds a body. */
export interface BodyLimits {
  readonly jsonBodyLimitBytes: number;
  /** For bodies that are taken as they are. */
  readonly rawBodyLimitBytes: number;
  readonly jsonDepthLimit: number;
}

/** Whether there is memory for one more body. */
export interface MemoryView {
  isLow(): boolean;
}

/** What reading a body needs. */
export interface ReadDeps {
  readonly limits: BodyLimits;
  readonly memory: MemoryView;
  /** Where large bodies are decoded; undefined for here. */
  readonly threads: DecodeThreads | undefined;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
}

const largeBodyBytes = 256 * 1024;

// Listing everything that is wrong with 20 MB of errors takes 1.2 s and 1.1 GB.
const listEverythingUpToBytes = 64 * 1024;

/**
 * Reads, decodes and checks the body of a call.
 * @throws ServiceError `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`, `MALFORMED_BODY`, `INVALID_INPUT`, `MEMORY_LOW`,
 * `CANCELLED`.
 */
export async function readArguments(
  request: IncomingMessage,
  route: Route,
  { limits, memory, threads, signal }: ReadDeps,
): Promise<CallArguments> {
  if (memory.isLow()) throw new ServiceError('MEMORY_LOW', {});
  const form = route.api.body;
  const isRaw = form === 'text' || form === 'bytes';
  refuseEncodings(request, isRaw);
  const isFrame = !isRaw && mediaTypeOf(request.headers['content-type']) === safetensorsMediaType;
  const body = await readBody(request, isRaw || isFrame ? limits.rawBodyLimitBytes : limits.jsonBodyLimitBytes, memory);
  // Others may have been read meanwhile, and a parsed body takes several times its bytes.
  if (body.length > largeBodyBytes && memory.isLow()) throw new ServiceError('MEMORY_LOW', {});
  if (form !== 'fields' && body.length === 0) return leaveOut(route);
  if (form === 'bytes') return [wrapBytes(toBytes(body), route.api.input)]; // a Buffer would stay one
  if (isFrame) return readFrame(route, body, limits);
  if (form === 'text') return toArguments(route, { value: decodeUtf8(body) }, body.length <= listEverythingUpToBytes);
  refuseForms(request, body);
  const received = { bytes: body, mediaType: mediaTypeOf(request.headers['content-type']) };
  if (threads && body.length > largeBodyBytes) return threads.decode(route, received, signal);
  return decodeBody(route, received, limits.jsonDepthLimit);
}

function readFrame(route: Route, body: Uint8Array, { jsonBodyLimitBytes, jsonDepthLimit }: BodyLimits): unknown[] {
  const { body: form, input } = route.api;
  const mayBeWhole = form !== 'fields' && !admits(input, {}, definitionsOf(input));
  const value = readTensorFrame(body, mayBeWhole, { headerLimitBytes: jsonBodyLimitBytes, jsonDepthLimit });
  return toArguments(route, { value, hasParcels: true }, body.length <= listEverythingUpToBytes);
}

/** An empty body says nothing: where it is the whole argument, JavaScript's own default applies. */
function leaveOut({ api }: Route): unknown[] {
  const [parameter] = api.parameters;
  if (!parameter?.isRequired) return [undefined];
  const problem = `the body is empty, but ${api.route} takes it as a whole; send ${wantedBodies[api.body]}`;
  throw new ServiceError('INVALID_INPUT', { problem });
}

const wantedBodies: Readonly<Record<BodyForm, string>> = {
  fields: 'a JSON object',
  json: 'a JSON document',
  text: 'text',
  bytes: 'bytes',
};

/** @throws ServiceError `UNSUPPORTED_MEDIA_TYPE`, `MALFORMED_BODY` */
export function refuseEncodings({ headers }: IncomingMessage, isRaw: boolean): void {
  const mediaType = mediaTypeOf(headers['content-type']);
  if (mediaType === 'application/vnd.bentoml+pickle') {
    const remedy = 'a pickle can run code; send application/json';
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', { mediaType, remedy });
  }
  if (mediaType === 'multipart/form-data' && !isRaw) {
    throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', {
      mediaType,
      remedy: 'forms are not read yet; send application/json',
    });
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ServiceError('MALFORMED_BODY', {
      problem: `the body is compressed (${encoding.slice(0, 40)}); send it plain`,
    });
  }
}

// `curl -d '{…}'` says that its JSON is a form; no form begins with a brace, so it is read as what it is.
function refuseForms({ headers }: IncomingMessage, body: Uint8Array): void {
  const mediaType = mediaTypeOf(headers['content-type']);
  if (mediaType !== 'application/x-www-form-urlencoded' || body.length === 0 || body[0] === openingBrace) return;
  throw new ServiceError('UNSUPPORTED_MEDIA_TYPE', {
    mediaType,
    remedy: 'forms are not read yet; send application/json',
  });
}

const openingBrace = 0x7b;

/** Lower-case, without parameters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase(); // RFC 9110 section 8.3.1
}

const joinAfterChunks = 256;

function join(chunks: readonly Buffer[], length: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, length);
}

/** Reads a whole body; `data` and `end` events cost a third less than `for await`. */
function readBody(request: IncomingMessage, limitBytes: number, memory: MemoryView): Promise<Uint8Array> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) return Promise.reject(new ServiceError('BODY_TOO_LARGE', { limitBytes }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let small: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      const isTooMuch = length > largeBodyBytes && memory.isLow(); // many may have begun while there was room
      if (length <= limitBytes && !isTooMuch) {
        small.push(chunk);
        // A Buffer object takes some 450 bytes, however little it holds: a caller who sends a byte at a time is not
        // given 450 times the memory.
        if (small.length === joinAfterChunks) {
          chunks.push(Buffer.concat(small));
          small = [];
        }
        return;
      }
      request.off('data', onData);
      chunks.length = 0;
      small.length = 0;
      return reject(
        isTooMuch ? new ServiceError('MEMORY_LOW', {}) : new ServiceError('BODY_TOO_LARGE', { limitBytes }),
      );
    };
    request.on('data', onData);
    request.once('end', () => resolve(join([...chunks, ...small], length)));
    request.once('error', (cause) => reject(new ServiceError('CANCELLED', {}, { cause })));
    request.once('close', () => {
      if (!request.readableEnded) reject(new ServiceError('CANCELLED', {})); // made only when needed: a stack costs 4 µs
    });
  });
}
