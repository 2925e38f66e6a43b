/** A value, a stream or an error → status, headers, bytes. */
import { once } from 'node:events';
import { type ServerResponse, validateHeaderValue } from 'node:http';
import { type ErrorBody, ServiceError, toAnswer } from '../../errors.ts';
import type { AnswerForm } from '../../io/answer.ts';
import { endEvent, toErrorEvent, toItemEvent } from '../../io/server-sent-events.ts';
import type { Cookie, Outcome, ResponseChanges } from '../../spec/invocation.ts';
import { decideRetryAfter } from './retry-after.ts';

/** Headers by lower-case name. */
export type HeaderMap = Record<string, string | string[]>;

// Framing, connection and the link to the log are ours: an author's value for them would corrupt the message or mislead.
const keptHeaders = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'trailer',
  'te',
  'set-cookie',
  'date',
  'content-encoding',
  'x-bentoml-request-id',
  'x-bentoml-stream',
]);

// Node sends a text in one piece with the head, which saves a short answer 1 µs and costs a long one a copy: 16 Ki
// characters outside ASCII take 88 µs so, and 71 µs as bytes. While a reader stalls, Node holds three bytes for each
// character of a text, and the text.
const shortTextLength = 8 * 1024;

/**
 * Answers with one value.
 * @throws ServiceError `OUTPUT_INVALID` if the value cannot be written.
 */
export function writeValue(
  response: ServerResponse,
  outcome: Extract<Outcome, { kind: 'value' }>,
  form: AnswerForm,
  given: HeaderMap,
): void {
  const payload = toPayload(encodeWith(form, outcome.value));
  // A copy: what cannot be sent must not be in the way of the error that says so.
  const { status, headers } = applyChanges(outcome.response, {
    ...given,
    'content-type': form.mediaTypeOf?.(outcome.value as never) ?? form.mediaType,
  });
  if (bodylessStatuses.has(status)) {
    delete headers['content-type'];
    sendHead(response, status, headers);
    response.end();
    return;
  }
  headers['content-length'] = String(Buffer.byteLength(payload));
  sendHead(response, status, headers);
  response.end(payload);
}

function toPayload(encoded: string | Uint8Array): string | Uint8Array {
  return typeof encoded === 'string' && encoded.length > shortTextLength ? Buffer.from(encoded) : encoded;
}

// RFC 9110 sections 8.6 and 15: no content, and no length of it.
const bodylessStatuses = new Set([204, 205, 304]);

// A type such as `unknown` lets values through that JSON has no word for.
function encodeWith(form: AnswerForm, value: unknown): string | Uint8Array {
  try {
    return form.encode(value as never); // checked against the schema that the form was chosen for
  } catch (cause) {
    throw new ServiceError('OUTPUT_INVALID', {}, { cause });
  }
}

interface StreamOptions {
  readonly form: AnswerForm;
  /** Whether the caller asked for Server-Sent Events by name. */
  readonly asEvents: boolean;
  /** How long the stream may stand still, on either side. */
  readonly idleMs: number;
  /** Told what ended the stream early. */
  onFailure(error: unknown): void;
}

/** Answers with a stream, one HTTP chunk for each item: clients of the reference take a chunk for an item. */
export async function writeItems(
  response: ServerResponse,
  outcome: Extract<Outcome, { kind: 'items' }>,
  headers: HeaderMap,
  options: StreamOptions,
): Promise<void> {
  const { form, asEvents, idleMs } = options;
  const encode = asEvents ? toItemEvent : (item: unknown) => encodeWith(form, item);
  const groups = outcome.groups[Symbol.asyncIterator]();
  try {
    const base = { ...headers, 'content-type': 'text/event-stream; charset=utf-8' };
    const { status, headers: changed } = applyChanges(
      outcome.response,
      asEvents ? { ...base, 'x-bentoml-stream': 'sse' } : base,
    );
    sendHead(response, status, changed);
  } catch (error) {
    void groups.return?.(); // nobody will read it
    throw error;
  }
  const stop = new AbortController();
  let isReaderStalled = false;
  // A function of its own: while a reader stalls nothing holds the items beside their bytes.
  const writeNextGroup = async (): Promise<boolean> => {
    const group = await groups.next();
    stop.signal.throwIfAborted();
    if (group.done !== true) writeGroup(response, group.value, encode);
    return group.done === true;
  };
  const giveUp = (reason: ServiceError) => {
    stop.abort(reason);
    void groups.return?.(); // ends a `next` that is waiting
  };
  const idle = setTimeout(() => giveUp(new ServiceError('TIMEOUT', { timeoutMs: idleMs })), idleMs);
  response.once('close', () => giveUp(new ServiceError('CANCELLED', {})));
  try {
    for (;;) {
      const isEnd = await writeNextGroup();
      idle.refresh();
      if (isEnd) break;
      if (!response.writableNeedDrain) continue;
      isReaderStalled = true;
      await once(response, 'drain', { signal: stop.signal }).catch(() => stop.signal.throwIfAborted());
      isReaderStalled = false;
      idle.refresh();
    }
    response.end(asEvents ? endEvent : undefined);
  } catch (error) {
    void groups.return?.();
    options.onFailure(error);
    // An event tells the caller what happened; without events only a cut connection can say that the end is missing.
    if (asEvents && !isReaderStalled && response.writable) response.end(toErrorEvent(toAnswer(error).body));
    else response.destroy();
  } finally {
    clearTimeout(idle);
  }
}

function writeGroup(
  response: ServerResponse,
  items: readonly unknown[],
  encode: (item: unknown) => string | Uint8Array,
): void {
  response.socket?.cork(); // several chunks, one write to the socket
  for (const item of items) {
    const chunk = toPayload(encode(item));
    if (chunk.length > 0) response.write(chunk); // an empty chunk would end the message
  }
  response.socket?.uncork();
}

/**
 * Cuts the connection when a caller takes nothing of an answer for that long once all of it is there, so that it is not
 * kept for ever. Node counts every part that the operating system takes as a sign of life.
 */
export function cutIfUnread(response: ServerResponse, idleMs: number): void {
  response.once('prefinish', () => {
    if ((response.socket?.writableLength ?? 0) > 0) response.setTimeout(idleMs, () => response.destroy());
  });
}

/** Answers with an error. */
export function writeError(response: ServerResponse, error: unknown, headers: HeaderMap): void {
  const { status, body, retry, retryAfterMs } = toAnswer(error);
  const payload = Buffer.from(printError(body));
  headers['content-type'] = 'application/json';
  headers['content-length'] = String(payload.length);
  if (retry && (status === 503 || status === 429)) headers['retry-after'] ??= String(decideRetryAfter(retryAfterMs));
  sendHead(response, status, headers);
  response.end(payload);
}

function printError(body: ErrorBody): string {
  try {
    return JSON.stringify(body);
  } catch {
    return JSON.stringify({ ...body, detail: [] }); // an author's details may hold what JSON cannot say
  }
}

// Set one by one, so that the access log can read them back.
function sendHead(response: ServerResponse, status: number, headers: HeaderMap): void {
  response.statusCode = status;
  for (const name in headers) response.setHeader(name, headers[name] as string | string[]); // own keys only
}

function applyChanges(
  changes: ResponseChanges | undefined,
  headers: HeaderMap,
): { status: number; headers: HeaderMap } {
  if (!changes) return { status: 200, headers };
  for (const [name, value] of changes.headers) {
    if (keptHeaders.has(name)) continue;
    validateHeaderValue(name, value); // before anything of the answer is set
    headers[name] = value;
  }
  if (changes.cookies.length > 0) headers['set-cookie'] = changes.cookies.map(toSetCookie);
  return { status: changes.status ?? 200, headers };
}

// RFC 6265 section 4.1; the worker has checked every part.
function toSetCookie(cookie: Cookie): string {
  const { name, value, path = '/', sameSite = 'lax' } = cookie;
  const parts = [`${name}=${value}`, `Path=${path}`];
  if (cookie.maxAgeSeconds !== undefined) parts.push(`Max-Age=${Math.trunc(cookie.maxAgeSeconds)}`);
  if (cookie.expires !== undefined) parts.push(`Expires=${cookie.expires.toUTCString()}`);
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain}`);
  if (cookie.secure) parts.push('Secure');
  if (cookie.httpOnly) parts.push('HttpOnly');
  parts.push(`SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`);
  return parts.join('; ');
}
