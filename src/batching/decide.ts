/** When to send which requests together: a pure function of the queue, what was learned, and the clock. */
import type { CostModel } from './cost-model.ts';
import type { Expected } from './returns.ts';

/** What waits in one queue, as far as the decision needs it. */
export interface QueueView {
  /** Items that wait. */
  readonly items: number;
  /** When the time of the most urgent one is up. */
  readonly expiresAtMs: number;
  /** When the first one of those came that are the most urgent of their priority. */
  readonly cameAtMs: number;
  /** Whether it was decided before that they wait. */
  readonly hasWaited: boolean;
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
  /** How long others, who cannot go along, would keep the worker if they went first. */
  readonly othersMs: number;
  /** Workers that have nothing to do: this one, and those who will ask right after it. */
  readonly freeSlots: number;
}

/** Why a batch leaves when it does: it can hold no more, time would run out, enough was waited, or nothing speaks for waiting. */
export type SendReason = 'full' | 'urgent' | 'waited' | 'idle';

/** What to do with a queue while a worker is free. */
export type Decision =
  /** So many items at most: the rest is for other workers. */
  | { readonly kind: 'send'; readonly reason: SendReason; readonly most: number }
  /** Decide again then, or when something comes. */
  | { readonly kind: 'wait'; readonly untilMs: number };

/** Mean errors that a prediction is given as a margin, where a deadline hangs on it. */
export const safety = 2;

/**
 * Sends at once, unless those who are about to come back can be taken along for less than another launch would cost them,
 * and nobody's time runs out over it. Workers that are free at the same time share who is there.
 */
export function decide(queue: QueueView, now: Circumstances): Decision {
  const { nowMs, maxBatchSize, maxWaitMs, cost, expected, othersMs, freeSlots } = now;
  const shared = Math.ceil((queue.items + expected.items) / freeSlots);
  // Who gathers because its author says so is not to be scattered, and what is left of it not to wait once more.
  const isShared = freeSlots > 1 && maxWaitMs === 0;
  const most = isShared ? Math.min(maxBatchSize, shared) : maxBatchSize;
  if (queue.items >= maxBatchSize) return { kind: 'send', reason: 'full', most };
  const items = Math.min(queue.items, most);
  const more = Math.min(most - items, expected.items);
  const gatheredByMs = more > 0 ? expected.untilMs(savedMs(items, more, cost), items + more) : nowMs;
  const wishedMs = Math.max(gatheredByMs, queue.cameAtMs + maxWaitMs);
  const latestMs = queue.expiresAtMs - cost.predictMs(items + more) - safety * cost.errorMs - othersMs;
  if (wishedMs > nowMs && latestMs > nowMs) return { kind: 'wait', untilMs: Math.min(wishedMs, latestMs) };
  if (wishedMs > nowMs) return { kind: 'send', reason: 'urgent', most };
  return { kind: 'send', reason: queue.hasWaited ? 'waited' : 'idle', most };
}

/** What one batch with all of them takes less than two. */
function savedMs(items: number, more: number, cost: CostModel): number {
  return cost.predictMs(items) + cost.predictMs(more) - cost.predictMs(items + more);
}
