/** Knows the methods of one server: waits until it is ready, then reads its schema once for all calls. */
import type { BaseUrl } from './base-url.ts';
import { CallError, isCallError } from './call-error.ts';
import { readText, toCutError, toValue } from './read-body.ts';
import { parseServiceSchema, type RemoteMethod, type ServiceSchema } from './service-schema.ts';
import { createSharedFlight, type SharedFlight } from './shared-flight.ts';
import { send, type Transport } from './transport.ts';
import { untilReady } from './until-ready.ts';

type HeaderRecord = Readonly<Record<string, string>>;

/** The methods of one server. */
export interface Directory {
  /** What is known so far. */
  readonly known: ServiceSchema | undefined;
  /**
   * Reads the schema once the server is ready; concurrent callers share one reading, and a failure is not kept.
   * @param headers are sent along by whoever comes first.
   */
  load(headers: HeaderRecord, signal: AbortSignal): Promise<ServiceSchema>;
  /** Reads it again, unless that has happened since the caller took `stale`. */
  reload(stale: ServiceSchema, headers: HeaderRecord, signal: AbortSignal): Promise<ServiceSchema>;
  /** Gives a method that was not found if it has another address now; that it has the same one is believed for a while. */
  findMoved(
    stale: ServiceSchema,
    method: RemoteMethod,
    headers: HeaderRecord,
    signal: AbortSignal,
  ): Promise<RemoteMethod | undefined>;
}

const believedForMs = 10_000;

/** Creates a directory that knows nothing yet; nothing is sent. */
export function createDirectory(transport: Transport, base: BaseUrl, readyTimeoutMs: number): Directory {
  let known: ServiceSchema | undefined;
  let flight: SharedFlight<ServiceSchema> | undefined;
  const confirmed = new Map<string, { readonly url: string; readonly atMs: number }>(); // by method

  const read = (headers: HeaderRecord, signal: AbortSignal) => {
    const isFirst = known === undefined;
    flight ??= createSharedFlight(
      async (shared) => {
        const probe = (limit: AbortSignal) => probeReady(transport, base, headers, limit);
        if (isFirst) await untilReady(probe, { clock: transport.clock, url: base.readyUrl, readyTimeoutMs }, shared);
        known = await readSchema(transport, base, headers, shared);
        return known;
      },
      () => {
        flight = undefined;
      },
    );
    return flight.join(signal);
  };
  const reload: Directory['reload'] = async (stale, headers, signal) =>
    known && known !== stale ? known : read(headers, signal);
  return {
    get known() {
      return known;
    },
    load: async (headers, signal) => known ?? read(headers, signal),
    reload,
    async findMoved(stale, { name, url }, headers, signal) {
      const last = confirmed.get(name);
      if (last?.url === url && transport.clock.nowMs() - last.atMs < believedForMs) return undefined;
      const fresh = await reload(stale, headers, signal).catch(() => {
        signal.throwIfAborted();
        return undefined; // the caller is told of the first error
      });
      const found = fresh?.methods.get(name);
      if (found?.url !== url) return found;
      confirmed.set(name, { url, atMs: transport.clock.nowMs() });
      return undefined;
    },
  };
}

async function probeReady(transport: Transport, base: BaseUrl, headers: HeaderRecord, signal: AbortSignal) {
  try {
    const response = await send(transport, base.readyUrl, { headers }, signal);
    await readText(response, 1024, signal); // an unread body would keep its connection
  } catch (error) {
    if (!isMissing(error)) throw error;
    // A Python server under a prefix has no /readyz at its root, but a schema.
    await readSchema(transport, base, headers, signal).catch(() => {
      throw error;
    });
  }
}

async function readSchema(
  transport: Transport,
  base: BaseUrl,
  headers: HeaderRecord,
  signal: AbortSignal,
): Promise<ServiceSchema> {
  const { document, url } = await readSchemaDocument(transport, base, headers, signal);
  return parseServiceSchema(document, url, base);
}

/** Enough for thousands of methods; what is longer is none that anybody wrote. */
const schemaLimitBytes = 2 ** 26;

/**
 * Reads `/schema.json` from where it is.
 * @throws CallError
 */
export async function readSchemaDocument(
  transport: Transport,
  base: BaseUrl,
  headers: HeaderRecord,
  signal: AbortSignal,
): Promise<{ readonly document: unknown; readonly url: string }> {
  let missing: unknown;
  for (const url of base.schemaUrls) {
    try {
      const response = await send(transport, url, { headers }, signal);
      const text = await readText(response, schemaLimitBytes, signal).catch((cause: unknown) => {
        signal.throwIfAborted();
        throw toCutError(url, cause);
      });
      return { document: toValue(text, undefined, url), url };
    } catch (error) {
      if (!isMissing(error)) throw error;
      missing = error;
    }
  }
  throw new CallError(`there is no service at ${base.href}: ${base.schemaUrls.join(' and ')} answered 404`, {
    code: 'NOT_FOUND',
    url: base.href,
    status: 404,
    cause: missing,
  });
}

function isMissing(error: unknown): boolean {
  return isCallError(error) && error.status === 404;
}
