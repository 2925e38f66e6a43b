/** Makes a client: an object whose every property is a method of the service. */
import { type BaseUrl, parseBaseUrl } from './base-url.ts';
import { type Connection, callMethod } from './call-method.ts';
import type { Client } from './client-types.ts';
import { type Clock, systemClock } from './clock.ts';
import { createDirectory } from './directory.ts';
import { canStreamTo } from './item-stream.ts';
import {
  type CallOptions,
  type CallSettings,
  type ClientOptions,
  refineSettings,
  resolveClientOptions,
} from './options.ts';
import type { PendingCall } from './pending-call.ts';
import { isReservedName } from './reserved-names.ts';
import { createRetryBudget } from './retry.ts';
import { chooseUploads } from './upload-progress.ts';

/**
 * Makes a client of a running service; works in Node and in browsers, with bentots and with Python servers.
 *
 * Nothing is sent until the first call. That one waits until the server is ready and reads `/schema.json`, which says
 * how arguments and answers are written; the schema is kept, and read again when a method is not found where it was.
 * There is nothing to close.
 *
 * @param url where the service is, with the path under which a proxy has put it, if any.
 * @throws TypeError or RangeError if the address or an option is wrong.
 *
 * @example
 * ```ts
 * import { createClient } from 'bentots/client';
 * import type { Embedder } from './service.ts';
 *
 * const client = createClient<Embedder>('http://127.0.0.1:3000', { token: 'secret' });
 * const vectors = await client.embed(['a', 'b']);
 * for await (const token of client.generate('once')) console.log(token);
 * ```
 */
export function createClient<S = unknown>(url: string | URL, options: ClientOptions = {}): Client<S> {
  return createClientWithClock<S>(systemClock, url, options);
}

/** {@link createClient} in a time that can be moved, with chance that can be chosen. */
export function createClientWithClock<S = unknown>(
  clock: Clock,
  url: string | URL,
  options: ClientOptions = {},
  random?: () => number,
): Client<S> {
  return createClientAt<S>(parseBaseUrl(url), options, clock, random);
}

/** {@link createClient} of what was found to be an address. */
export function createClientAt<S>(
  base: BaseUrl,
  options: ClientOptions,
  clock = systemClock,
  random: () => number = Math.random,
): Client<S> {
  const { fetch, readyTimeoutMs, retryShare, call } = resolveClientOptions(options);
  const transport = { fetch, clock };
  const uploadFor = chooseUploads(fetch, options.fetch !== undefined);
  const directory = createDirectory(transport, base, readyTimeoutMs);
  const canStream = () => canStreamTo(base.href);
  const connection = {
    transport,
    base,
    directory,
    uploadFor,
    canStream,
    retryBudget: createRetryBudget(retryShare),
    random,
  };
  return createFacade(connection, call) as Client<S>; // the proxy answers every name, so it has those of S
}

function createFacade(connection: Connection, settings: CallSettings): object {
  const methods = new Map<string, (...args: readonly unknown[]) => PendingCall>();
  const own = Object.freeze({
    $call: (name: string, ...args: readonly unknown[]) => callMethod(connection, settings, name, args),
    $with: (options: CallOptions) => createFacade(connection, refineSettings('$with', settings, options)),
  });
  return new Proxy(own, {
    get(target, key) {
      if (typeof key === 'symbol' || isReservedName(key)) return Reflect.get(target, key);
      let method = methods.get(key);
      if (!method) {
        method = (...args) => callMethod(connection, settings, key, args);
        methods.set(key, method);
      }
      return method;
    },
  });
}
