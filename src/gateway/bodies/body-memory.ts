/** Memory for bodies that is used again and again: fresh memory has to be cleared by the system, and collected by V8. */

/** What is kept for the next bodies. */
export interface BodyMemory {
  /** Gives memory of that length, with whatever was in it before; undefined for lengths for which none is kept. */
  take(length: number): Uint8Array<ArrayBuffer> | undefined;
  /** Takes memory back that nobody looks at any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void;
}

const leastBytes = 128 * 1024; // smaller bodies come in one or two pieces
const mostBytes = 8 * 1024 * 1024;
const keptBytes = 32 * 1024 * 1024;

/** Makes one, with nothing in it. */
export function createBodyMemory(): BodyMemory {
  const kept = new Map<number, ArrayBuffer[]>(); // by their size, which is a power of two
  let total = 0;
  return {
    take(length) {
      if (!(length >= leastBytes && length <= mostBytes)) return undefined;
      const size = 2 ** Math.ceil(Math.log2(length));
      const buffer = kept.get(size)?.pop();
      if (buffer) total -= size;
      return new Uint8Array(buffer ?? Buffer.allocUnsafeSlow(size).buffer, 0, length);
    },
    giveBack({ buffer }) {
      const size = buffer.byteLength;
      if (size === 0 || total + size > keptBytes) return; // moved to a thread, or more than is worth keeping
      const ofSize = kept.get(size) ?? [];
      kept.set(size, ofSize);
      ofSize.push(buffer);
      total += size;
    },
  };
}
