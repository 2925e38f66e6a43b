/** Pulls the items of one stream from its answer, as fast as its reader asks for them. */
import type { Deadline } from './deadline.ts';
import type { ItemDecoder, Piece } from './item-decoder.ts';
import { toCutError } from './read-body.ts';

/** The items of one stream. */
export interface ItemSource {
  /** @throws CallError; nobody may ask on after that. */
  next(): Promise<IteratorResult<unknown, undefined>>;
}

/** Takes over the body and the deadline of an answer that has begun; the deadline's clock stands until the first `next`. */
export function createItemSource(
  body: ReadableStream<Uint8Array> | null,
  decoder: ItemDecoder,
  deadline: Deadline,
  url: string,
): ItemSource {
  const reader = body?.getReader();
  let pieces: readonly Piece[] = [];
  let cursor = 0;
  let hasRead = false;
  let isOver = false;
  deadline.pause();

  const read = async () => {
    if (hasRead) deadline.restart();
    else deadline.resume();
    hasRead = true;
    try {
      return await reader?.read();
    } catch (cause) {
      deadline.signal.throwIfAborted();
      throw toCutError(url, cause);
    } finally {
      deadline.pause();
    }
  };

  const pull = async (): Promise<IteratorResult<unknown, undefined>> => {
    while (!isOver) {
      const piece = pieces[cursor++];
      if (piece === undefined) {
        const chunk = await read();
        const isLast = chunk === undefined || chunk.done;
        pieces = isLast ? decoder.finish() : decoder.push(chunk.value);
        cursor = 0;
        continue;
      }
      if (piece.kind === 'item') return { done: false, value: piece.value };
      isOver = true;
      if (piece.kind === 'error') throw piece.error;
      await leave();
    }
    return { done: true, value: undefined };
  };

  /** After the last event only the end of the body is left: reading it lets the connection serve the next call. */
  const leave = async () => {
    deadline.restart(0);
    const last = await reader?.read().catch(() => undefined); // nothing is lost: the last event has come
    if (last && !last.done) deadline.cancel();
    deadline.dispose();
  };

  let turn: Promise<unknown> = Promise.resolve();
  const next = async () => {
    try {
      return await pull();
    } catch (error) {
      deadline.cancel();
      throw error;
    }
  };
  return {
    next() {
      const mine = turn.then(next);
      turn = mine.catch(() => {}); // whoever asked for that item was told
      return mine;
    },
  };
}
