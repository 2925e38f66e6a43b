/** Asks others again for what they could not give for a moment. */
import { setTimeout as wait } from 'node:timers/promises';

const mostTries = 5;
const firstPauseMs = 500;
const leastProgressBytes = 1024 * 1024; // one that sends a byte a time is not worth the wait

/** The longest pause that another may ask for; who wants more is not waited for. */
export const longestPauseMs = 5 * 60_000;

/** What may go well the next time. */
export class TryLater extends Error {
  /** How long the other one asks to be left alone. */
  readonly pauseMs: number;

  constructor(message: string, { pauseMs = 0, ...options }: ErrorOptions & { readonly pauseMs?: number } = {}) {
    super(message, options);
    this.pauseMs = pauseMs;
  }
}

/** What trying again needs. */
export interface Patience {
  readonly signal: AbortSignal;
  /** Waits before the next try. @default by the clock */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/**
 * Does something that may fail for a moment, with a {@link TryLater}; the pauses between the tries grow.
 * @param progress how many bytes there are: after some of them the tries are counted from new.
 */
export async function retry<T>(
  { signal, pause = (ms) => wait(ms, undefined, { signal }) }: Patience,
  run: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let before = progress();
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TryLater)) throw error;
      if (progress() - before >= leastProgressBytes) {
        tries = 1;
        before = progress();
      }
      if (tries >= mostTries) throw error;
      const own = firstPauseMs * 2 ** (tries - 1) * (0.75 + Math.random() / 2); // so that many do not ask in step
      await pause(Math.max(error.pauseMs, own), signal);
    }
  }
}

/** In milliseconds, of a header that has seconds or a date: RFC 9110, section 10.2.3. */
export function readRetryAfter(text: string | null | undefined): number {
  if (text === null || text === undefined) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** Why a request failed: `fetch` says only that it did, its cause says why. */
export function reasonOf(error: unknown): string {
  const { cause, code: own, message } = error as NodeJS.ErrnoException;
  const { code, message: inner } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? inner ?? own ?? message;
}
