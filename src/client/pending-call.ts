/** A call that is under way, as a promise that can also be iterated: whether it streams is known only from the schema. */
import { isCallError } from './call-error.ts';
import type { ItemSource } from './item-source.ts';

/** What an answer turned out to be. */
export type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'items'; readonly source: ItemSource };

/** Both faces of a call; the service's type shows the one that it has. */
export type PendingCall = Promise<unknown> & AsyncIterable<unknown>;

/**
 * Makes the object that the caller gets.
 *
 * A failed call that nobody awaits or iterates is an unhandled rejection, as with any promise. Two things are not: what
 * the iterator already reports, and a cancellation, which the caller asked for.
 *
 * @param abandon ends the call, since nobody wants the rest.
 */
export function createPendingCall(method: string, answering: Promise<Answer>, abandon: () => void): PendingCall {
  let isTaken = false;
  const items: AsyncIterable<unknown> = {
    [Symbol.asyncIterator]() {
      if (isTaken) throw new TypeError(`${method}: the items of one call can be read once; call it again to read more`);
      isTaken = true;
      promise.catch(() => {});
      return createIterator(method, answering, abandon);
    },
  };
  const promise = answering.then((answer) => (answer.kind === 'items' ? items : answer.value));
  answering.catch((error: unknown) => {
    if (isCallError(error, 'CANCELLED')) promise.catch(() => {});
  });
  return Object.assign(promise, { [Symbol.asyncIterator]: () => items[Symbol.asyncIterator]() });
}

function createIterator(method: string, answering: Promise<Answer>, abandon: () => void): AsyncIterator<unknown> {
  let isLeft = false;
  const end = { done: true, value: undefined } as const;
  const pull = async () => {
    const answer = await answering;
    if (answer.kind === 'items') return answer.source.next();
    throw new TypeError(`${method} answers once, not item by item; await it`);
  };
  return {
    async next() {
      if (isLeft) return end;
      try {
        return await pull();
      } catch (error) {
        if (isLeft) return end; // leaving is what broke it
        isLeft = true;
        throw error;
      }
    },
    async return() {
      isLeft = true;
      abandon();
      return end;
    },
  };
}
