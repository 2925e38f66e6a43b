/** Server-Sent Events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
import type { ErrorBody } from '../errors.ts';
import { isParcelOf } from './io-types.ts';
import { type EventParcel, serverEvent } from './server-event.ts';

/** One item of a stream as one event. */
export function toItemEvent(item: unknown): string {
  if (!isParcelOf(serverEvent, item)) return `data: ${JSON.stringify(item) ?? 'null'}\n\n`; // JSON has no raw line breaks
  const [, data, { event, id, retryMs }] = item as EventParcel;
  const named = event === undefined || event === 'message' ? '' : `event: ${event}\n`; // checked when the event was made
  const numbered = id === undefined ? '' : `id: ${id}\n`;
  const timed = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
  return `${named}${numbered}${timed}data: ${JSON.stringify(data) ?? 'null'}\n\n`;
}

/** The last event of a stream that failed midway. */
export function toErrorEvent(body: ErrorBody): string {
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

/** The last event of a stream that came to its end: without it the stream was cut. */
export const endEvent = 'event: end\ndata: null\n\n';
