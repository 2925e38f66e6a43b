/** Sends one request with `fetch`, so that whatever goes wrong is a `CallError`. */
import { CallError } from './call-error.ts';
import type { Clock } from './clock.ts';
import { readError } from './read-error.ts';

/** What the client needs of `fetch`; whatever is used must honour `init.signal`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How requests leave. */
export interface Transport {
  readonly fetch: Fetch;
  readonly clock: Clock;
}

/**
 * Gives the answer if its status is a success.
 *
 * @param signal whose reason is a `CallError`.
 * @throws CallError from the answer, `CONNECTION_FAILED`, or the reason of the signal.
 */
export async function send(
  transport: Transport,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<Response> {
  signal.throwIfAborted();
  const { fetch } = transport; // called without a receiver: browsers refuse any other than the window
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new CallError(`cannot reach ${url}: ${reasonOf(cause)}`, { code: 'CONNECTION_FAILED', url, cause });
  }
  if (response.ok) return response;
  throw await readError(response, url, signal, transport.clock.dateMs());
}

/** Node says only "fetch failed" and hides the reason in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause !== undefined) return reasonOf(error.cause);
  const { code } = error as { code?: unknown };
  return error.message || (typeof code === 'string' ? code : error.name);
}
