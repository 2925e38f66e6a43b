/**
 * Memory that a gateway shares with one worker: large values go through it, and only what is around them through the
 * line, which takes them in pieces of 64 KiB and copies them twice at each end. docs/decisions/0058-shared-memory.md
 */
import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { DefaultDeserializer, DefaultSerializer } from 'node:v8';

/** Less crosses on the line, which is as fast then. */
export const leastSharedBytes = 64 * 1024;

/** What bounds a shared memory. */
export interface SharedLimits {
  /** What may lie in one direction at once; what finds no room crosses on the line. */
  readonly limitBytes: number;
  /** As much stays with the processes once it has been used, for those that come next. */
  readonly keptBytes: number;
}

const defaultLimits: SharedLimits = { limitBytes: 256 * 1024 * 1024, keptBytes: 32 * 1024 * 1024 };

const folder = '/dev/shm'; // of Linux: its files never leave memory

/** The gateway's end, and the descriptors that its worker has to inherit. */
export interface OpenedMemory {
  readonly memory: SharedMemory;
  readonly toWorker: number;
  readonly toGateway: number;
}

/** Makes two files without a name, one for each direction; gives nothing where there is no such memory. */
export function openSharedMemory(): OpenedMemory | undefined {
  if (process.platform !== 'linux') return undefined;
  const opened: number[] = [];
  const open = () => {
    const path = `${folder}/bentots-${randomUUID()}`;
    const descriptor = openSync(path, 'wx+', 0o600);
    opened.push(descriptor);
    unlinkSync(path); // nothing is left of it once both processes have ended
    return descriptor;
  };
  try {
    const [toWorker, toGateway] = [open(), open()];
    return { memory: createSharedMemory(toWorker, toGateway), toWorker, toGateway };
  } catch {
    for (const descriptor of opened) closeSync(descriptor);
    return undefined; // everything crosses on the line
  }
}

/** One end of the shared memory. */
export interface SharedMemory {
  /** Serializes a message, whose large bytes go into the memory; undefined where that would gain nothing. */
  pack(message: unknown): Uint8Array | undefined;
  /**
   * Makes the message again; its bytes are copied out.
   * @throws RangeError if what it names does not lie there.
   */
  unpack(packed: Uint8Array): unknown;
  /** The places that have been copied out since this was asked last, to be told to the other end. */
  takeDone(): readonly number[] | undefined;
  /** Whether they are so many bytes that the other end should hear of it now, and not with what is sent next. */
  readonly owesMuch: boolean;
  /** The other end has copied out what lay there. */
  release(places: readonly number[]): void;
  /** Closes the files: nothing is packed any more, nor unpacked. */
  close(): void;
}

/**
 * The end of one process.
 * @param own descriptor of the file that it writes.
 * @param others descriptor of the file that the other process writes.
 */
export function createSharedMemory(own: number, others: number, limits = defaultLimits): SharedMemory {
  const shelf = createShelf(own, limits);
  let done: number[] = [];
  let doneBytes = 0;
  let isOpen = true;
  const take = (at: number, byteLength: number) => {
    if (!isOpen) throw new RangeError('the shared memory is closed');
    if (byteLength > limits.limitBytes) throw new RangeError(`no value has ${byteLength} bytes in the shared memory`);
    const bytes = readWhole(others, at, byteLength);
    done.push(at);
    doneBytes += byteLength;
    return bytes;
  };
  return {
    pack(message) {
      if (!isOpen || !holdsLarge(message, { objects: mostObjects })) return undefined;
      const packer = new Packer(shelf);
      try {
        packer.writeHeader();
        packer.writeValue(message);
        return packer.releaseBuffer();
      } catch (error) {
        shelf.release(packer.places);
        throw error;
      }
    },
    unpack(packed) {
      const unpacker = new Unpacker(packed as Buffer, take); // any view does
      unpacker.readHeader();
      return unpacker.readValue();
    },
    takeDone() {
      if (done.length === 0) return undefined;
      const all = done;
      done = [];
      doneBytes = 0;
      return all;
    },
    get owesMuch() {
      return doneBytes > limits.keptBytes;
    },
    release(places) {
      if (isOpen) shelf.release(places);
    },
    close() {
      if (!isOpen) return;
      isOpen = false; // the descriptors may soon be of other files
      closeSync(own);
      closeSync(others);
    },
  };
}

const mostObjects = 200;
const mostItems = 20;

/** Whether large bytes are among the first things in a message: looking at all of it would cost more than it gains. */
function holdsLarge(value: unknown, left: { objects: number }): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (ArrayBuffer.isView(value)) return value.byteLength >= leastSharedBytes;
  left.objects--;
  if (left.objects < 0) return false;
  const inner: readonly unknown[] = Array.isArray(value) ? value.slice(0, mostItems) : Object.values(value);
  return inner.some((one) => holdsLarge(one, left));
}

/** Where values lie in the file of this process until the other one has copied them out. */
interface Shelf {
  /** Gives the place; undefined where there is no room. */
  put(bytes: Uint8Array): number | undefined;
  release(places: readonly number[]): void;
}

function createShelf(descriptor: number, { limitBytes, keptBytes }: SharedLimits): Shelf {
  const used: { readonly at: number; readonly end: number }[] = []; // in the order of their places
  let sizeBytes = 0;
  return {
    put(bytes) {
      let at = 0;
      let index = 0;
      for (const one of used) {
        if (at + bytes.length <= one.at) break; // the lowest gap, so that the same memory is used again
        at = one.end;
        index++;
      }
      const end = at + bytes.length;
      if (end > limitBytes) return undefined;
      sizeBytes = Math.max(sizeBytes, end);
      if (!writeWhole(descriptor, bytes, at)) return undefined;
      used.splice(index, 0, { at, end });
      return at;
    },
    release(places) {
      for (const place of places) {
        const index = used.findIndex(({ at }) => at === place);
        if (index >= 0) used.splice(index, 1);
      }
      if (used.length > 0 || sizeBytes <= keptBytes) return;
      ftruncateSync(descriptor, 0);
      sizeBytes = 0;
    },
  };
}

/** Says whether there was room. */
function writeWhole(descriptor: number, bytes: Uint8Array, at: number): boolean {
  try {
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(descriptor, bytes, written, bytes.length - written, at + written);
    }
    return true;
  } catch {
    return false; // containers often have 64 MB of it
  }
}

function readWhole(descriptor: number, at: number, byteLength: number): ArrayBuffer {
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  let read = 0;
  while (read < byteLength) {
    const more = readSync(descriptor, bytes, read, byteLength - read, at + read);
    if (more === 0) throw new RangeError(`the shared memory ends before ${at + byteLength}`);
    read += more;
  }
  return bytes.buffer;
}

const kinds = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
] as const;

/** What Node's own serializers do with views, which its types leave out. */
const inherited = {
  write: (DefaultSerializer.prototype as unknown as { _writeHostObject(view: ArrayBufferView): void })._writeHostObject,
  read: (DefaultDeserializer.prototype as unknown as { _readHostObject(): ArrayBufferView })._readHostObject,
};

const onTheLine = 0; // any other number is one more than the index of the kind

class Packer extends DefaultSerializer {
  readonly places: number[] = [];
  readonly #shelf: Shelf;

  constructor(shelf: Shelf) {
    super();
    this.#shelf = shelf;
  }

  _writeHostObject(view: ArrayBufferView): void {
    const kind = kinds.indexOf(view.constructor as (typeof kinds)[number]);
    const isLarge = kind >= 0 && view.byteLength >= leastSharedBytes;
    const at = isLarge ? this.#shelf.put(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)) : undefined;
    if (at === undefined) {
      this.writeUint32(onTheLine);
      inherited.write.call(this, view);
      return;
    }
    this.places.push(at);
    this.writeUint32(kind + 1);
    this.writeDouble(at);
    this.writeDouble(view.byteLength);
  }
}

class Unpacker extends DefaultDeserializer {
  readonly #take: (at: number, byteLength: number) => ArrayBuffer;

  constructor(packed: Buffer, take: (at: number, byteLength: number) => ArrayBuffer) {
    super(packed);
    this.#take = take;
  }

  _readHostObject(): ArrayBufferView {
    const kind = this.readUint32();
    if (kind === onTheLine) return inherited.read.call(this);
    const View = kinds[kind - 1];
    if (!View) throw new RangeError(`the shared memory has no values of the kind ${kind}`);
    const at = this.readDouble();
    return new View(this.#take(at, this.readDouble()));
  }
}
