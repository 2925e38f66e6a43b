/** A file that comes piece by piece, and is known by a checksum of all of it. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

/** A file with what there is of it so far. */
export interface HashedFile {
  readonly bytes: number;
  write(chunk: Uint8Array): Promise<void>;
  clear(): Promise<void>;
  /** Of what there is, in hexadecimal. */
  digest(): string;
}

/**
 * Sums up what there is already, to be gone on with.
 * @param options `startHash` makes the sum of nothing; a file that is larger than `sizeBytes` begins anew.
 * @param onBytes is told how many bytes there are, which may become fewer.
 */
export async function openHashed(
  handle: FileHandle,
  path: string,
  { sizeBytes, startHash = () => createHash('sha256') }: { readonly sizeBytes: number; startHash?(): Hash },
  onBytes: (bytes: number) => void,
): Promise<HashedFile> {
  let hash = startHash();
  let bytes = 0;
  const clear = async () => {
    await handle.truncate(0);
    hash = startHash();
    bytes = 0;
    onBytes(0);
  };
  if ((await handle.stat()).size > sizeBytes) await clear();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    hash.update(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
  }
  onBytes(bytes);
  return {
    get bytes() {
      return bytes;
    },
    async write(chunk) {
      for (let at = 0; at < chunk.byteLength; ) {
        const { bytesWritten } = await handle.write(chunk, at, chunk.byteLength - at, bytes + at);
        at += bytesWritten;
      }
      hash.update(chunk);
      bytes += chunk.byteLength;
      onBytes(bytes);
    },
    clear,
    digest: () => hash.copy().digest('hex'),
  };
}

/** Whether it was the disk that failed, and not whoever sends. */
export function isOfDisk(error: unknown): boolean {
  return (error as { syscall?: unknown } | undefined)?.syscall === 'write';
}
