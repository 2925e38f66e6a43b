/** The door `bentots/client/node`: the client with what only Node has, Unix sockets and connections of its own. */
import type { Agent } from 'undici';
import { type BaseUrl, parseBaseUrl, toBaseUrl } from './base-url.ts';
import type { Client } from './client-types.ts';
import { createClientAt } from './create-client.ts';
import type { ClientOptions } from './options.ts';
import type { Fetch } from './transport.ts';

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

/** Where a server is. */
interface Place {
  readonly base: BaseUrl;
  /** The file or pipe, where it is no host. */
  readonly socketPath?: string;
}

function parsePlace(url: string | URL): Place {
  const text = String(url);
  const short = /^unix:(?!\/\/)(.+?)(?::(\/.*))?$/s.exec(text);
  if (short) return toSocketPlace(text, short[1] ?? '', short[2] ?? '');
  const long = /^http\+unix:\/\/([^/?#]+)([^?#]*)/s.exec(text);
  if (long) return toSocketPlace(text, decode(text, long[1] ?? ''), long[2] ?? '');
  const file = /^file:\/\/(\/[^?#]*)/s.exec(text);
  if (file) return toSocketPlace(text, decode(text, file[1] ?? ''), '');
  return { base: parseBaseUrl(url) };
}

function toSocketPlace(text: string, socketPath: string, pathname: string): Place {
  if (socketPath.includes('\0')) throw new TypeError(`createClient: the path in ${JSON.stringify(text)} holds a NUL`);
  return { socketPath, base: toBaseUrl(`http+unix://${encodeURIComponent(socketPath)}`, pathname) };
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TypeError(
      `createClient: "${text}" is not an address; a % in it begins a character, as in http+unix://%2Frun`,
    );
  }
}

/** undici is loaded with the first request. */
function createFetch({ socketPath }: Place, connections = Number.POSITIVE_INFINITY, keepAliveMs = 4000): Fetch {
  assertAtLeastOne('maxConnections', connections);
  assertAtLeastOne('keepAliveMs', keepAliveMs);
  const origin = `http+unix://${encodeURIComponent(socketPath ?? '')}`;
  let loading: Promise<{ agent: Agent; fetch: typeof import('undici').fetch }> | undefined;
  const load = async () => {
    const undici = await import('undici');
    const agent = new undici.Agent({
      connections: Number.isFinite(connections) ? connections : null,
      keepAliveTimeout: keepAliveMs,
      headersTimeout: 0, // the deadline of each call says how long it waits
      bodyTimeout: 0,
      ...(socketPath === undefined ? {} : { connect: { socketPath } }),
    });
    return { agent, fetch: undici.fetch };
  };
  return async (url, init) => {
    loading ??= load();
    const { agent, fetch } = await loading;
    const address = socketPath === undefined ? url : `http://localhost${url.slice(origin.length)}`;
    const request = { ...init, dispatcher: agent } as Parameters<typeof fetch>[1]; // the same words, declared twice
    return (await fetch(address, request)) as unknown as Response;
  };
}

function assertAtLeastOne(name: string, value: number): void {
  if (value >= 1) return;
  throw new RangeError(`createClient: ${name} is ${value}, but must be at least 1`);
}
