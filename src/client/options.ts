/** What a user may set, for a client or for some of its calls. */
import type { Fetch } from './transport.ts';
import type { OnUploadProgress } from './upload-progress.ts';

/** Options of single calls, given to `client.$with`. */
export interface CallOptions {
  /**
   * How long a call may take, in milliseconds, above 0 and at most 2_147_000_000. It counts from the call, so waiting for
   * readiness is part of it. A stream has this long for its first item and again for each next one; time that the reader
   * takes does not count. The server is told what is left in `x-request-timeout-ms`. Node's own `fetch` gives up after
   * 300_000 ms without an answer; the client of `bentots/client/node` does not.
   * @default 60_000
   */
  readonly timeoutMs?: number;
  /** Ends the calls with `CANCELLED` when it aborts; added to the signals of the client, not in place of them. */
  readonly signal?: AbortSignal;
  /** Sent with every request, over those of the client, for example `traceparent`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * How often a call is tried again, where the method cannot have run: no connection came about, or the server answered
   * 429 or 503 and said in `Retry-After` when to come again. Within `timeoutMs` and {@link ClientOptions.retryShare}.
   * @default 2
   */
  readonly maxRetries?: number;
  /**
   * Is told how much of the arguments has been sent. In browsers not for methods that stream their answers, and not with
   * a `fetch` of your own: nothing there tells both. In Node such a call follows no redirection, since what was sent is gone.
   */
  readonly onUploadProgress?: OnUploadProgress;
}

/** Options of a client. */
export interface ClientOptions extends CallOptions {
  /** How long the first call waits for `GET /readyz`, in milliseconds; 0 does not ask. @default 30_000 */
  readonly readyTimeoutMs?: number;
  /** Sent as `authorization: Bearer …`; never part of a message, and not sent on to another origin by a redirect. */
  readonly token?: string;
  /**
   * Retries are at most this share of the calls, from 0 to 1, and 10 more: a server that refuses what is too much must
   * not get more of it.
   * @default 0.1
   */
  readonly retryShare?: number;
  /** Replaces the global `fetch`; must honour the signal that it is given. */
  readonly fetch?: Fetch;
}

/** What holds for one call, with nothing left open. */
export interface CallSettings {
  readonly timeoutMs: number;
  readonly signals: readonly AbortSignal[];
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxRetries: number;
  readonly onUploadProgress: OnUploadProgress | undefined;
}

/** What holds for a client and all that are derived from it. */
export interface ClientSettings {
  readonly readyTimeoutMs: number;
  readonly retryShare: number;
  readonly fetch: Fetch;
  readonly call: CallSettings;
}

const callKeys = ['timeoutMs', 'signal', 'headers', 'maxRetries', 'onUploadProgress'];
const clientKeys = [...callKeys, 'readyTimeoutMs', 'token', 'retryShare', 'fetch'];

/** Timers hold 31 bits; a longer wait would fire at once. */
const longestTimeoutMs = 2_147_000_000;

/** @throws TypeError or RangeError that names the option, never its secret value. */
export function resolveClientOptions(options: ClientOptions): ClientSettings {
  assertKeys('createClient', options, clientKeys);
  const { token, readyTimeoutMs = 30_000, retryShare = 0.1 } = options;
  const { fetch = (url, init) => globalThis.fetch(url, init) } = options;
  assertTimeout('readyTimeoutMs', readyTimeoutMs, 0);
  if (!(retryShare >= 0 && retryShare <= 1)) {
    throw new RangeError(`retryShare is ${retryShare}, but must be a number from 0 to 1`);
  }
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) {
    throw new TypeError('createClient: token is empty, or holds characters that a header cannot carry');
  }
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const own = Object.fromEntries(Object.entries(options).filter(([key]) => callKeys.includes(key)));
  const call = refineSettings(
    'createClient',
    { timeoutMs: 60_000, signals: [], headers, maxRetries: 2, onUploadProgress: undefined },
    own,
  );
  return { readyTimeoutMs, retryShare, fetch, call };
}

/** Lays options for some calls over the settings that hold so far. @throws TypeError or RangeError as above. */
export function refineSettings(where: string, base: CallSettings, options: CallOptions): CallSettings {
  assertKeys(where, options, callKeys);
  const { timeoutMs = base.timeoutMs, signal, headers = {}, maxRetries = base.maxRetries } = options;
  const { onUploadProgress = base.onUploadProgress } = options;
  assertTimeout('timeoutMs', timeoutMs, 1);
  if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
    throw new RangeError(`maxRetries is ${maxRetries}, but must be a whole number from 0`);
  }
  return {
    timeoutMs,
    maxRetries,
    onUploadProgress,
    signals: signal ? [...base.signals, signal] : base.signals,
    headers: { ...base.headers, ...toHeaders(where, headers) },
  };
}

function toHeaders(where: string, headers: Readonly<Record<string, string>>): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]]);
    } catch {
      throw new TypeError(`${where}: the header "${name}" has a name or a value that HTTP does not allow`);
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}

function assertTimeout(name: string, valueMs: number, min: number): void {
  if (Number.isFinite(valueMs) && valueMs >= min && valueMs <= longestTimeoutMs) return;
  throw new RangeError(`${name} is ${valueMs}, but must be a number from ${min} to ${longestTimeoutMs}`);
}

function assertKeys(where: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(`${where}: there is no option "${unknown}"; there are ${known.join(', ')}`);
  }
}
