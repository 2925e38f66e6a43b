/** The batches that workers run now. */
import type { Batch } from './batch.ts';
import type { Group } from './lane.ts';

/** What has been sent and has not ended. */
export interface Flight<T> {
  readonly count: number;
  /** Gives its number, by which a log knows it. */
  left(batch: Batch<T>, nowMs: number): number;
  /** It has ended, and its callers have their answers. Gives its number. */
  ended(batch: Batch<T>, nowMs: number): number;
  /** How long until a slot is free for one behind that much work that waits, in milliseconds. */
  untilFreeMs(slots: number, aheadMs: number, nowMs: number): number;
}

/** Creates one in which no batch is. */
export function createFlight<T>(): Flight<T> {
  const flying = new Map<Batch<T>, { readonly number: number; readonly endsAtMs: number }>();
  let count = 0;

  return {
    get count() {
      return flying.size;
    },
    left(batch, nowMs) {
      flying.set(batch, { number: count, endsAtMs: nowMs + batch.predictedMs });
      return count++;
    },
    ended(batch, nowMs) {
      const number = flying.get(batch)?.number ?? -1;
      flying.delete(batch);
      let group: Group<T> | undefined; // hardly ever are there two in a batch, and then those of one come together
      let answered = 0;
      for (const { entry, items } of batch.pieces) {
        if (group && entry.group !== group) {
          group.returns.answered(answered, nowMs);
          answered = 0;
        }
        group = entry.group;
        answered += items;
      }
      group?.returns.answered(answered, nowMs);
      return number;
    },
    untilFreeMs(slots, aheadMs, nowMs) {
      // What has run for longer than was expected is expected to do so for as long again.
      const restsMs = [...flying.values()]
        .map(({ endsAtMs }) => Math.abs(endsAtMs - nowMs))
        .sort((one, other) => one - other);
      const firstMs = restsMs.length < slots ? 0 : (restsMs[restsMs.length - slots] ?? 0);
      if (aheadMs === 0) return firstMs;
      return Math.max(firstMs, (restsMs.reduce((total, one) => total + one, 0) + aheadMs) / Math.max(1, slots));
    },
  };
}
