/** The door `bentots/client/node`: the client with what only Node has, Unix sockets and connections of its own. */
import type { Client } from './client-types.ts';
import { createClientAt } from './create-client.ts';
import { createFetch, parsePlace } from './node-place.ts';
import type { ClientOptions } from './options.ts';

/** Options of a client in Node. */
export interface NodeClientOptions extends Omit<ClientOptions, 'fetch'> {
  /** Most connections at once; further calls wait for one, within their time. At least 1. @default Infinity */
  readonly maxConnections?: number;
  /**
   * How long a connection is kept that no call uses, in milliseconds, at least 1; less if the server says so. The default
   * is below the 5 s after which servers of Node and of Python close theirs: a call must not meet a connection that is
   * being closed. @default 4_000
   */
  readonly keepAliveMs?: number;
}

/**
 * {@link createClient} for Node: it also reaches servers on this machine by Unix socket or named pipe, keeps connections of
 * its own, and waits for answers as long as `timeoutMs` says, where the `fetch` of Node gives up after 5 minutes.
 *
 * @param url `http://…`, `https://…`, `unix:/path/to.sock`, `http+unix://%2Fpath%2Fto.sock`, `file:///path/to.sock` as Python
 *   clients write it, or `unix:\\.\pipe\name` on Windows. After a socket may come the path under which the service is:
 *   `unix:/path/to.sock:/api`.
 * @throws TypeError or RangeError if the address or an option is wrong.
 *
 * @example
 * ```ts
 * import { createClient } from 'bentots/client/node';
 *
 * const client = createClient('unix:/run/embedder.sock', { maxConnections: 32 });
 * console.log(await client.$call('embed', ['a', 'b']));
 * ```
 */
export function createClient<S = unknown>(url: string | URL, options: NodeClientOptions = {}): Client<S> {
  const { maxConnections, keepAliveMs, ...rest } = options;
  const place = parsePlace(url);
  return createClientAt<S>(place.base, { ...rest, fetch: createFetch(place, maxConnections, keepAliveMs) });
}
