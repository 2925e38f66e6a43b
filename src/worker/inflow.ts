/** An argument whose items come while the method runs. */
import type { Credit } from '../spec/messages.ts';

interface InflowDeps {
  /** Makes what the method gets of the form that crossed. */
  open(item: unknown): unknown;
  /** Says that the method has taken so much. */
  take(credit: Credit): void;
  /** Says that the method wants no more. */
  enough(): void;
}

/** The worker's end of such an argument. */
export interface WorkerInflow {
  /** What the method gets; it can be read once. */
  readonly items: AsyncIterable<unknown>;
  push(items: readonly unknown[], bytes: number): void;
  end(): void;
  fail(reason: unknown): void;
}

const grantEvery = 32; // items: one message for each would cost more than the items

/** Creates an argument that nothing has come of. */
export function createInflow({ open, take, enough }: InflowDeps): WorkerInflow {
  let groups: { readonly items: readonly unknown[]; readonly bytes: number; at: number }[] = [];
  let taken = { items: 0, bytes: 0 };
  let isOver = false;
  let failure: { readonly reason: unknown } | undefined;
  let wake: (() => void) | undefined;

  const finish = () => {
    isOver = true;
    wake?.();
  };
  const grant = () => {
    if (!isOver && (taken.items > 0 || taken.bytes > 0)) take(taken);
    taken = { items: 0, bytes: 0 };
  };
  const next = async (): Promise<IteratorResult<unknown, undefined>> => {
    for (;;) {
      if (failure) throw failure.reason;
      const [group] = groups;
      if (group && group.at < group.items.length) {
        const item = group.items[group.at++];
        taken.items++;
        if (group.at === group.items.length) {
          taken.bytes += group.bytes;
          groups.shift();
        }
        if (taken.items >= grantEvery || groups.length === 0) grant();
        return { done: false, value: open(item) };
      }
      if (isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  let turn: Promise<unknown> = Promise.resolve();
  const iterator: AsyncIterableIterator<unknown, undefined> = {
    next() {
      const mine = turn.then(next); // in the order in which they were asked for
      turn = mine.catch(() => {});
      return mine;
    },
    async return() {
      if (!isOver) enough();
      groups = [];
      finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return {
    items: iterator,
    push(items, bytes) {
      if (isOver) return;
      groups.push({ items, bytes, at: 0 });
      wake?.();
    },
    end: finish,
    fail(reason) {
      if (isOver && groups.length === 0) return;
      failure = { reason };
      finish();
    },
  };
}
