/** An argument that comes item by item → a body that is sent while it comes. */
import { frameKinds, toFrame } from '../io/frames.ts';
import { framesMediaType } from '../io/stream-form.ts';

/** The body of one call; the items can be taken once. */
export interface ItemStream {
  readonly contentType: string;
  /** Whether an item was asked for by a connection: then the body cannot be sent again. */
  readonly hasBegun: boolean;
  /**
   * Resolves when there is something to send: a connection that waits for its first byte is closed sooner or later.
   * Rejects with what `items` throws.
   */
  ready(): Promise<void>;
  /** The body of one try. */
  open(): ReadableStream<Uint8Array>;
  /**
   * Asks for no more items; who gives them is told.
   * @param isAnswered whether the server wants no more: then the body ends in good order, and its connection can be kept.
   */
  close(isAnswered: boolean): void;
}

/** What is sent, and how. */
interface StreamedArgument {
  readonly items: AsyncIterable<unknown>;
  /** Of the form that the server takes. */
  readonly form: ItemForm;
  /** The other arguments, in JSON; undefined if the method has none. */
  readonly others: string | undefined;
  /** @throws TypeError if an item cannot be sent. */
  toJson(item: unknown, index: number): Promise<string>;
  /** Is told what `items` has thrown, which ends the call. */
  onFailure(error: unknown): void;
}

/** How items are written: bytes as they are where they are the whole body, else as frames; everything else as lines. */
export type ItemForm = 'pieces' | 'frames' | 'lines';

const contentTypes: Readonly<Record<ItemForm, string>> = {
  pieces: 'application/octet-stream',
  frames: framesMediaType,
  lines: 'application/x-ndjson',
};

/** Creates the body; nothing is asked of the items yet. */
export function createItemStream({ items, form, others, toJson, onFailure }: StreamedArgument): ItemStream {
  const encoder = new TextEncoder();
  const head = toHead(form, others);
  let iterator: AsyncIterator<unknown> | undefined;
  let held: Uint8Array | undefined;
  let index = 0;
  let hasBegun = false;
  let isOver = false;
  let body: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** The next piece of the body; undefined at its end. A chunk of nothing would be the end, too. */
  const read = async (): Promise<Uint8Array | undefined> => {
    iterator ??= items[Symbol.asyncIterator]();
    for (;;) {
      const { done, value } = await iterator.next();
      if (done) return undefined;
      const piece = form === 'lines' ? encoder.encode(`${await toJson(value, index)}\n`) : toBytes(value, index);
      index++;
      if (form === 'frames') return toFrame(frameKinds.bytes, piece);
      if (piece.length > 0) return piece;
    }
  };
  const pull = async (): Promise<void> => {
    const piece = held ?? (await read());
    held = undefined;
    if (isOver) return;
    if (piece) return body?.enqueue(piece);
    isOver = true;
    if (form === 'frames') body?.enqueue(toFrame(frameKinds.end, ''));
    body?.close();
  };
  const close = (isAnswered: boolean) => {
    if (isOver) return;
    isOver = true;
    if (isAnswered) body?.close();
    iterator?.return?.().then(undefined, () => {}); // the call is over; what it throws now is for nobody
  };
  return {
    contentType: contentTypes[form],
    close,
    get hasBegun() {
      return hasBegun;
    },
    async ready() {
      if (!head && !iterator) held = await read();
    },
    open() {
      let isFirst = true;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            body = controller;
          },
          async pull(controller) {
            const first = isFirst ? head : undefined;
            isFirst = false;
            if (first) return controller.enqueue(first);
            hasBegun = true;
            await pull().catch((error: unknown) => {
              onFailure(error);
              close(false);
              controller.error(error);
            });
          },
          cancel() {
            body = undefined;
            if (hasBegun) close(false);
          },
        },
        { highWaterMark: 0 },
      );
    },
  };
}

/** What can be sent before the first item: `fetch` sends nothing, not even headers, before it has some of the body. */
function toHead(form: ItemForm, others: string | undefined): Uint8Array | undefined {
  if (form === 'frames') return others === undefined ? undefined : toFrame(frameKinds.json, others);
  return form === 'lines' ? new TextEncoder().encode(`${others ?? ''}\n`) : undefined; // an empty line is no item
}

function toBytes(item: unknown, index: number): Uint8Array {
  if (item instanceof ArrayBuffer) return new Uint8Array(item);
  if (ArrayBuffer.isView(item)) return new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
  throw new TypeError(`item ${index} is no Uint8Array`);
}

/**
 * Whether `fetch` sends a body while it comes. Browsers do so over HTTP/2 only, and say nothing of the protocol before:
 * there it takes an address with https.
 * @see https://developer.chrome.com/docs/capabilities/web-apis/fetch-streaming-requests#feature_detection
 */
export function canStreamTo(href: string): boolean {
  if (typeof XMLHttpRequest === 'function' && !href.startsWith('https:')) return false;
  let isKnown = false;
  const init = {
    method: 'POST',
    body: new ReadableStream(),
    get duplex() {
      isKnown = true;
      return 'half' as const;
    },
  };
  const { headers } = new Request('http://localhost/', init);
  return isKnown && !headers.has('content-type'); // else the stream was taken for a text
}
