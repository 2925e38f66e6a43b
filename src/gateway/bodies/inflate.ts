/** Undoes the `Content-Encoding` of a request. */
import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { ServiceError } from '../../errors.ts';

const decoders = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip], // RFC 9110 section 8.4.1.3
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  // RFC 9659: no more than 8 MiB has to be kept of what was inflated before; the format itself allows 128.
  ['zstd', () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } })],
]);

/** What a caller may compress a body with, as `Accept-Encoding` says it in an answer: RFC 9110 section 12.5.3. */
export const acceptedEncodings = 'zstd, br, gzip, deflate';

const mostEncodings = 2;

/** A body as it was before it was compressed. */
export interface Inflated {
  readonly source: Readable;
  /** Whether it came plain. */
  readonly isPlain: boolean;
  /** What is wrong when the source fails, or ends without an end. */
  failureOf(cause: unknown): ServiceError;
  /** Reads no more; the request stays open, since it has still to be answered. */
  release(): void;
}

/**
 * The plain body of a request. Whoever reads it bounds it: a few bytes may inflate to any number.
 * @throws ServiceError `UNSUPPORTED_ENCODING`
 */
export function inflate(request: IncomingMessage): Inflated {
  const { 'content-encoding': said } = request.headers;
  if (said === undefined) return { source: request, isPlain: true, failureOf: toCancelled, release() {} };
  const names = said
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== 'identity' && name !== '');
  const create = names.flatMap((name) => decoders.get(name) ?? []).reverse(); // the last one was put on last
  if (create.length < names.length || names.length > mostEncodings) {
    throw new ServiceError('UNSUPPORTED_ENCODING', {
      encoding: said.slice(0, 40),
      accepted: acceptedEncodings,
    });
  }
  let source: Readable = request;
  for (const one of create) source = connect(source, one());
  const isPlain = source === request;
  return {
    source,
    isPlain,
    failureOf(cause) {
      if (cause instanceof ServiceError || isPlain || !request.complete) return toCancelled(cause);
      return new ServiceError(
        'MALFORMED_BODY',
        { problem: `the body is not ${names.join(', ')}, as it says` },
        { cause },
      );
    },
    release() {
      if (isPlain) return;
      request.unpipe();
      source.destroy();
    },
  };
}

function toCancelled(cause: unknown): ServiceError {
  return cause instanceof ServiceError ? cause : new ServiceError('CANCELLED', {}, { cause });
}

/** A pipe hands on the end, and not how it came about. */
function connect(from: Readable, to: Transform): Readable {
  from.once('error', (error) => to.destroy(error));
  from.once('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  to.once('close', () => from.unpipe(to));
  to.on('error', () => {}); // whoever reads it hears of that; where nobody does, the process must not end with it
  return from.pipe(to);
}
