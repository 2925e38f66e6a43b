/** The body of a request whose method takes it item by item: read as far as the method has come, and no further. */
import type { IncomingMessage } from 'node:http';
import { isServiceError, ServiceError } from '../../errors.ts';
import { toBytes } from '../../io/bytes.ts';
import {
  createFrameSplitter,
  createLineSplitter,
  createPieceSplitter,
  type ItemSplitter,
  type SentItem,
} from '../../io/item-splitter.ts';
import { parseJson } from '../../io/parse-json.ts';
import { framesMediaType, lineMediaTypes } from '../../io/stream-form.ts';
import type { InflowRoute } from '../../pool/inflow-route.ts';
import type { Route } from '../../pool/route.ts';
import type { Inflow } from '../../spec/invocation.ts';
import type { MemoryView } from '../bodies/body-reader.ts';
import { type Inflated, inflate } from '../bodies/inflate.ts';
import { mediaTypeOf, refusePickles } from '../bodies/media-type.ts';

/** What bounds a body that is read so; nothing bounds it as a whole. */
export interface InflowLimits {
  readonly itemLimitBytes: number;
  readonly itemCountLimit: number | undefined;
  readonly jsonDepthLimit: number;
}

/** The items of one request. */
export interface HttpInflow extends Inflow {
  /** The other arguments, which come first. @throws ServiceError as the items do */
  readOthers(): Promise<unknown[]>;
  /** Reads no more. */
  close(): void;
  /** Told whenever items were handed on. */
  onMove: (() => void) | undefined;
}

interface InflowDeps {
  readonly limits: InflowLimits;
  readonly memory: MemoryView;
  /** How long the caller may take to send the other arguments. */
  readonly idleMs: number;
}

/**
 * The items of a body that says by its content type that it has some; `undefined` where the body comes whole.
 *
 * Its groups throw ServiceError `INVALID_INPUT`, `MALFORMED_BODY`, `ITEM_TOO_LARGE`, `TOO_MANY_ITEMS`, `MEMORY_LOW`,
 * `CANCELLED`.
 */
export function openInflow(request: IncomingMessage, route: Route, deps: InflowDeps): HttpInflow | undefined {
  const splitter = chooseSplitter(request, route, deps.limits);
  return route.inflow && splitter && createInflow(request, route.inflow, splitter, deps);
}

function chooseSplitter(
  request: IncomingMessage,
  { inflow }: Route,
  { itemLimitBytes }: InflowLimits,
): ItemSplitter | undefined {
  if (!inflow) return undefined;
  const mediaType = mediaTypeOf(request.headers['content-type']);
  if ((lineMediaTypes as readonly string[]).includes(mediaType)) return createLineSplitter(itemLimitBytes);
  if (mediaType === framesMediaType) return createFrameSplitter(itemLimitBytes);
  return inflow.takesPieces && mediaType !== 'application/json' ? createPieceSplitter() : undefined;
}

const largeItemBytes = 256 * 1024;

function createInflow(
  request: IncomingMessage,
  route: InflowRoute,
  splitter: ItemSplitter,
  { limits, memory, idleMs }: InflowDeps,
): HttpInflow {
  const pieces = createPieceReader(inflate(request));
  let waiting: readonly SentItem[] = []; // items that came with the other arguments
  let waitingBytes = 0;
  let count = 0;
  let isOver = false;
  let isWaiting = false;

  /** What the next piece completes, perhaps nothing; undefined at the end. */
  const readItems = async (): Promise<{ items: readonly SentItem[]; bytes: number } | undefined> => {
    if (memory.isLow() && splitter.pendingBytes > largeItemBytes) throw new ServiceError('MEMORY_LOW', {});
    isWaiting = true;
    const piece = await pieces.next().finally(() => {
      isWaiting = false;
    });
    if (piece) return { items: splitter.push(piece), bytes: piece.length };
    if (isOver) return undefined;
    isOver = true;
    return { items: splitter.finish(), bytes: 0 };
  };

  const toValue = ({ kind, content, where }: SentItem): unknown => {
    if (kind === 'bytes') {
      if (route.takesBytes) return route.toBytes(toBytes(content));
      const problem = `invalid input: ${where} holds bytes, but the items are no bytes; send JSON`;
      throw new ServiceError('INVALID_INPUT', { problem });
    }
    return route.toItem(parse(content, where, limits.jsonDepthLimit), count, where);
  };

  const toGroup = (sent: readonly SentItem[], bytes: number) => {
    const items = sent.map((one) => {
      const item = toValue(one);
      count++;
      if (limits.itemCountLimit !== undefined && count > limits.itemCountLimit)
        throw new ServiceError('TOO_MANY_ITEMS', { limit: limits.itemCountLimit });
      return item;
    });
    route.assertCount(count, false);
    inflow.onMove?.();
    return { done: false as const, value: { items, bytes } };
  };

  const inflow: HttpInflow = {
    at: route.at,
    get isWaiting() {
      return isWaiting;
    },
    onMove: undefined,
    close: () => pieces.stop(new ServiceError('CANCELLED', {})),
    async readOthers() {
      refusePickles(mediaTypeOf(request.headers['content-type']));
      if (memory.isLow()) throw new ServiceError('MEMORY_LOW', {});
      if (!route.hasOthers) return route.toOthers({}, '');
      const late = setTimeout(() => pieces.stop(new ServiceError('ITEM_TIMEOUT', { limitMs: idleMs })), idleMs);
      try {
        for (;;) {
          const read = await readItems();
          const [first, ...rest] = read?.items ?? [];
          if (read && !first) continue;
          waiting = rest;
          waitingBytes = read?.bytes ?? 0;
          if (!first) return route.toOthers({}, 'the body');
          return route.toOthers(parse(first.content, first.where, limits.jsonDepthLimit), first.where);
        }
      } finally {
        clearTimeout(late);
      }
    },
    groups: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          if (waiting.length > 0) {
            const first = waiting;
            waiting = [];
            return toGroup(first, waitingBytes);
          }
          for (;;) {
            const read = await readItems();
            if (read && read.items.length > 0) return toGroup(read.items, read.bytes);
            if (read) continue;
            route.assertCount(count, true);
            return { done: true, value: undefined };
          }
        },
        async return() {
          inflow.close();
          return { done: true, value: undefined };
        },
      }),
    },
  };
  return inflow;
}

/** @throws ServiceError `MALFORMED_BODY` that says where. */
function parse(content: Uint8Array, where: string, depthLimit: number): unknown {
  try {
    return parseJson(content, depthLimit);
  } catch (cause) {
    if (!isServiceError(cause, 'MALFORMED_BODY')) throw cause;
    throw new ServiceError('MALFORMED_BODY', { problem: `${where}: ${cause.message}` }, { cause });
  }
}

interface PieceReader {
  /** The next piece; undefined at the end. Nothing is read from the connection before, but for one buffer. */
  next(): Promise<Uint8Array | undefined>;
  /** Ends a `next` that waits, and all that come later, with an error. */
  stop(reason: ServiceError): void;
}

/** Not `for await`, which would close the connection when it is left early. */
function createPieceReader({ source, failureOf, release }: Inflated): PieceReader {
  let wake: (() => void) | undefined;
  let failure: ServiceError | undefined;
  const rouse = () => wake?.();
  const stop = (reason: ServiceError) => {
    failure ??= reason;
    source.off('readable', rouse);
    release();
    rouse();
  };
  source.on('readable', rouse);
  source.once('end', rouse);
  source.once('error', (cause) => stop(failureOf(cause)));
  source.once('close', () => {
    if (source.readableEnded) rouse();
    else stop(new ServiceError('CANCELLED', {}));
  });
  return {
    stop,
    async next() {
      for (;;) {
        if (failure) throw failure;
        const piece = source.read() as Buffer | null; // it has no encoding
        if (piece) return piece;
        if (source.readableEnded) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
