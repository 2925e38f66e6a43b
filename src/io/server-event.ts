/** `ServerEvent`: an item of a stream with what Server-Sent Events say beside their data. */
import type { IoType } from './io-type.ts';

const eventBrand = Symbol.for('bentots.server-event/1');

/** What an event may say beside its data. */
export interface ServerEventFields {
  /** What kind of event it is: a name in one line; `end` and `error` are ours, and `message` is what one without a name is. */
  readonly event?: string | undefined;
  /** What a reader that comes back sends as `Last-Event-ID`: one line without NUL. */
  readonly id?: string | undefined;
  /** How long a reader that lost the stream shall wait before it comes back, in whole milliseconds from 0. */
  readonly retryMs?: number | undefined;
}

/**
 * An item of a stream as an event: who asks for `text/event-stream` gets name, id and time to wait with the data; who
 * does not gets the data. It is the whole item: `AsyncIterable<ServerEvent<string>>`.
 *
 * @example
 * ```ts
 * @api() async *write(prompt: string): AsyncIterable<ServerEvent<string>> {
 *   for await (const token of this.#model.write(prompt)) yield new ServerEvent(token, { event: 'token' });
 * }
 * ```
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class ServerEvent<T> {
  readonly data: T;
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly retryMs: number | undefined;

  /** @throws TypeError or RangeError if a field cannot stand in an event. */
  constructor(data: T, { event, id, retryMs }: ServerEventFields = {}) {
    if (event !== undefined) assertName(event);
    if (id !== undefined && !isLine(id, /[\0\r\n]/))
      throw new TypeError(`the id of an event is ${show(id)}, but must be text in one line, without NUL`);
    if (retryMs !== undefined && !(Number.isSafeInteger(retryMs) && retryMs >= 0))
      throw new RangeError(`retryMs is ${show(retryMs)}, but must be a whole number of milliseconds from 0`);
    this.data = data;
    this.event = event;
    this.id = id;
    this.retryMs = retryMs;
    Object.defineProperty(this, eventBrand, { value: true });
  }
}

function assertName(event: string): void {
  if (!isLine(event, /[\r\n]/) || event === '')
    throw new TypeError(`the name of an event is ${show(event)}, but must be text in one line`);
  if (event === 'end' || event === 'error')
    throw new TypeError(
      `an event cannot be named "${event}": so is the one that tells how the stream ended; choose another name`,
    );
}

// A lone surrogate would be another character once it is sent.
function isLine(text: unknown, forbidden: RegExp): boolean {
  return typeof text === 'string' && !forbidden.test(text) && text.isWellFormed();
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}

/** The form in which an event crosses. */
export type EventParcel = readonly [mark: RegExp, data: unknown, fields: ServerEventFields];

export const serverEvent: IoType = {
  name: 'server-event',
  tags: [],
  read: (json) => [/server-event/, json, {}] satisfies EventParcel,
  write: ([, data]: EventParcel, inner) => inner(data), // only Server-Sent Events tell the rest
  parcel: {
    holds: (value) => eventBrand in value,
    pack({ data, event, id, retryMs }: ServerEvent<unknown>, fields) {
      fields.push(data, { event, id, retryMs } satisfies ServerEventFields);
    },
    unpack: ([data, fields]) => new ServerEvent(data, fields as ServerEventFields), // packed above
  },
  envelope: {
    open: ([, data]: EventParcel) => data,
    replace: ([mark, , fields]: EventParcel, data): EventParcel => [mark, data, fields],
  },
  typeText: (item, { inner, imported }) => `${imported('ServerEvent')}<${inner(item)}>`,
};
