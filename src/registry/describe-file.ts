/** Says of a file on the disk what registries have to know of it: its digest and its size. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Descriptor } from './manifest.ts';
import type { BlobSource } from './registry.ts';

/** Reads the file once. */
export async function describeFile(file: string, mediaType: string, signal?: AbortSignal): Promise<Descriptor> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, ...(signal && { signal }) })) {
    hash.update(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
}

/** A file as a blob to be sent. */
export function toSource(descriptor: Descriptor, file: string): BlobSource {
  return { descriptor, open: (start) => createReadStream(file, { start, highWaterMark: 1024 * 1024 }) };
}
