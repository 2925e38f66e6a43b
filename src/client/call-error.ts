/** The one error with which a call can fail once its arguments are right. */
import { type ErrorCode, errorTable, type Violation } from '../errors.ts';

/**
 * What `error.code` may be: a code of the error table, `HTTP_<status>` for an answer without a code, or a code that the
 * author of the service chose.
 */
export type CallErrorCode = ErrorCode | `HTTP_${number}` | (string & Record<never, never>);

/** Statuses after which the same request may succeed, where the code alone does not say (RFC 9110 15, RFC 6585 4). */
const retryStatuses: ReadonlySet<number | undefined> = new Set([408, 429, 502, 503, 504]);

interface CallErrorFacts {
  readonly code: CallErrorCode;
  readonly url: string;
  readonly status?: number | undefined;
  readonly detail?: readonly Violation[];
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly tries?: number;
  readonly cause?: unknown;
}

/**
 * A call failed: the server answered with an error, or no whole answer came. Wrong arguments are a `TypeError` instead.
 *
 * @example
 * ```ts
 * try {
 *   await client.embed(['a']);
 * } catch (error) {
 *   if (!isCallError(error)) throw error;
 *   switch (error.code) {
 *     case 'INVALID_INPUT':
 *       return error.detail.map((violation) => violation.msg);
 *     case 'QUEUE_FULL':
 *       return retryIn(error.retryAfterMs ?? 1000);
 *     default:
 *       throw error;
 *   }
 * }
 * ```
 */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** What went wrong, as a word to compare with. */
  readonly code: CallErrorCode;
  /** HTTP status of the answer; the status of the code if a stream failed midway; undefined if no server answered. */
  readonly status: number | undefined;
  /** Address that was asked, without credentials. */
  readonly url: string;
  /** What was wrong with single values, if the server said so. */
  readonly detail: readonly Violation[];
  /** The server's id of the request, to be found in its log. */
  readonly requestId: string | undefined;
  /** How long the server asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Whether sending the same request again may succeed. It may also run the method twice. */
  readonly isRetryable: boolean;
  /** How often the call was sent, or was tried to be sent. */
  readonly tries: number;

  constructor(message: string, facts: CallErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = facts.code;
    this.status = facts.status;
    this.url = facts.url;
    this.detail = facts.detail ?? [];
    this.requestId = facts.requestId;
    this.retryAfterMs = facts.retryAfterMs;
    this.isRetryable = retryStatuses.has(facts.status) || (rowOf(facts.code)?.retry ?? false);
    this.tries = facts.tries ?? 1;
  }
}

/** The error of the last of several tries. */
export function withTries(error: CallError, tries: number): CallError {
  return new CallError(`${error.message} (${tries} tries)`, { ...error, tries, cause: error.cause });
}

/** Whether a value is a {@link CallError}, with one code if that is given. */
export function isCallError(error: unknown, code?: CallErrorCode): error is CallError {
  return error instanceof CallError && (code === undefined || error.code === code);
}

/** The row of a code, if it is one of the error table. */
export function rowOf(code: string): { readonly retry: boolean; readonly http: number } | undefined {
  return Object.hasOwn(errorTable, code) ? errorTable[code as ErrorCode] : undefined;
}
