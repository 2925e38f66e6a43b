/** Forms batches of those who wait for one method; whoever has a free worker asks it for the next one. */
import { type CostModel, createCostModel } from './cost-model.ts';
import { decide, type SendReason } from './decide.ts';
import { createLane, type Entry, type Lane, type Piece } from './lane.ts';
import { lookAhead, plan } from './plan.ts';
import { createReturns } from './returns.ts';

/** What a method's batches are bound by. */
export interface BatcherOptions {
  /** Items of a batch at most. */
  readonly maxBatchSize: number;
  /** How long a request waits for others though nothing says that it pays, in milliseconds. */
  readonly maxWaitMs: number;
}

/** A request to be batched. */
export interface Request<T> {
  readonly value: T;
  readonly items: number;
  /** When its caller's time is up. */
  readonly expiresAtMs: number;
  /** Higher goes first. */
  readonly priority: number;
  /** Requests of different kinds are never in one batch. */
  readonly kind: string;
  /** Which of the cost models is theirs: long inputs take longer than short ones. */
  readonly bucket: number;
}

/** Items that go to a worker together. */
export interface Batch<T> {
  readonly pieces: readonly Piece<T>[];
  readonly items: number;
  readonly reason: SendReason;
  readonly bucket: number;
  /** How long it is expected to run, in milliseconds; 0 where nothing is known. */
  readonly predictedMs: number;
}

/** What a free worker gets. */
export type Next<T> =
  | { readonly kind: 'batch'; readonly batch: Batch<T>; readonly doomed: readonly T[] }
  /** Nothing before that time, unless something comes. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly doomed: readonly T[] }
  | { readonly kind: 'nothing'; readonly doomed: readonly T[] };

/** The batches of one method. */
export interface Batcher<T> {
  /** Items that wait. */
  readonly items: number;
  add(request: Request<T>, nowMs: number): Entry<T>;
  /** Takes a request out, as far as it has not been sent; false if nothing of it waits. */
  leave(entry: Entry<T>): boolean;
  /** A worker is free: what it is to do. Those who can no longer be answered in time are given back with it. */
  next(nowMs: number): Next<T>;
  /** A batch has ended, and its callers have their answers. */
  ended(batch: Batch<T>, ranMs: number, nowMs: number): void;
  costOf(bucket: number): CostModel;
}

/** Creates the batcher of one method. */
export function createBatcher<T>({ maxBatchSize, maxWaitMs }: BatcherOptions): Batcher<T> {
  const lanes = new Map<string, { readonly lane: Lane<T>; readonly bucket: number }>();
  const costs = new Map<number, CostModel>();
  const returns = createReturns();
  let sequence = 0;
  let items = 0;

  const costOf = (bucket: number): CostModel => {
    const cost = costs.get(bucket) ?? createCostModel();
    costs.set(bucket, cost);
    return cost;
  };
  const laneOf = (kind: string, bucket: number) => {
    const key = `${bucket} ${kind}`;
    const known = lanes.get(key) ?? { lane: createLane<T>(), bucket };
    lanes.set(key, known);
    return known.lane;
  };

  /** The lane that has to start first, for its most urgent one to be in time. */
  const mostUrgent = () => {
    let best: { readonly lane: Lane<T>; readonly bucket: number } | undefined;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const [key, one] of lanes) {
      const { head } = one.lane;
      if (!head) {
        lanes.delete(key);
        continue;
      }
      const startMs = head.dueMs - costOf(one.bucket).predictMs(Math.min(maxBatchSize, one.lane.items));
      const isFirst = !best || head.priority > (best.lane.head?.priority ?? 0);
      if (isFirst || (startMs < bestMs && head.priority === best?.lane.head?.priority)) {
        best = one;
        bestMs = startMs;
      }
    }
    return best;
  };

  return {
    get items() {
      return items;
    },
    costOf,
    add(request, nowMs) {
      returns.came(request.items, nowMs);
      const { value, items: count, priority, expiresAtMs } = request;
      const entry: Entry<T> = {
        value,
        items: count,
        left: count,
        priority,
        cameAtMs: nowMs,
        expiresAtMs,
        dueMs: expiresAtMs,
        sequence: sequence++,
        lane: undefined,
      };
      laneOf(request.kind, request.bucket).add(entry);
      items += count;
      return entry;
    },
    leave(entry) {
      const { left } = entry;
      if (!entry.lane?.leave(entry)) return false;
      items -= left;
      return true;
    },
    next(nowMs) {
      const doomed: T[] = [];
      for (;;) {
        const urgent = mostUrgent();
        const head = urgent?.lane.head;
        if (!urgent || !head) return { kind: 'nothing', doomed };
        const { lane, bucket } = urgent;
        const cost = costOf(bucket);
        const view = { items: lane.items, expiresAtMs: head.expiresAtMs, cameAtMs: head.cameAtMs };
        const expected = returns.expected(nowMs);
        const decision = decide(view, { nowMs, maxBatchSize, maxWaitMs, cost, expected });
        if (decision.kind === 'wait') return { kind: 'wait', untilMs: decision.untilMs, doomed };
        const planned = plan(lane.entries.slice(0, lookAhead * maxBatchSize).map(toCandidate), {
          nowMs,
          maxBatchSize,
          predictMs: cost.predictMs,
        });
        for (const { value, left } of lane.drop(planned.doomed)) {
          doomed.push(value);
          items -= left;
        }
        if (planned.items === 0) continue;
        const pieces = lane.take(planned.items);
        items -= planned.items;
        requeueRest(lane, pieces, cost.predictMs(maxBatchSize));
        const batch = { pieces, items: planned.items, reason: decision.reason, bucket };
        return { kind: 'batch', batch: { ...batch, predictedMs: cost.predictMs(planned.items) }, doomed };
      }
    },
    ended({ items: count, bucket }, ranMs, nowMs) {
      costOf(bucket).learn(count, ranMs);
      returns.answered(count, nowMs);
    },
  };
}

/** What is left of a large request waits as if it had come one batch later: it gives way to those who came meanwhile. */
function requeueRest<T>(lane: Lane<T>, pieces: readonly Piece<T>[], batchMs: number): void {
  const last = pieces.at(-1)?.entry;
  if (!last || last.left === 0) return;
  last.dueMs += batchMs;
  lane.add(last);
}

function toCandidate<T>({ left, expiresAtMs }: Entry<T>): { readonly items: number; readonly expiresAtMs: number } {
  return { items: left, expiresAtMs };
}
