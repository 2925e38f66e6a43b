/** Waits until a server says that it is ready. */
import { CallError, isCallError } from './call-error.ts';
import { type Clock, pause } from './clock.ts';

interface Waiting {
  readonly clock: Clock;
  /** What is asked, for the message. */
  readonly url: string;
  /** 0 asks nothing. */
  readonly readyTimeoutMs: number;
}

/** First and longest pause between two questions: short against a start of 300 ms, and two a second at most. */
const firstDelayMs = 20;
const longestDelayMs = 500;

/** How long to wait before the next question. */
export function decideDelayMs(failures: number): number {
  return Math.min(longestDelayMs, firstDelayMs * 2 ** (failures - 1));
}

/**
 * Asks until the answer is yes.
 *
 * @param probe asks once, and rejects if the answer is no.
 * @throws CallError `NOT_READY`, whose cause is the last refusal; at once if the server refuses our credentials.
 */
export async function untilReady(
  probe: (signal: AbortSignal) => Promise<void>,
  { clock, url, readyTimeoutMs }: Waiting,
  signal: AbortSignal,
): Promise<void> {
  if (readyTimeoutMs === 0) return;
  let refusal: unknown;
  const tooLong = new AbortController();
  const stopTimer = clock.after(readyTimeoutMs, () => tooLong.abort(notReady(url, readyTimeoutMs, refusal)));
  const limit = AbortSignal.any([signal, tooLong.signal]);
  try {
    for (let failures = 1; ; failures++) {
      try {
        return await probe(limit);
      } catch (error) {
        limit.throwIfAborted();
        if (isCallError(error) && (error.status === 401 || error.status === 403)) throw error;
        refusal = error;
      }
      await pause(clock, decideDelayMs(failures), limit);
    }
  } finally {
    stopTimer();
  }
}

function notReady(url: string, readyTimeoutMs: number, refusal: unknown): CallError {
  const last = refusal instanceof Error ? `; the last answer: ${refusal.message}` : '';
  return new CallError(`${url} was not ready within ${readyTimeoutMs} ms${last}`, {
    code: 'NOT_READY',
    url,
    cause: refusal,
  });
}
