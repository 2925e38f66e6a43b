/** When to send which requests together: a pure function of the queue, what was learned, and the clock. */
import type { CostModel } from './cost-model.ts';
import type { Expected } from './returns.ts';

/** What waits in one queue, as far as the decision needs it. */
export interface QueueView {
  /** Items that wait. */
  readonly items: number;
  /** When the time of the most urgent one is up. */
  readonly expiresAtMs: number;
  /** When the one came that waits longest. */
  readonly cameAtMs: number;
}

/** What decides beside the queue. */
export interface Circumstances {
  readonly nowMs: number;
  readonly maxBatchSize: number;
  /** How long the author lets requests wait for others even where waiting may win nothing. */
  readonly maxWaitMs: number;
  readonly cost: CostModel;
  /** Who is about to come back, and by when. */
  readonly expected: Expected;
}

/** Why a batch leaves when it does. */
export type SendReason = 'full' | 'urgent' | 'waited' | 'idle';

/** What to do with a queue while a worker is free. */
export type Decision =
  | { readonly kind: 'send'; readonly reason: SendReason }
  /** Decide again then, or when something comes. */
  | { readonly kind: 'wait'; readonly untilMs: number };

const safety = 2; // mean errors that a prediction is given as a margin, where a deadline hangs on it

/**
 * Sends at once, unless those who are about to come back can be taken along for less than another launch would cost them,
 * and nobody's time runs out over it.
 */
export function decide(queue: QueueView, now: Circumstances): Decision {
  const { nowMs, maxBatchSize, maxWaitMs, cost, expected } = now;
  if (queue.items >= maxBatchSize) return { kind: 'send', reason: 'full' };
  const room = maxBatchSize - queue.items;
  const more = Math.min(room, expected.items);
  const latestMs = queue.expiresAtMs - cost.predictMs(queue.items + more) - safety * cost.errorMs;
  if (latestMs <= nowMs) return { kind: 'send', reason: 'urgent' };
  const gatheredByMs = more > 0 && isWorthWaiting(queue.items, more, expected.afterMs, cost) ? expected.byMs : nowMs;
  const untilMs = Math.min(Math.max(gatheredByMs, queue.cameAtMs + maxWaitMs), latestMs);
  if (untilMs > nowMs) return { kind: 'wait', untilMs };
  return { kind: 'send', reason: maxWaitMs > 0 || expected.byMs === nowMs ? 'waited' : 'idle' };
}

/**
 * Whether a worker that stands still until all are back gets more done than one that runs two batches in turn, while
 * whose callers are never all there. It counts from their answer and not from now: what was waited so far is waited again
 * after each batch.
 */
function isWorthWaiting(items: number, more: number, idleMs: number, cost: CostModel): boolean {
  const apart = cost.predictMs(items) + cost.predictMs(more);
  return idleMs + cost.predictMs(items + more) < apart;
}
