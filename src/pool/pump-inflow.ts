/** Hands the items of an argument to the worker as fast as its method takes them. */
import type { Inflow } from '../spec/invocation.ts';
import { type Credit, initialInflowCredit } from '../spec/messages.ts';

/** Where the items go. */
interface InflowLink {
  feed(items: readonly unknown[], bytes: number): void;
  /** No more will come. */
  end(): void;
  /** What came was wrong, or its sender has left. */
  fail(error: unknown): void;
}

/** A source that is being read. */
export interface InflowPump {
  /** Lets more items pass. */
  grant(credit: Credit): void;
  /** Nobody wants the rest. */
  stop(): void;
}

/** Starts reading; nothing has been read before. */
export function pumpInflow(inflow: Inflow, link: InflowLink): InflowPump {
  const left = { ...initialInflowCredit };
  const groups = inflow.groups[Symbol.asyncIterator]();
  let wake: (() => void) | undefined;
  let isOver = false;

  const pump = async () => {
    while (!isOver) {
      if (left.items <= 0 || left.bytes <= 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const step = await groups.next();
      if (isOver) return;
      if (step.done) {
        isOver = true;
        return link.end();
      }
      const { items, bytes } = step.value;
      left.items -= items.length;
      left.bytes -= bytes;
      link.feed(items, bytes);
    }
  };
  pump().catch((error: unknown) => {
    if (isOver) return; // nobody waits for it any more
    isOver = true;
    link.fail(error);
  });

  return {
    grant(more) {
      left.items += more.items;
      left.bytes += more.bytes;
      wake?.();
    },
    stop() {
      if (isOver) return;
      isOver = true;
      wake?.();
      void groups.return?.();
    },
  };
}
