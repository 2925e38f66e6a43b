/** Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { ErrorBody } from '../errors.ts';

/** One item of a stream as one event. */
export function toItemEvent(item: unknown): string {
  return `data: ${JSON.stringify(item) ?? 'null'}\n\n`; // JSON has no raw line breaks
}

/** The last event of a stream that failed midway. */
export function toErrorEvent(body: ErrorBody): string {
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

/** The last event of a stream that came to its end: without it the stream was cut. */
export const endEvent = 'event: end\ndata: null\n\n';
