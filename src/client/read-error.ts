/** Makes a `CallError` from an error answer, whichever of the known servers wrote it. */
import type { Violation } from '../errors.ts';
import { CallError, type CallErrorCode, rowOf } from './call-error.ts';
import { readText } from './read-body.ts';

/** Enough for 100 violations with their paths; the rest of a larger body is not fetched. */
const errorLimitBytes = 65_536;

/** Codes for answers that bring none, as those of Python servers. */
const codeOfStatus: Readonly<Record<number, CallErrorCode>> = {
  400: 'BAD_REQUEST',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'REQUEST_TIMEOUT',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'CONCURRENCY_EXCEEDED',
  500: 'INTERNAL',
  504: 'TIMEOUT',
};

/** Reads the body of an answer whose status is no success. */
export async function readError(
  response: Response,
  url: string,
  signal: AbortSignal,
  dateMs: number,
): Promise<CallError> {
  const { status, headers } = response;
  const text = await readText(response, errorLimitBytes, signal).catch(() => {
    signal.throwIfAborted();
    return ''; // the status says enough when the text is lost
  });
  const body = parseErrorBody(text);
  const summary = `${url} answered ${status}: ${body.plain ?? response.statusText}`;
  return new CallError(body.message ?? summary, {
    code:
      body.code ??
      (status === 400 && body.detail.length > 0 ? 'INVALID_INPUT' : codeOfStatus[status]) ??
      `HTTP_${status}`,
    url,
    status,
    detail: body.detail,
    requestId: requestIdOf(headers),
    retryAfterMs: parseRetryAfter(headers.get('retry-after'), dateMs),
  });
}

/** Makes the error that a stream announced after it had begun. */
export function toStreamError(data: string, url: string, requestId: string | undefined): CallError {
  const { message, code = 'INTERNAL', detail } = parseErrorBody(data);
  const text = message ?? `the stream from ${url} failed midway`;
  return new CallError(text, { code, url, detail, requestId, status: rowOf(code)?.http });
}

/** The server's id of a request. */
export function requestIdOf(headers: Headers): string | undefined {
  return headers.get('x-bentoml-request-id') ?? undefined;
}

/** Milliseconds to wait, from seconds or a date (RFC 9110 10.2.3). */
export function parseRetryAfter(value: string | null, dateMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const untilMs = Date.parse(value);
  return Number.isNaN(untilMs) ? undefined : Math.max(0, untilMs - dateMs);
}

interface ParsedBody {
  readonly message?: string;
  /** The whole body, if it is no JSON: as Python's router answers, or a proxy between. */
  readonly plain?: string;
  readonly code?: string;
  readonly detail: readonly Violation[];
}

function parseErrorBody(text: string): ParsedBody {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    const plain = text.trim();
    return plain === '' ? { detail: [] } : { plain: plain.slice(0, 200), detail: [] };
  }
  const [first = body] = Array.isArray(body) ? body : []; // Python servers answer `[{"error": …}]`
  if (typeof first === 'string') return { message: first, detail: [] };
  if (typeof first !== 'object' || first === null) return { detail: [] };
  const { error, code, detail } = first as { readonly [key: string]: unknown };
  return {
    ...(typeof error === 'string' && { message: error }),
    ...(typeof code === 'string' && { code }),
    detail: Array.isArray(detail) ? detail.filter(isViolation) : [],
  };
}

function isViolation(value: unknown): value is Violation {
  if (typeof value !== 'object' || value === null) return false;
  const { loc, msg, type } = value as { readonly [key: string]: unknown };
  return Array.isArray(loc) && typeof msg === 'string' && typeof type === 'string';
}
