/** A value, a stream or an error → status, headers, bytes. */
import { once } from 'node:events';
import { type ServerResponse, validateHeaderValue } from 'node:http';
import { type ErrorBody, ServiceError, toAnswer } from '../../errors.ts';
import type { AnswerBody, AnswerForm } from '../../io/answer.ts';
import type { FileContent } from '../../io/file-content.ts';
import type { StreamForm } from '../../io/stream-form.ts';
import type { Cookie, Outcome, ResponseChanges } from '../../spec/invocation.ts';
import type { JsonSchema } from '../../spec/service-spec.ts';
import { findPart } from './find-part.ts';
import type { HttpInflow } from './inflow.ts';
import type { RangeHeaders } from './ranges.ts';
import { decideRetryAfter } from './retry-after.ts';
import { lengthOf, sendBody } from './send-body.ts';

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
  'x-bentoml-trace-id',
  'x-bentoml-stream',
]);

// Node sends a text in one piece with the head, which saves a short answer 1 µs and costs a long one a copy: 16 Ki
// characters outside ASCII take 88 µs so, and 71 µs as bytes. While a reader stalls, Node holds three bytes for each
// character of a text, and the text.
const shortTextLength = 8 * 1024;

interface ValueOptions {
  readonly form: AnswerForm;
  /** How long a file may take to be read on, on the caller's side. */
  readonly idleMs: number;
  /** Headers of the request. */
  readonly asked: RangeHeaders;
}

/**
 * Answers with one value; takes time only where that is a file.
 * @throws ServiceError `OUTPUT_INVALID` if the value cannot be written, `CANCELLED` if the caller left, `RANGE_INVALID` if
 * it asked for a part that is not there.
 */
export function writeValue(
  response: ServerResponse,
  outcome: Extract<Outcome, { kind: 'value' }>,
  given: HeaderMap,
  { form, idleMs, asked }: ValueOptions,
): void | Promise<void> {
  const encode = (value: unknown) => form.encode(value as never); // checked against the schema that the form was chosen for
  const body = toPayload(writeWith(encode, outcome.value));
  // A copy: what cannot be sent must not be in the way of the error that says so.
  const { status, headers } = applyChanges(outcome.response, {
    ...given,
    'content-type': form.mediaTypeOf?.(outcome.value as never, body) ?? form.mediaType,
    ...form.headersOf?.(outcome.value as never),
  });
  if (bodylessStatuses.has(status)) {
    delete headers['content-type'];
    sendHead(response, status, headers);
    response.end();
    return;
  }
  const send = (part: AnswerBody, code: number) => {
    headers['content-length'] = String(lengthOf(part));
    sendHead(response, code, headers);
    return sendBody(response, part, idleMs);
  };
  if (!form.hasRanges || status !== 200) return send(body, status);
  return findPart(body as FileContent, asked, headers, given).then(({ part, range }) => send(part, range ? 206 : 200));
}

function toPayload<T extends AnswerBody>(encoded: T): T | Buffer {
  return typeof encoded === 'string' && encoded.length > shortTextLength ? Buffer.from(encoded) : encoded;
}

// RFC 9110 sections 8.6 and 15: no content, and no length of it.
const bodylessStatuses = new Set([204, 205, 304]);

// A type such as `unknown` lets values through that JSON has no word for.
function writeWith<T>(write: (value: unknown) => T, value: unknown): T {
  try {
    return write(value);
  } catch (cause) {
    throw new ServiceError('OUTPUT_INVALID', {}, { cause });
  }
}

interface StreamOptions {
  readonly form: StreamForm;
  /** In which the items came. */
  readonly itemForm: AnswerForm;
  /** Of one item. */
  readonly schema: JsonSchema;
  /** How long the stream may stand still, on either side. */
  readonly idleMs: number;
  /** What comes while the stream goes out: it stands still only where both do. */
  readonly inflow?: HttpInflow;
  /** Told what ended the stream early. */
  onFailure(error: unknown): void;
}

/** Answers with a stream. */
export async function writeItems(
  response: ServerResponse,
  outcome: Extract<Outcome, { kind: 'items' }>,
  headers: HeaderMap,
  options: StreamOptions,
): Promise<void> {
  const { form, itemForm, schema, idleMs, inflow } = options;
  const write = form.createWriter(itemForm, schema);
  const groups = outcome.groups[Symbol.asyncIterator]();
  try {
    const { mediaType, mark } = form;
    const base = mediaType === '' ? { ...headers } : { ...headers, 'content-type': mediaType };
    const marked = mark === undefined ? base : { ...base, 'x-bentoml-stream': mark };
    const { status, headers: changed } = applyChanges(outcome.response, marked);
    sendHead(response, status, changed);
    if (form.isHeadFirst) response.flushHeaders();
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
    if (group.done !== true) writeGroup(response, group.value, form, write);
    return group.done === true;
  };
  const giveUp = (reason: ServiceError) => {
    stop.abort(reason);
    void groups.return?.(); // ends a `next` that is waiting
  };
  const giveUpIdle = () => {
    const isCallers = inflow?.isWaiting === true && !isReaderStalled;
    giveUp(
      isCallers
        ? new ServiceError('ITEM_TIMEOUT', { limitMs: idleMs })
        : new ServiceError('TIMEOUT', { timeoutMs: idleMs }),
    );
  };
  const idle = setTimeout(giveUpIdle, idleMs);
  if (inflow) inflow.onMove = () => void idle.refresh();
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
    response.end(form.end);
  } catch (error) {
    void groups.return?.();
    options.onFailure(error);
    if (isReaderStalled || !response.writable) response.destroy();
    else writeFailure(response, form, error);
  } finally {
    if (inflow) inflow.onMove = undefined;
    clearTimeout(idle);
  }
}

/** Last words tell the caller what happened; where the form has none, only a cut connection can say that the end is missing. */
function writeFailure(response: ServerResponse, form: StreamForm, error: unknown): void {
  const words = form.failure(toSayable(toAnswer(error).body));
  if (form.saysItsEnd) response.end(words);
  else if (words.length === 0) response.destroy();
  else response.write(words, () => response.destroy());
}

function writeGroup(
  response: ServerResponse,
  items: readonly unknown[],
  { isChunkAnItem }: StreamForm,
  write: (item: unknown) => string | Uint8Array,
): void {
  response.socket?.cork(); // several chunks, one write to the socket
  let text = ''; // of items that may share a chunk
  const flush = () => {
    if (text.length > 0) response.write(toPayload(text)); // an empty chunk would end the message
    text = '';
  };
  try {
    for (const item of items) {
      const written = writeWith(write, item);
      if (typeof written !== 'string') {
        flush();
        if (written.length > 0) response.write(written);
      } else {
        text += written;
        if (isChunkAnItem) flush();
      }
    }
  } finally {
    flush(); // what came before one that cannot be written was good
    response.socket?.uncork();
  }
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
  const payload = Buffer.from(JSON.stringify(toSayable(body)));
  headers['content-type'] = 'application/json';
  headers['content-length'] = String(payload.length);
  if (retry && (status === 503 || status === 429)) headers['retry-after'] ??= String(decideRetryAfter(retryAfterMs));
  sendHead(response, status, headers);
  response.end(payload);
}

function toSayable(body: ErrorBody): ErrorBody {
  if (body.detail.length === 0) return body;
  try {
    JSON.stringify(body.detail);
    return body;
  } catch {
    return { ...body, detail: [] }; // an author's details may hold what JSON cannot say
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
  const setCookies = [...changes.cookies.map(toSetCookie), ...(changes.setCookies ?? [])];
  for (const cookie of setCookies) validateHeaderValue('set-cookie', cookie);
  if (setCookies.length > 0) headers['set-cookie'] = setCookies;
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
