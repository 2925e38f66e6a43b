/** A `Response` of a method → what is sent of it: its head, and the pieces of its body. */
import { ServiceError } from '../errors.ts';
import { isResponse } from '../io/response.ts';
import type { ResponseChanges } from '../spec/invocation.ts';

/** What is sent of a response. */
export interface SentResponse {
  readonly head: ResponseChanges;
  /** Whoever stops reading cancels the body. */
  readonly pieces: AsyncIterable<unknown>;
}

/**
 * Takes a response apart; what the method changed through its `Context` goes with it, but for the status.
 * @throws ServiceError `OUTPUT_INVALID` if it is none, or cannot be sent.
 */
export function readResponse(value: unknown, changes: ResponseChanges | undefined): SentResponse {
  if (typeof value !== 'object' || value === null || !isResponse(value)) {
    throw invalid(`the method is declared to give a Response, but gave ${value === null ? 'null' : typeof value}`);
  }
  if (value.bodyUsed) throw invalid('the body of the Response was read already; give a clone() that was not');
  if (value.status === 0) throw invalid('the Response is Response.error(), which has no status; throw an ApiError');
  const headers = [...(changes?.headers ?? []), ...[...value.headers].filter(([name]) => name !== 'set-cookie')];
  const setCookies = value.headers.getSetCookie();
  return {
    head: {
      status: value.status,
      headers,
      cookies: changes?.cookies ?? [],
      ...(setCookies.length > 0 ? { setCookies } : {}),
    },
    pieces: { [Symbol.asyncIterator]: () => createPieces(value.body) },
  };
}

/** Not the iterator that a body has itself: that one is ended only after what it waits for, which may never come. */
function createPieces(body: ReadableStream<unknown> | null): AsyncIterator<unknown> {
  const reader = body?.getReader();
  const isDone = { done: true as const, value: undefined };
  return {
    async next() {
      const step = await reader?.read();
      return step && !step.done ? { done: false, value: step.value } : isDone;
    },
    async return() {
      await reader?.cancel();
      return isDone;
    },
  };
}

function invalid(problem: string): ServiceError<'OUTPUT_INVALID'> {
  return new ServiceError('OUTPUT_INVALID', {}, { cause: new TypeError(problem) });
}
