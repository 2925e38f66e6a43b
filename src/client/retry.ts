/** Decides whether and when a call that failed is tried again: only where the method cannot have run. */
import { isCallError } from './call-error.ts';

/** What is known when a try has failed. */
export interface FailedTry {
  readonly error: unknown;
  /** Tries so far, this one included. */
  readonly tries: number;
  readonly maxRetries: number;
  /** What is left of the call's time. */
  readonly remainingMs: number;
  /** From 0 to 1: spreads the callers that failed together. */
  readonly random: number;
}

/** First and longest pause where the server named none: a worker that is replaced is ready within a second. */
const firstPauseMs = 100;
const longestPauseMs = 1000;

/** Milliseconds until the next try; `undefined` if there must be none, or it would come too late. */
export function decideRetryMs({ error, tries, maxRetries, remainingMs, random }: FailedTry): number | undefined {
  if (tries > maxRetries || !isCallError(error)) return undefined;
  const askedMs = isRefusedConnection(error.code, error.cause) ? 0 : askedPauseMs(error);
  if (askedMs === undefined) return undefined;
  const ownMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1));
  const pauseMs = Math.max(askedMs, ownMs) * (1 + random / 4); // never sooner than it was asked for
  return pauseMs < remainingMs ? pauseMs : undefined;
}

/** The server says of them when to come again, although the method may have run: half of it, or until its result was kept. */
const mayHaveRun: ReadonlySet<string> = new Set(['WORKER_LOST', 'SPOOL_FAILED']);

function askedPauseMs({
  status,
  code,
  retryAfterMs,
}: {
  status?: unknown;
  code: string;
  retryAfterMs?: number | undefined;
}) {
  const isRefusal = (status === 429 || status === 503) && !mayHaveRun.has(code);
  return isRefusal ? retryAfterMs : undefined;
}

/** Whether no connection came about. Browsers do not say, so nothing of this kind is tried again there. */
function isRefusedConnection(code: string, cause: unknown): boolean {
  if (code !== 'CONNECTION_FAILED') return false;
  for (let at = cause; at instanceof Error; at = at.cause) {
    const { code: reason, syscall } = at as { code?: unknown; syscall?: unknown };
    if (reason === 'ECONNREFUSED') return true;
    if (reason === 'ENOENT' && syscall === 'connect') return true; // a Unix socket, while its server starts again
  }
  return false;
}

/** How many retries a client may send, so that an overload does not grow by the retries of those it refuses. */
export interface RetryBudget {
  /** Notes that a call was made. */
  earn(): void;
  /** Whether there may be one more retry; it counts as sent. */
  spend(): boolean;
}

/** Retries that a client has when it starts, and may save up: a few calls need some, too. */
const savedRetries = 10;

/** @param share of the calls, from 0 to 1. */
export function createRetryBudget(share: number): RetryBudget {
  let saved = share === 0 ? 0 : savedRetries;
  return {
    earn() {
      saved = Math.min(savedRetries, saved + share);
    },
    spend() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
