/** The items of a body that comes in pieces: as lines of JSON, as frames, or each piece as it is. */
import { ServiceError } from '../errors.ts';
import { frameHeadBytes, frameKinds } from './frames.ts';

/** One item as it was sent. */
export interface SentItem {
  readonly kind: 'json' | 'bytes';
  readonly content: Uint8Array;
  /** Where it stands, in the words of whoever sent it. */
  readonly where: string;
}

/** Puts items together from pieces that end anywhere. */
export interface ItemSplitter {
  /** @throws ServiceError `ITEM_TOO_LARGE`, `MALFORMED_BODY` */
  push(piece: Uint8Array): SentItem[];
  /** What the end of the body means. @throws ServiceError `MALFORMED_BODY` */
  finish(): SentItem[];
  /** Bytes of the item that is not complete. */
  readonly pendingBytes: number;
}

/** Pieces of one item, joined once, so that long items stay linear. */
function createPending() {
  let pieces: Uint8Array[] = [];
  let length = 0;
  return {
    get length() {
      return length;
    },
    add(piece: Uint8Array) {
      if (piece.length === 0) return;
      // A piece takes some 200 bytes beside its own: a caller who sends a byte at a time is not given 200 times the memory.
      if (pieces.length === 256) pieces = [join(pieces, length)];
      pieces.push(new Uint8Array(piece)); // of a Buffer, `slice` is no copy
      length += piece.length;
    },
    take(): Uint8Array {
      const [only] = pieces;
      const all = pieces.length === 1 && only ? only : join(pieces, length);
      pieces = [];
      length = 0;
      return all;
    },
  };
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const lineFeed = 0x0a;

/** Each line is an item; blank ones are none. */
export function createLineSplitter(limitBytes: number): ItemSplitter {
  const pending = createPending();
  let line = 1;
  const assertLength = (length: number) => {
    if (length > limitBytes) throw new ServiceError('ITEM_TOO_LARGE', { where: `line ${line}`, limitBytes });
  };
  const toItems = (content: Uint8Array): SentItem[] => {
    const where = `line ${line++}`;
    return isBlank(content) ? [] : [{ kind: 'json', content, where }];
  };
  return {
    get pendingBytes() {
      return pending.length;
    },
    push(piece) {
      const items: SentItem[] = [];
      let at = 0;
      for (let end = piece.indexOf(lineFeed); end >= 0; end = piece.indexOf(lineFeed, at)) {
        assertLength(pending.length + end - at);
        const rest = piece.subarray(at, end);
        if (pending.length > 0) pending.add(rest);
        items.push(...toItems(pending.length > 0 ? pending.take() : rest));
        at = end + 1;
      }
      assertLength(pending.length + piece.length - at);
      pending.add(piece.subarray(at));
      return items;
    },
    finish: () => (pending.length > 0 ? toItems(pending.take()) : []),
  };
}

// RFC 8259 section 2.
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Each frame is an item, up to one that says that it is the end. */
export function createFrameSplitter(limitBytes: number): ItemSplitter {
  const pending = createPending();
  let missing = frameHeadBytes; // bytes until something can be said
  let kind: 'json' | 'bytes' | 'end' | undefined; // known once the head is there
  let frame = 1;
  let isOver = false;

  const readHead = (head: Uint8Array) => {
    kind = kindOf(head[0] as number, frame); // there are five
    missing = new DataView(head.buffer, head.byteOffset).getUint32(1, true);
    if (missing > limitBytes) throw new ServiceError('ITEM_TOO_LARGE', { where: `frame ${frame}`, limitBytes });
  };

  return {
    get pendingBytes() {
      return pending.length;
    },
    push(piece) {
      const items: SentItem[] = [];
      let at = 0;
      while (at < piece.length || (missing === 0 && kind)) {
        if (isOver) throw malformed(`there is more after frame ${frame}, which says that it is the last`);
        const part = piece.subarray(at, at + missing);
        at += part.length;
        missing -= part.length;
        pending.add(part);
        if (missing > 0) break;
        const content = pending.take();
        if (!kind) {
          readHead(content);
          continue;
        }
        if (kind === 'end') isOver = true;
        else items.push({ kind, content, where: `frame ${frame++}` });
        kind = undefined;
        missing = frameHeadBytes;
      }
      return items;
    },
    finish() {
      if (pending.length > 0 || kind) throw malformed(`frame ${frame} is not complete`);
      return [];
    },
  };
}

function kindOf(byte: number, frame: number): 'json' | 'bytes' | 'end' {
  if (byte === frameKinds.json) return 'json';
  if (byte === frameKinds.bytes) return 'bytes';
  if (byte === frameKinds.end) return 'end';
  throw malformed(`frame ${frame} is of kind ${byte}, but must be of kind 0 (JSON), 1 (bytes) or 3 (the end)`);
}

function malformed(problem: string): ServiceError<'MALFORMED_BODY'> {
  return new ServiceError('MALFORMED_BODY', { problem: `the body is no sequence of frames: ${problem}` });
}

/** Each piece is an item as it comes. */
export function createPieceSplitter(): ItemSplitter {
  return {
    pendingBytes: 0,
    push: (content) => [{ kind: 'bytes', content, where: '' }],
    finish: () => [],
  };
}
