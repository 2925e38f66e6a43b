/** Asks a hub, patiently: what fails for a moment is tried again, and what it refuses becomes a sentence. */
import type { HubSettings } from '../../config/hub.ts';
import { longestPauseMs, type Patience, readRetryAfter, reasonOf, retry, TryLater } from '../../outbound/retry.ts';
import { type HubModel, HubRefusal } from './hub-model.ts';

const longestAnswerBytes = 64 * 1024 * 1024;

/** How long a hub may say nothing before it is asked anew. */
export const silenceMs = 60_000;

/** What asking needs. */
export interface HubConnection extends Patience {
  readonly settings: Pick<HubSettings, 'endpoint' | 'token'>;
  readonly model: HubModel;
}

/** A hub that does not answer, or not now. */
export class HubUnreachable extends TryLater {}

/** The endpoint that is asked: that of the reference, else that of the environment. */
export function endpointOf({ settings, model }: Pick<HubConnection, 'settings' | 'model'>): string {
  return model.endpoint ?? settings.endpoint;
}

/** `fetch` for answers that are read as a whole: it gives only those that went well. */
export function createApiFetch(connection: HubConnection): typeof fetch {
  return (input, init) =>
    retry(connection, async () => {
      const response = await ask(connection, input, init, connection.signal);
      const { status, headers } = response;
      return new Response(await readAll(response, endpointOf(connection)), { status, headers });
    });
}

/** `fetch` for a single try at a file. */
export function createFileFetch(
  connection: HubConnection,
  signal: AbortSignal,
  onAnswer: (answer: Response | Error) => void,
): typeof fetch {
  return async (input, init) => {
    try {
      const response = await ask(connection, input, init, signal);
      if (!response.body) throw new HubUnreachable(`${endpointOf(connection)} answered without a body`);
      onAnswer(response);
      return response;
    } catch (error) {
      onAnswer(error as Error);
      throw error;
    }
  };
}

async function ask(
  connection: HubConnection,
  input: Parameters<typeof fetch>[0],
  init: RequestInit | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const endpoint = endpointOf(connection);
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = new Headers(init?.headers);
  headers.set('user-agent', 'bentots');
  const token = tokenFor(connection, url);
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`); // where a redirect leads it is left out by fetch
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silenceMs);
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers, signal: AbortSignal.any([signal, silence.signal]) });
  } catch (cause) {
    signal.throwIfAborted();
    const reason = silence.signal.aborted ? `it said nothing for ${silenceMs / 1000} s` : reasonOf(cause);
    throw new HubUnreachable(`${endpoint} cannot be reached: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  await response.body?.cancel().catch(() => {}); // what it says is not ours to repeat
  throw explain(response, connection, token !== undefined);
}

/** Only whom the operator has named gets the token of the operator: not whom a bento names, or a hub leads to. */
function tokenFor({ settings, model }: HubConnection, url: URL): string | undefined {
  const isOperators = (model.endpoint ?? settings.endpoint) === settings.endpoint;
  return isOperators && url.origin === new URL(settings.endpoint).origin ? settings.token : undefined;
}

function explain(response: Response, connection: HubConnection, hadToken: boolean): Error {
  const { model, settings } = connection;
  const { modelId, revision } = model;
  const { status } = response;
  const endpoint = endpointOf(connection);
  const isHub = new URL(response.url || endpoint).origin === new URL(endpoint).origin;
  const wantedToken =
    settings.token === undefined
      ? 'set HF_TOKEN to a token of an account that may read it'
      : hadToken
        ? 'the account of the token in HF_TOKEN may not read it'
        : `HF_TOKEN is sent to ${settings.endpoint} only; let HF_ENDPOINT name ${endpoint} if it is meant for that`;
  if (isHub && status === 401) {
    return new HubRefusal(
      `${endpoint} does not show ${modelId} (401): it is private or gated, or there is none of that name; ${wantedToken}`,
    );
  }
  if (isHub && status === 403) {
    const place = `${endpoint}/${modelId}`;
    return new HubRefusal(`${modelId} is gated (403): ask for access at ${place}; ${wantedToken}`);
  }
  if (isHub && status === 404) {
    const isRevision = response.headers.get('x-error-code') === 'RevisionNotFound';
    return new HubRefusal(
      isRevision
        ? `${modelId} at ${endpoint} has no revision ${revision}; correct it`
        : `there is no ${modelId} at ${endpoint}, or not all of it (404); correct the name`,
    );
  }
  const pauseMs = readRetryAfter(response.headers.get('retry-after'));
  if (status === 429) {
    const seconds = Math.ceil(pauseMs / 1000);
    const problem = `${endpoint} has too many requests (429) and asks to wait ${seconds} s; try again then, or set HF_TOKEN`;
    return pauseMs > longestPauseMs ? new HubRefusal(problem) : new HubUnreachable(problem, { pauseMs });
  }
  const { origin, pathname } = new URL(response.url || endpoint); // without the signature that a query may be
  const problem = `${origin} answered ${status} for ${pathname.slice(0, 200)}; try again later`;
  // Where the hub leads to, an address that has run out is no longer known; the hub gives another one.
  if (isHub && status < 500 && status !== 408) return new HubRefusal(problem);
  return new HubUnreachable(problem, { pauseMs: Math.min(pauseMs, longestPauseMs) });
}

async function readAll(response: Response, endpoint: string): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > longestAnswerBytes)
        throw new HubRefusal(`${endpoint} answers with more than ${longestAnswerBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof HubRefusal) throw cause;
    throw new HubUnreachable(`${endpoint} broke off its answer: ${reasonOf(cause)}`, { cause });
  }
  return Buffer.concat(chunks);
}
