/** What a method may know about its call and change about its answer. */
import type { Cookie } from '../spec/invocation.ts';

/** Writes log lines that carry the service, the worker and the request they belong to. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The request that led to a call. */
export interface ContextRequest {
  readonly headers: Headers;
  /** Path without the query. */
  readonly path: string;
}

/** The answer, as far as a method may shape it: before it returns, or before its first item. */
export interface ContextResponse {
  /** HTTP status of a successful answer, 200 to 399. @default 200 */
  status: number;
  /** Headers to add; those that frame the message, such as `content-length`, are ignored. */
  readonly headers: Headers;
  /** Adds a cookie. @throws TypeError if name or value cannot stand in a cookie. */
  setCookie(name: string, value: string, options?: Omit<Cookie, 'name' | 'value'>): void;
}

/**
 * Given to a method whose last parameter has this type; never part of the request's body.
 *
 * @example
 * ```ts
 * @api() async draw(prompt: string, context: Context): Promise<string> {
 *   const answer = await fetch(url, { signal: context.signal }); // ends when the caller leaves
 *   …
 * }
 * ```
 */
export interface Context {
  readonly request: ContextRequest;
  readonly response: ContextResponse;
  /** Aborts when the caller leaves, the time is up, or a stopping server waits no longer. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting. */
  readonly deadline: Date;
  /** Shared by all calls in one worker, empty at its start. */
  readonly state: Record<string, unknown>;
  /** Absolute path of a folder of this call's own, made at first use and removed after the answer. */
  readonly tempDir: string;
  readonly log: Log;
}
