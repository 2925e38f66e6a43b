/** Decides when a worker does not get done with what nobody waits for any more. */
import type { EndCause } from './exit-reason.ts';

/** A call that nobody waits for any more, and that runs on. */
export interface AbandonedCall {
  readonly method: string;
  /** When it began or last gave an item; monotonic milliseconds, as all times here. */
  readonly movedAtMs: number;
}

/** What is known of a worker. */
export interface WorkerSigns {
  readonly abandoned: Iterable<AbandonedCall>;
  /** When it was asked for a sign of life; undefined if that has come, or it was never asked. */
  readonly askedAtMs: number | undefined;
  /** When the last sign of life came; undefined if it was never asked. */
  readonly answeredAtMs: number | undefined;
}

/** What a service says of its calls. */
export interface CallLimits {
  /** How long a call may take, or a stream stand still. */
  readonly timeoutMs: number;
  /** How long a call may go on after that. */
  readonly abortGraceMs: number;
}

/** What to do with a worker. */
export type HangDecision =
  | { readonly kind: 'wait'; readonly untilMs: number }
  /** Ask for a sign of life. */
  | { readonly kind: 'ask' }
  /** Its thread is held, or its process stopped: it will hear of nothing. */
  | { readonly kind: 'kill'; readonly cause: EndCause }
  /** It hears, but a call of it does not: what else it has may finish. */
  | { readonly kind: 'replace'; readonly cause: EndCause };

// A call that never ends is found within 2 s; a process that steps back behind others gets its turn sooner, also on a
// machine that is busy.
const longestSilenceMs = 1500;
const askEveryMs = 1000;
const earlyMs = 50; // the time of a call that waited for nobody began a moment before its worker got it

/**
 * A worker is suspect only once a call has taken all the time that the service itself allows, counted from when the
 * worker got it: neither a caller who is in a hurry nor one who leaves can have it ended, and a model that holds its
 * thread within that time is at work (docs/decisions/0032-workers-that-hang.md).
 */
export function decideHang(signs: WorkerSigns, limits: CallLimits, nowMs: number): HangDecision {
  let oldest: AbandonedCall | undefined;
  for (const call of signs.abandoned) if (!oldest || call.movedAtMs < oldest.movedAtMs) oldest = call;
  if (!oldest) return { kind: 'wait', untilMs: Number.POSITIVE_INFINITY };
  const { method } = oldest;
  const dueMs = oldest.movedAtMs + limits.timeoutMs - earlyMs;
  if (nowMs < dueMs) return { kind: 'wait', untilMs: dueMs };
  const { askedAtMs, answeredAtMs } = signs;
  if (askedAtMs !== undefined) {
    const untilMs = askedAtMs + longestSilenceMs;
    if (nowMs < untilMs) return { kind: 'wait', untilMs };
    return { kind: 'kill', cause: { kind: 'hung', method, silentMs: Math.round(nowMs - askedAtMs) } };
  }
  const graceEndsMs = dueMs + limits.abortGraceMs;
  if (answeredAtMs === undefined || answeredAtMs < dueMs) return { kind: 'ask' };
  if (nowMs >= graceEndsMs) {
    return { kind: 'replace', cause: { kind: 'abort_ignored', method, lateMs: Math.round(nowMs - dueMs) } };
  }
  const nextMs = answeredAtMs + askEveryMs;
  return nowMs < nextMs ? { kind: 'wait', untilMs: Math.min(nextMs, graceEndsMs) } : { kind: 'ask' };
}
