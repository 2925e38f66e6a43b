/** Addresses that only Node reaches, and the requests that go there. */
import type { Agent } from 'undici';
import { type BaseUrl, parseBaseUrl, toBaseUrl } from './base-url.ts';
import type { Fetch } from './transport.ts';

/** Where a server is. */
export interface Place {
  readonly base: BaseUrl;
  /** The file or pipe, where it is no host. */
  readonly socketPath?: string;
}

/** @throws TypeError if it is none. */
export function parsePlace(url: string | URL): Place {
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

/** undici is loaded with the first request. @throws RangeError if a number is wrong. */
export function createFetch({ socketPath }: Place, connections = Number.POSITIVE_INFINITY, keepAliveMs = 4000): Fetch {
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
