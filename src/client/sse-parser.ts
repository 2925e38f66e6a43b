/**
 * Server-Sent Events from bytes that may be split anywhere.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

/** One event that carries data. */
interface SseEvent {
  /** `message` unless the server named it. */
  readonly type: string;
  /** The lines of its data, joined by line feeds. */
  readonly data: string;
  /** Its own; a call never reconnects, so that those of others do not matter. */
  readonly id?: string;
  readonly retryMs?: number;
}

/** Collects bytes into events. An event that the end of the bytes cuts off is dropped, as the specification asks. */
export interface SseParser {
  push(bytes: Uint8Array): SseEvent[];
}

/** Creates a parser for one body. */
export function createSseParser(): SseParser {
  const decoder = new TextDecoder(); // drops one leading byte order mark
  let pieces: string[] = []; // of the line that is not complete; joined once, so that long lines stay linear
  let endedWithCr = false;
  let type = '';
  let data: string[] = [];
  let more: { id?: string; retryMs?: number } = {};

  const readLine = (line: string): SseEvent | undefined => {
    if (line === '') {
      const event = data.length > 0 ? { type: type || 'message', data: data.join('\n'), ...more } : undefined;
      type = '';
      data = [];
      more = {};
      return event;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') data.push(value);
    if (field === 'event') type = value;
    if (field === 'id' && !value.includes('\0')) more = { ...more, id: value };
    if (field === 'retry' && /^\d{1,15}$/.test(value)) more = { ...more, retryMs: Number(value) };
    return undefined;
  };

  return {
    push(bytes) {
      let text = decoder.decode(bytes, { stream: true });
      if (text === '') return [];
      if (endedWithCr && text[0] === '\n') text = text.slice(1);
      endedWithCr = text === '' ? false : text.endsWith('\r');
      const lines = text.split(/\r\n|\n|\r/);
      const rest = lines.pop() ?? '';
      const events: SseEvent[] = [];
      for (const line of lines) {
        const event = readLine(pieces.length > 0 ? pieces.join('') + line : line);
        pieces = [];
        if (event) events.push(event);
      }
      if (rest !== '') pieces.push(rest);
      return events;
    },
  };
}
