/** The bytes of a file: in memory, or on disk where they are too many for it. */

/** A file on this machine; whoever it was made for removes it. */
export interface FileOnDisk {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
  /** What it begins with, which tells its kind. */
  readonly head: Uint8Array;
}

/** The bytes of a file, wherever they are. */
export type FileContent = Uint8Array<ArrayBuffer> | FileOnDisk;

/** Writes bytes to disk, for another process. */
export type KeepOnDisk = (content: Uint8Array | Blob) => Promise<FileOnDisk>;

/** Gets at a file on disk: as its bytes, or as a `Blob` that reads them when they are asked for. */
export type OpenFile = (file: FileOnDisk, wanted: 'bytes' | 'blob') => Promise<Uint8Array<ArrayBuffer> | Blob>;

/** More bytes than these cross on disk. */
export const largestInMemoryBytes = 1024 * 1024;

/** How much of a file its `head` has at least, if it is that long. */
export const headBytes = 64;

/** Whether it is on disk. */
export function isOnDisk(content: FileContent | Uint8Array | string): content is FileOnDisk {
  return typeof content === 'object' && 'path' in content;
}

/** How many bytes it has. */
export function sizeOfContent(content: FileContent): number {
  return isOnDisk(content) ? content.size : content.byteLength;
}

/** What a file begins with. */
export function headOf(content: FileContent): Uint8Array {
  return isOnDisk(content) ? content.head : content.subarray(0, headBytes);
}

/** The bytes of a file that is in memory, or was brought there. */
export function inMemory(content: FileContent): Uint8Array<ArrayBuffer> {
  if (isOnDisk(content)) throw new Error(`the file ${content.path} was not read before it was written`);
  return content;
}

/** The bytes as they cross; writes many to disk, if there is where. */
export function toContent(
  bytes: Uint8Array<ArrayBuffer>,
  keep: KeepOnDisk | undefined,
): FileContent | Promise<FileContent> {
  return keep && bytes.byteLength > largestInMemoryBytes ? keep(bytes) : bytes;
}
