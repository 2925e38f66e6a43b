/** Fetches an address that a caller gave, in a way that shows nothing of the inside: only what anybody could fetch. */
import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Dispatcher } from 'undici';
import { isServiceError, ServiceError } from '../errors.ts';
import { checkAddress, checkRedirect, refusal, showAddress } from './check-address.ts';
import { createConnector } from './connect.ts';
import { isConnectable } from './connectable.ts';

/** What an operator says about fetching, and what one fetch may take. */
export interface FetchOptions {
  /** Networks that may be reached, at any port, though they are not public. */
  readonly allowed: readonly string[];
  /** For all of it: names, redirects, the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** Takes the content as it comes; the next chunk waits for what it returns, and what it throws ends the fetch. */
  sink(chunk: Uint8Array): unknown;
  /** Finds the addresses of a name. @default by DNS, of both families */
  readonly resolve?: (name: string) => Promise<readonly string[]>;
}

/** What is known of a file besides its content. */
export interface Fetched {
  /** As the server said it; empty where it said nothing. */
  readonly mediaType: string;
  /** Last part of the path that was asked for; may be empty. */
  readonly name: string;
}

const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];
const headerLimitBytes = 16 * 1024;

// No answer is as slow as that; who is slow afterwards is bounded by `timeoutMs`.
const silenceMs = 10_000;

// Asked for plain: what is not compressed cannot swell.
const headers = { 'user-agent': 'bentots', accept: '*/*', 'accept-encoding': 'identity' };

/**
 * Fetches a file by `http` or `https`. Who is connected to is judged by the address that the socket has, at every
 * redirect anew; names are asked for once, so that none can mean another address a moment later. Proxies of the
 * environment are not used, since they would judge by name.
 *
 * @throws ServiceError `URL_REFUSED` for addresses that are never fetched, `URL_FAILED` for those that were not; a name
 * that leads nowhere and one that leads inside are refused in the same words. The reason of the signal, once it is aborted.
 */
export async function fetchPublic(address: string, options: FetchOptions): Promise<Fetched> {
  const url = checkAddress(address);
  const late = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, late]);
  try {
    const mediaType = await follow(url, { ...options, signal });
    return { mediaType, name: lastPart(url) };
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof SinkFailure) throw error.cause;
    if (isServiceError(error)) throw error;
    throw failure(url, late.aborted ? `it took longer than ${options.timeoutMs} ms` : explain(error), error);
  }
}

/** Asks, and is led on; gives the media type of what the sink has been given. */
async function follow(first: URL, options: FetchOptions): Promise<string> {
  let url = first;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await ask(first, url, options);
    if ('mediaType' in answer) return answer.mediaType;
    url = checkRedirect(first, url, answer.location);
  }
  throw failure(first, `it leads on more than ${mostRedirects} times`);
}

type Answer = { readonly location: string } | { readonly mediaType: string };

async function ask(first: URL, url: URL, options: FetchOptions): Promise<Answer> {
  const { Client, buildConnector: build } = await import('undici'); // 30 ms that only who needs it pays
  const { allowed, signal, resolve = resolveByDns } = options;
  const client = new Client(url.origin, {
    connect: createConnector(build, {
      timeoutMs: silenceMs,
      signal,
      resolve,
      judge: (address, port) => isConnectable(address, port, { allowed, own: ownAddresses() }),
      refusal: () => refusal(first, insideWords),
    }),
    headersTimeout: silenceMs,
    bodyTimeout: silenceMs,
    maxHeaderSize: headerLimitBytes,
    allowH2: false,
  });
  try {
    const path = `${url.pathname}${url.search}`;
    const response = await client.request({ path, method: 'GET', headers, signal: options.signal });
    response.body.on('error', () => {}); // whatever comes of a body that nobody reads on
    return await readAnswer(first, response, options);
  } finally {
    client.destroy().catch(() => {}); // there is no second request to whom a caller names
  }
}

async function readAnswer(first: URL, response: Dispatcher.ResponseData, options: FetchOptions): Promise<Answer> {
  const { statusCode, headers: said, body } = response;
  const location = textOf(said.location);
  if (redirects.includes(statusCode) && location !== '') return { location };
  if (statusCode !== 200) throw failure(first, `the answer is ${statusCode}, and not 200`);
  const encoding = textOf(said['content-encoding']).toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    throw failure(first, 'the answer is compressed, though that was not asked for');
  }
  const { maxBytes, sink } = options;
  if (Number(said['content-length'] ?? 0) > maxBytes) throw tooLarge(first, maxBytes);
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(first, maxBytes);
    try {
      await sink(chunk);
    } catch (cause) {
      throw new SinkFailure('', { cause });
    }
  }
  return { mediaType: textOf(said['content-type']) };
}

/** What the caller's own code threw goes to the caller as it is. */
class SinkFailure extends Error {}

/** The same words whether a name means nothing, or something that is not to be known. */
export const insideWords =
  'it leads to no public address, or to a port other than 80 and 443; name a file that anyone can fetch';

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((one) => (one ?? []).map(({ address }) => address));
}

/** By DNS alone: the operating system's own look-up would hold one of four threads while a caller's name is slow. */
async function resolveByDns(name: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

function textOf(value: string | string[] | undefined): string {
  return [value ?? ''].flat()[0] ?? '';
}

function lastPart({ pathname }: URL): string {
  const text = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a percent sign that means itself
  }
}

function tooLarge(url: URL, maxBytes: number): ServiceError {
  return failure(url, `it is larger than the limit of ${maxBytes} bytes`);
}

function failure(url: URL, problem: string, cause?: unknown): ServiceError {
  return new ServiceError('URL_FAILED', { url: showAddress(url), problem }, { cause });
}

function explain(error: unknown): string {
  const { code = '', name } = error as NodeJS.ErrnoException;
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'it did not answer in time';
  if (/CERT|TLS|SSL|SIGNATURE/.test(code)) return 'its certificate is not one that is trusted';
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return 'its answer is no HTTP that can be read';
  return 'the connection failed, or ended before its answer';
}
