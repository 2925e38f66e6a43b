/** Writes a layer of an OCI image: the same bytes for the same files, whenever and wherever. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts';
import type { ArchiveSource } from '../../store/archive/archive-source.ts';
import { fillTar } from '../../store/archive/write-archive.ts';
import { createParallelGzip } from './parallel-gzip.ts';

/** A layer on this disk. */
export interface Layer {
  readonly descriptor: Descriptor;
  /** Digest of the tar before it is packed, which the configuration of an image has. */
  readonly diffId: string;
  readonly file: string;
  /** What it is, as the history of the image says it. */
  readonly title: string;
}

/**
 * @param entries with paths from the root, folders before what is in them.
 * @param options `isPacked` for what shrinks.
 */
export async function writeLayer(
  entries: readonly ArchiveSource[],
  file: string,
  { title, isPacked, signal }: { readonly title: string; readonly isPacked: boolean; readonly signal: AbortSignal },
): Promise<Layer> {
  const [plain, packed] = [measure(), measure()];
  const packer = pack();
  const gzip = isPacked ? createParallelGzip() : new PassThrough();
  const to = createWriteStream(file, { flags: 'wx' });
  const writing = pipeline(packer, plain.stream, gzip, packed.stream, to, { signal });
  const filling = fillTar(packer, entries).catch((error: Error) => {
    packer.destroy(error);
    throw error;
  });
  const [filled, written] = await Promise.allSettled([filling, writing]);
  signal.throwIfAborted();
  if (filled.status === 'rejected' && written.status === 'fulfilled') throw filled.reason;
  if (written.status === 'rejected') throw written.reason;
  const mediaType = isPacked ? mediaTypes.layer : mediaTypes.plainLayer;
  const { digest, size } = packed.result();
  return { descriptor: { mediaType, digest, size }, diffId: plain.result().digest, file, title };
}

function measure() {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ digest: `sha256:${hash.digest('hex')}`, size }) };
}
