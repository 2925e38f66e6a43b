/** Chunks that wait to be sent to one caller, while the method that gives them goes on for the others. */
import { estimateBytes } from './stream-sender.ts';

/** The chunks of one caller; iterated once. */
export interface ChunkLine extends AsyncIterable<unknown> {
  /** About how many bytes wait. */
  readonly bytes: number;
  /** Whether it takes no more. */
  readonly isOver: boolean;
  push(chunk: unknown): void;
  /** Nothing more comes. */
  end(): void;
  /** What waits is still given, and then this thrown. */
  fail(error: unknown): void;
}

/** @param onTaken is called when chunks have been taken, and when nobody wants more. */
export function createChunkLine(onTaken: () => void): ChunkLine {
  const waiting: { readonly chunk: unknown; readonly bytes: number }[] = [];
  let bytes = 0;
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  const close = (failed?: { readonly error: unknown }) => {
    if (isOver) return;
    isOver = true;
    failure = failed;
    wake?.();
  };
  return {
    get bytes() {
      return bytes;
    },
    get isOver() {
      return isOver;
    },
    push(chunk) {
      if (isOver) return;
      const size = estimateBytes(chunk);
      waiting.push({ chunk, bytes: size });
      bytes += size;
      wake?.();
    },
    end: () => close(),
    fail: (error) => close({ error }),
    [Symbol.asyncIterator]: () => ({
      async next() {
        while (waiting.length === 0 && !isOver) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const next = waiting.shift();
        if (next) {
          bytes -= next.bytes;
          onTaken();
          return { done: false, value: next.chunk };
        }
        if (failure) throw failure.error;
        return { done: true, value: undefined };
      },
      async return() {
        waiting.length = 0;
        bytes = 0;
        close();
        onTaken();
        return { done: true, value: undefined };
      },
    }),
  };
}
