/** What reads the bodies of one kind, and what it is given to do so. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Writable } from 'node:stream';
import type { GivenBody, Route } from '../../pool/route.ts';
import type { BatchFacts } from '../../spec/batch-facts.ts';
import type { CallArguments } from '../../spec/invocation.ts';
import type { ApiSpec } from '../../spec/service-spec.ts';
import type { DecodeThreads } from '../decode/decode-threads.ts';
import type { FileSink } from './file-sink.ts';

/** What bounds a body. */
export interface BodyLimits {
  readonly jsonBodyLimitBytes: number;
  /** For bodies that are taken as they are. */
  readonly rawBodyLimitBytes: number;
  readonly jsonDepthLimit: number;
  /** For one file, alone or in a form. */
  readonly fileLimitBytes: number;
  /** For a form with everything in it. */
  readonly formLimitBytes: number;
  /** For what is no file in a form. */
  readonly fieldLimitBytes: number;
  readonly formPartsLimit: number;
  readonly inputs: AddressOptions;
}

/** Whether and how files are fetched whose address a caller gives. */
export interface AddressOptions {
  readonly urls: boolean;
  readonly urlAllow: readonly string[];
  readonly urlTimeoutMs: number;
}

/** Whether there is memory for one more body. */
export interface MemoryView {
  isLow(): boolean;
}

/** A body that is being received. */
export interface IncomingBody {
  readonly route: Route;
  readonly limits: BodyLimits;
  readonly headers: IncomingHttpHeaders;
  /** Lower-case, without parameters; empty if nothing is said. */
  readonly mediaType: string;
  /** Where large bodies are decoded; undefined for here. */
  readonly threads: DecodeThreads | undefined;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal;
  /**
   * All of it, in memory.
   * @param isLent whether arguments that are made of it may lie in the same memory, which is used again after the call.
   * @throws ServiceError `BODY_TOO_LARGE`, `MEMORY_LOW`, `MALFORMED_BODY`, `CANCELLED`.
   */
  bytes(limitBytes: number, isLent?: boolean): Promise<Uint8Array>;
  /**
   * Sends it on, piece by piece, and resolves when the other side has taken it all.
   * @throws ServiceError as `bytes` does; whatever the other side fails with.
   */
  flowInto(target: Writable, limitBytes: number): Promise<void>;
  /** Begins a file, which goes to disk where it is large; what is there is removed with the call. */
  createFile(limitBytes: number): FileSink;
  /**
   * Fetches a file, whose parcel this gives.
   * @throws ServiceError `URL_REFUSED`, `URL_FAILED`, `SPOOL_FAILED`, `CANCELLED`
   */
  fetchFile(address: string): Promise<unknown>;
}

/** A body that was read; its size decides how much of what is wrong with it is told. */
export interface ReadBody extends GivenBody {
  readonly sizeBytes: number;
}

/** A body that was read and checked. */
export interface DecodedBody {
  readonly args: CallArguments;
  readonly batch?: BatchFacts;
}

/** One kind of body; shared code never asks which one it holds. */
export interface BodyReader {
  /** Whether it reads what comes under this media type for a method. */
  takes(mediaType: string, api: ApiSpec): boolean;
  /**
   * Gives nothing for a body that is empty, and so says nothing.
   * @throws ServiceError
   */
  read(body: IncomingBody): Promise<ReadBody | DecodedBody | undefined>;
}
