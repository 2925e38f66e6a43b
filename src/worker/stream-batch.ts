/** Runs a method that streams once for several calls: what it gives for an item goes to the caller of that item. */
import { ServiceError } from '../errors.ts';
import { type ItemChunk, isItemError } from '../sdk/batch.ts';
import type { BatchedCall } from '../spec/messages.ts';
import { type ChunkLine, createChunkLine } from './chunk-line.ts';
import { type BatchDeps, joinArguments, type Member, readAll, withoutAbandoned } from './run-batch.ts';

/** What it needs beside what any batch does. */
export interface StreamBatchDeps extends BatchDeps {
  /** Sends the chunks of one call as it takes them; resolves when they are sent. */
  send(call: BatchedCall, chunks: AsyncIterable<unknown>): Promise<void>;
  /** Aborts when nobody waits for any of it any more. */
  readonly signal: AbortSignal;
  /** Resolves when the event loop has had a chance to do something else. */
  breathe(): Promise<void>;
}

interface Reader {
  readonly call: BatchedCall;
  readonly line: ChunkLine;
  /** How long the others have waited for it. */
  heldMs: number;
}

// What one caller may have waiting before the others wait for it, and for how long they do in all.
const mostWaitingBytes = 1024 * 1024;
const longestHoldMs = 1000;

const breatheEveryMs = 1; // a generator that never waits must not keep the worker from hearing and sending

/** Resolves when the method has given all; what was not taken yet is still being sent then. Says whether it gave all. */
export async function streamBatch(members: readonly Member[], deps: StreamBatchDeps): Promise<boolean> {
  const ready = withoutAbandoned(await readAll(members, deps), deps);
  if (ready.length === 0) return false;
  let onTaken: (() => void) | undefined;
  const readers = ready.map(({ call }): Reader => {
    const line = createChunkLine(() => onTaken?.());
    deps.send(call, line).catch((error: unknown) => deps.refuse(call, error));
    return { call, line, heldMs: 0 };
  });

  const waitFor = async (reader: Reader) => {
    while (reader.line.bytes > mostWaitingBytes && !reader.line.isOver) {
      const beganMs = deps.now();
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, longestHoldMs - reader.heldMs);
      onTaken = late.resolve;
      await late.promise;
      clearTimeout(timer);
      reader.heldMs += deps.now() - beganMs;
      if (reader.heldMs >= longestHoldMs) reader.line.fail(new ServiceError('READER_SLOW', { heldMs: longestHoldMs }));
    }
  };

  try {
    const iterator = iterate(await deps.invoke(joinArguments(ready, deps.batching), ready));
    const stop = () => void Promise.resolve(iterator.return?.()).catch(() => {}); // whoever waits for it is gone
    deps.signal.addEventListener('abort', stop, { once: true });
    let breathedMs = deps.now();
    for (;;) {
      const step = await iterator.next();
      if (step.done) break;
      const reader = readers[itemOf(step.value, readers.length)] as Reader; // looked at there
      hand(step.value, reader.line);
      if (reader.line.bytes > mostWaitingBytes) await waitFor(reader);
      if (readers.every(({ line }) => line.isOver)) {
        stop();
        break;
      }
      if (deps.now() - breathedMs < breatheEveryMs) continue;
      await deps.breathe();
      breathedMs = deps.now();
    }
    for (const { line } of readers) line.end();
    return !deps.signal.aborted;
  } catch (error) {
    for (const { line } of readers) line.fail(error);
    return false;
  }
}

function iterate(value: unknown): AsyncIterator<unknown> | Iterator<unknown> {
  if (typeof value === 'object' && value !== null) {
    if (Symbol.asyncIterator in value) return (value as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    if (Symbol.iterator in value) return (value as Iterable<unknown>)[Symbol.iterator]();
  }
  throw new TypeError('the method is declared to give an AsyncIterable, but gave something that cannot be iterated');
}

/** @throws TypeError if the chunk does not say whose it is. */
function itemOf(chunk: unknown, items: number): number {
  const { item } = (typeof chunk === 'object' && chunk !== null ? chunk : {}) as Partial<ItemChunk<unknown>>;
  if (Number.isInteger(item) && Number(item) >= 0 && Number(item) < items) return Number(item);
  throw new TypeError(
    `the method gave a chunk for the item ${String(item)} of a batch of ${items}; give { item, chunk } with an item from 0 to ${items - 1}`,
  );
}

function hand(given: unknown, line: ChunkLine): void {
  const { chunk, isLast, error } = given as ItemChunk<unknown>;
  if (chunk !== undefined) line.push(chunk);
  if (error !== undefined) line.fail(isItemError(error) ? error.error : error);
  else if (isLast) line.end();
}
