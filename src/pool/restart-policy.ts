/** Decides when a worker that ended is started again. */

/** How one worker's lives have gone; times are monotonic milliseconds. */
export interface WorkerHistory {
  /** When it last became ready; undefined if its last life never got there. */
  readonly readyAtMs: number | undefined;
  readonly endedAtMs: number;
  /** Short lives in a row before this one. */
  readonly shortLives: number;
  /** Whether somebody else ended it, with a signal. */
  readonly wasShot: boolean;
}

const shortLifeMs = 30_000;
const firstBackOffMs = 500;
const longestBackOffMs = 30_000;

/** When a worker is started again, and how often it has not lived for long by then. */
export interface RestartPlan {
  readonly afterMs: number;
  readonly shortLives: number;
}

/**
 * The first restart is immediate; only a worker that dies again and again within 30 s of being ready, or before it,
 * waits: 0.5 s, doubled each time up to 30 s. One that was ready and was shot has not failed.
 */
export function decideRestart(history: WorkerHistory): RestartPlan {
  const isShort = history.readyAtMs === undefined || history.endedAtMs - history.readyAtMs < shortLifeMs;
  if (history.wasShot && history.readyAtMs !== undefined) return { afterMs: 0, shortLives: history.shortLives };
  if (!isShort) return { afterMs: 0, shortLives: 0 };
  const shortLives = history.shortLives + 1;
  if (shortLives === 1) return { afterMs: 0, shortLives };
  return { afterMs: Math.min(longestBackOffMs, firstBackOffMs * 2 ** (shortLives - 2)), shortLives };
}
