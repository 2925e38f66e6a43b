/** Collects a file as it comes: in memory while it is small, on disk from then on. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { ServiceError } from '../../errors.ts';
import { type FileContent, headBytes, largestInMemoryBytes } from '../../io/file-content.ts';

/** A file that is being collected. */
export interface FileSink {
  readonly stream: Writable;
  /** How much has come so far. */
  readonly size: number;
  /** What it is, once the stream has finished. */
  content(): FileContent;
}

/** What the files of one request may still take of memory. */
export interface MemoryShare {
  leftBytes: number;
}

interface SinkOptions {
  readonly limitBytes: number;
  readonly share: MemoryShare;
  /** Where it may lie; asked for once, and only if it has to. */
  place(): string;
}

const writtenAtOnceBytes = 256 * 1024; // fewer and larger writes: each is a way to another thread and back
const joinAfterChunks = 256; // a Buffer object takes some 450 bytes, however little it holds

/** Creates a sink, whose stream fails with `BODY_TOO_LARGE` or `SPOOL_FAILED`. */
export function createFileSink({ limitBytes, share, place }: SinkOptions): FileSink {
  let chunks: Buffer[] = [];
  let size = 0;
  let opened: { readonly file: Promise<FileHandle>; readonly path: string } | undefined;
  let onDisk: { readonly file: FileHandle; readonly path: string; readonly head: Uint8Array } | undefined;

  const take = async (more: readonly Buffer[]): Promise<void> => {
    const before = size;
    for (const chunk of more) size += chunk.length;
    if (size > limitBytes) throw new ServiceError('BODY_TOO_LARGE', { limitBytes });
    if (!onDisk) {
      chunks.push(...more);
      share.leftBytes -= size - before;
      if (chunks.length > joinAfterChunks) chunks = [Buffer.concat(chunks)];
      if (size > largestInMemoryBytes || share.leftBytes < 0) await goToDisk();
      return;
    }
    await write(onDisk.file, more);
  };
  const goToDisk = async () => {
    const path = place();
    opened = { file: open(path, 'wx', 0o600), path };
    const file = await opened.file;
    onDisk = { file, path, head: new Uint8Array(Buffer.concat(chunks).subarray(0, headBytes)) };
    await write(file, chunks);
    chunks = [];
    share.leftBytes += size;
  };
  const close = async () => {
    if (!opened) return;
    const file = await opened.file.catch(() => undefined); // whoever writes is told
    await file?.close();
    if (file && !stream.writableFinished) await rm(opened.path, { force: true }); // others may have looked before it was there
  };
  const after = (work: Promise<void>, done: (error?: Error) => void) =>
    void work.then(
      () => done(),
      (cause) => done(cause instanceof ServiceError ? cause : new ServiceError('SPOOL_FAILED', {}, { cause })),
    );

  const stream = new Writable({
    highWaterMark: writtenAtOnceBytes,
    write: (chunk: Buffer, _, done) => after(take([chunk]), done),
    writev: (items, done) => after(take(items.map(({ chunk }) => chunk as Buffer)), done),
    destroy: (error, done) => void close().then(() => done(error), done),
  });
  return {
    stream,
    get size() {
      return size;
    },
    content() {
      if (onDisk) return { path: onDisk.path, size, head: onDisk.head };
      const bytes = Buffer.concat(chunks);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // a Buffer would stay one
    },
  };
}

/** What is collected in memory only. */
export interface MemorySink {
  readonly stream: Writable;
  readonly size: number;
  bytes(): Uint8Array;
}

/** Creates a sink for what is no file, whose stream fails with `FORM_TOO_LARGE`. */
export function createMemorySink(limitBytes: number): MemorySink {
  let chunks: Buffer[] = [];
  let size = 0;
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      size += chunk.length;
      chunks.push(chunk);
      if (chunks.length > joinAfterChunks) chunks = [Buffer.concat(chunks)];
      if (size <= limitBytes) return done();
      done(new ServiceError('FORM_TOO_LARGE', { problem: `a field of more than ${limitBytes} bytes` }));
    },
  });
  return {
    stream,
    get size() {
      return size;
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/** Writes all of it; the system may take less at a time. */
async function write(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytesWritten < length) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
