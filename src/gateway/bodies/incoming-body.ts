/** A request's body as the readers get it: inflated, bounded, and in memory only as far as they want it there. */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../errors.ts';
import { largestInMemoryBytes } from '../../io/file-content.ts';
import type { Route } from '../../pool/route.ts';
import type { Spool } from '../../pool/spool.ts';
import type { DecodeThreads } from '../decode/decode-threads.ts';
import type { BodyMemory } from './body-memory.ts';
import type { BodyLimits, IncomingBody, MemoryView } from './body-reader.ts';
import { createFetcher } from './fetch-file.ts';
import { createFileSink, type MemoryShare } from './file-sink.ts';
import { inflate } from './inflate.ts';
import { mediaTypeOf } from './media-type.ts';

interface BodyDeps {
  readonly limits: BodyLimits;
  readonly memory: MemoryView;
  readonly bodyMemory: BodyMemory;
  readonly spool: Pick<Spool, 'place'>;
  readonly threads: DecodeThreads | undefined;
  readonly signal: AbortSignal;
}

/** The body of a request, and the files that its readers have begun. */
export interface OwnedBody extends IncomingBody {
  readonly files: readonly { readonly path: string }[] | undefined;
  /** Memory that it was given, and that arguments may lie in. */
  readonly lent: Uint8Array<ArrayBuffer> | undefined;
}

const largeBodyBytes = 256 * 1024;
const filesInMemoryBytes = 4 * largestInMemoryBytes; // of one request: a form may have a thousand that are not large
const joinAfterChunks = 256;

/**
 * Makes the body of a request.
 * @throws ServiceError `UNSUPPORTED_ENCODING`
 */
export function openBody(
  request: IncomingMessage,
  route: Route,
  { limits, memory, bodyMemory, spool, threads, signal }: BodyDeps,
): OwnedBody {
  const { headers } = request;
  const { source, isPlain, failureOf, release } = inflate(request);
  let files: { readonly path: string }[] | undefined;
  let share: MemoryShare | undefined;
  let lent: Uint8Array<ArrayBuffer> | undefined;

  const createFile = (limitBytes: number) => {
    const place = () => {
      const path = spool.place();
      files ??= [];
      files.push({ path });
      return path;
    };
    share ??= { leftBytes: filesInMemoryBytes };
    return createFileSink({ limitBytes, share, place });
  };
  const announced = isPlain ? Number(headers['content-length'] ?? 0) : 0;
  let fetching: ((address: string) => Promise<unknown>) | undefined;
  const tooLarge = (limitBytes: number) => new ServiceError('BODY_TOO_LARGE', { limitBytes });

  /** `data` and `end` events cost a third less than `for await`. The request stays open: it has still to be answered. */
  const receive = <T>(
    limitBytes: number,
    onData: (chunk: Buffer, length: number) => void,
    onEnd: (resolve: (value: T) => void) => void,
    onSetUp: (stop: (error: unknown) => void) => void = () => {},
  ): Promise<T> => {
    if (announced > limitBytes) return Promise.reject(tooLarge(limitBytes));
    return new Promise((resolve, reject) => {
      let length = 0;
      const take = (chunk: Buffer) => {
        length += chunk.length;
        if (length > limitBytes) return fail(tooLarge(limitBytes));
        if (length > largeBodyBytes && memory.isLow()) return fail(new ServiceError('MEMORY_LOW', {})); // many may have begun while there was room
        try {
          onData(chunk, length);
        } catch (error) {
          fail(error);
        }
      };
      const stop = (error: unknown) => {
        source.off('data', take);
        release();
        reject(error);
      };
      const fail = (cause: unknown) => stop(failureOf(cause));
      onSetUp(stop);
      source.on('data', take);
      source.once('end', () => onEnd(resolve));
      source.once('error', fail);
      source.once('close', () => {
        if (!source.readableEnded) fail(new ServiceError('CANCELLED', {})); // made only when needed: a stack costs 4 µs
      });
    });
  };

  return {
    route,
    limits,
    threads,
    signal,
    headers,
    mediaType: mediaTypeOf(headers['content-type']),
    get files() {
      return files;
    },
    get lent() {
      return lent;
    },
    bytes(limitBytes, isLent = false) {
      const chunks: Buffer[] = [];
      let small: Buffer[] = [];
      let size = 0;
      const take = (chunk: Buffer, length: number) => {
        size = length;
        if (lent) return lent.set(chunk, length - chunk.length);
        small.push(chunk);
        // Who has only announced much is not given memory for it.
        if (isLent && length >= announced / 2) lent = bodyMemory.take(announced);
        if (lent) return lent.set(join([...chunks, ...small], length));
        // A Buffer object takes some 450 bytes, however little it holds: a caller who sends a byte at a time is not
        // given 450 times the memory.
        if (small.length < joinAfterChunks) return;
        chunks.push(Buffer.concat(small));
        small = [];
      };
      return receive<Uint8Array>(limitBytes, take, (resolve) =>
        resolve(lent ? lent.subarray(0, size) : join([...chunks, ...small], size)),
      );
    },
    flowInto(target, limitBytes) {
      let wake = () => {};
      target.on('drain', () => wake());
      const take = (chunk: Buffer) => {
        if (target.write(chunk)) return;
        source.pause();
        wake = () => void source.resume();
      };
      const flowed = receive<void>(
        limitBytes,
        take,
        (resolve) => target.once('finish', resolve).end(),
        (stop) => target.once('error', stop),
      );
      return flowed.catch((error: unknown) => {
        target.on('error', () => {}); // the first is told
        target.destroy();
        source.resume(); // what is not wanted any more must not hold up the connection
        throw error;
      });
    },
    createFile,
    fetchFile(address) {
      fetching ??= createFetcher({ limits, signal, createFile });
      return fetching(address);
    },
  };
}

function join(chunks: readonly Buffer[], length: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, length);
}
