/** Sends the items of a stream as the consumer grants credit for them. */
import type { Credit } from '../spec/messages.ts';

/** What a stream needs from its surroundings. */
interface StreamDeps {
  /** Sends a group of items at once, without waiting for the end of the turn. */
  send(items: readonly unknown[], bytes: number): void;
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves when the event loop has had a chance to do something else. */
  breathe(): Promise<void>;
}

/** A running stream. */
export interface StreamSender {
  /** Lets more items pass. */
  grant(credit: Credit): void;
  /** Resolves when every item was sent; rejects with what the method threw. */
  readonly finished: Promise<void>;
}

// Items younger than this are sent together; older ones do not wait for company. Also how long a generator that never
// yields to the event loop may keep it from hearing a cancel.
const groupForMs = 1;

/** Starts pulling items and sending them. */
export function sendStream(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  initial: Credit,
  deps: StreamDeps,
): StreamSender {
  const credit = { items: initial.items, bytes: initial.bytes };
  let wake: (() => void) | undefined;
  let returning: Promise<void> | undefined;

  const waitForCredit = async () => {
    while ((credit.items <= 0 || credit.bytes <= 0) && !deps.signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };

  const pump = async () => {
    const iterator = iteratorOf(source);
    const onAbort = () => {
      wake?.();
      // Ends iterators that wait in `next`; generators hear of it when they come back to their `yield`.
      returning = end(iterator);
      returning.catch(() => {}); // told below, when the pump has come to its end
    };
    deps.signal.addEventListener('abort', onAbort, { once: true });
    let group: unknown[] = [];
    let groupBytes = 0;
    let lastSentMs = Number.NEGATIVE_INFINITY;
    let isOpen = true;
    const flush = () => {
      const [items, bytes] = [group, groupBytes];
      group = [];
      groupBytes = 0;
      if (items.length > 0) deps.send(items, bytes); // may throw: then they are not tried again
      lastSentMs = deps.now();
    };
    try {
      while (!deps.signal.aborted) {
        if (credit.items <= 0 || credit.bytes <= 0) {
          flush();
          await waitForCredit();
          continue;
        }
        isOpen = false; // it has ended by itself if it throws, or has no more
        const step = iterator.next();
        const next = isPromise(step) ? await step : step;
        if (next.done === true) return flush();
        isOpen = true;
        const bytes = estimateBytes(next.value);
        group.push(next.value);
        groupBytes += bytes;
        credit.items--;
        credit.bytes -= bytes;
        if (deps.now() - lastSentMs >= groupForMs) {
          flush();
          await deps.breathe();
        } else if (group.length === 1) {
          void deps.breathe().then(flush); // the generator may wait for something now: the group must not wait with it
        }
      }
    } catch (error) {
      flush(); // what came before the failure was good
      throw error;
    } finally {
      if (deps.signal.aborted) await (returning ?? end(iterator));
      else if (isOpen) await end(iterator).catch(() => {}); // what is wrong with the items says more
    }
  };

  return {
    grant(more) {
      credit.items += more.items;
      credit.bytes += more.bytes;
      wake?.();
    },
    finished: pump(),
  };
}

async function end(iterator: AnyIterator): Promise<void> {
  await iterator.return?.();
}

type AnyIterator = {
  next(): IteratorResult<unknown> | Promise<IteratorResult<unknown>>;
  return?(): unknown;
};

function iteratorOf(source: AsyncIterable<unknown> | Iterable<unknown>): AnyIterator {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown }).then === 'function';
}

const nodesLookedAt = 200; // beyond that the estimate is scaled up from what was seen

/** About how many bytes an item takes; only for credit, never for limits that protect anything. */
export function estimateBytes(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let bytes = 0;
  let nodes = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && nodes < nodesLookedAt) {
    const node = open.pop();
    nodes++;
    if (typeof node === 'string') bytes += node.length;
    else if (ArrayBuffer.isView(node)) bytes += node.byteLength;
    else if (node instanceof Map || node instanceof Set) open.push(...[...node].slice(0, nodesLookedAt));
    else if (typeof node === 'object' && node !== null) open.push(...Object.values(node).slice(0, nodesLookedAt));
    else bytes += 8;
  }
  const isArray = Array.isArray(value);
  const total = isArray ? value.length : Object.keys(value).length;
  return Math.max(bytes, open.length > 0 ? (bytes / nodes) * total : 0, 8);
}
