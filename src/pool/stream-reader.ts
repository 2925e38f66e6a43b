/** The gateway's end of a stream: hands groups of items on, and grants credit for what was taken. */
import { type Credit, initialCredit } from '../spec/messages.ts';

/** A stream being read. */
export interface StreamReader {
  readonly initialCredit: Credit;
  /** How long the worker has had to wait because the consumer did not take what there was, in milliseconds. */
  readonly stalledMs: number;
  /** Items in the groups in which they came; ending the loop early cancels the stream. */
  readonly groups: AsyncIterable<readonly unknown[]>;
  push(items: readonly unknown[], bytes: number): void;
  end(): void;
  /** Says whether the stream was still open. */
  fail(error: Error): boolean;
}

interface Group {
  readonly items: readonly unknown[];
  readonly bytes: number;
}

/** Creates a reader; `grant` sends credit to the worker, `cancel` is called when the consumer stops early. */
export function createStreamReader(
  grant: (credit: Credit) => void,
  cancel: () => void,
  now: () => number,
): StreamReader {
  const left = { ...initialCredit }; // what the worker may still send
  let stalledMs = 0;
  let stalledSinceMs: number | undefined;
  const waiting: Group[] = [];
  let isOver = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  let taken: Credit | undefined; // and not the items: whoever has them may be done with them

  const addCredit = (items: number, bytes: number) => {
    left.items += items;
    left.bytes += bytes;
    if (left.items <= 0 || left.bytes <= 0) stalledSinceMs ??= now();
    else goOn();
  };
  const goOn = () => {
    if (stalledSinceMs !== undefined) stalledMs += now() - stalledSinceMs;
    stalledSinceMs = undefined;
  };

  const next = async (): Promise<IteratorResult<readonly unknown[]>> => {
    if (taken) {
      addCredit(taken.items, taken.bytes);
      grant(taken);
    }
    taken = undefined;
    while (waiting.length === 0 && !isOver) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const group = waiting.shift();
    if (group) {
      taken = { items: group.items.length, bytes: group.bytes };
      return { done: false, value: group.items };
    }
    if (failure) throw failure;
    return { done: true, value: undefined };
  };
  const finish = (error?: Error): boolean => {
    const wasOpen = !isOver;
    isOver = true;
    if (wasOpen) failure = error;
    goOn();
    wake?.();
    return wasOpen;
  };

  return {
    initialCredit,
    get stalledMs() {
      return stalledMs;
    },
    groups: {
      [Symbol.asyncIterator]: () => ({
        next,
        async return() {
          waiting.length = 0;
          if (!isOver) cancel();
          finish();
          return { done: true, value: undefined };
        },
      }),
    },
    push(items, bytes) {
      if (isOver) return;
      addCredit(-items.length, -bytes);
      waiting.push({ items, bytes });
      wake?.();
    },
    end: () => void finish(),
    fail: finish,
  };
}
