/** Writes files as one archive, the same bytes for the same files; a file at a time, whatever their size. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PassThrough, type Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { ZipFile } from 'yazl';
import { ServiceError } from '../../errors.ts';
import type { ArchiveSource } from './archive-source.ts';
import type { ArchiveFormat } from './format.ts';
import { createXzStore } from './xz.ts';

type Sources = AsyncIterable<ArchiveSource> | Iterable<ArchiveSource>;

const epoch = new Date(0); // when the files were written says nothing about them

/** @throws what the disk has against it, and ServiceError `STORE_ITEM_INVALID` if a file changes while it is read. */
export async function writeArchive(entries: Sources, format: ArchiveFormat, to: Writable): Promise<void> {
  if (format === 'zip') return writeZip(entries, to);
  const packer = pack();
  const writing = pipeline(packer, packers[format](), to);
  const filling = fillTar(packer, entries).catch((error: Error) => {
    packer.destroy(error);
    throw error;
  });
  const [filled, written] = await Promise.allSettled([filling, writing]);
  if (filled.status === 'rejected' && isOwnFault(filled.reason)) throw filled.reason;
  if (written.status === 'rejected') throw written.reason;
}

/** The other end of a broken pipe only says that it is broken. */
const isOwnFault = (error: unknown) => !/premature|closed|destroyed/i.test(String(error));

const packers: Readonly<Record<Exclude<ArchiveFormat, 'zip'>, () => Transform>> = {
  tar: () => new PassThrough(),
  gz: () => createGzip(),
  zst: () => createZstdCompress(),
  xz: createXzStore,
};

/** Writes the entries into a tar, and ends it. */
export async function fillTar(packer: Pack, entries: Sources): Promise<void> {
  for await (const entry of entries) {
    const { owner = 0 } = entry;
    const base = { name: entry.path, mtime: epoch, uid: owner, gid: owner };
    if (entry.kind === 'text')
      await addToTar(packer, { ...base, mode: modeOf(entry), size: Buffer.byteLength(entry.text) }, [
        Buffer.from(entry.text),
      ]);
    else if (entry.kind === 'folder')
      await addToTar(packer, { ...base, name: `${entry.path}/`, mode: 0o755, type: 'directory' }, []);
    else if (entry.kind === 'link')
      await addToTar(packer, { ...base, mode: 0o777, type: 'symlink', linkname: entry.target }, []);
    else
      await addToTar(
        packer,
        { ...base, mode: modeOf(entry), size: entry.sizeBytes },
        checkedBytes(entry.file, entry.sizeBytes),
      );
  }
  packer.finalize();
}

const modeOf = ({ isExecutable = false }: { readonly isExecutable?: boolean }) => (isExecutable ? 0o755 : 0o644);

async function addToTar(
  packer: Pack,
  header: Parameters<Pack['entry']>[0],
  bytes: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<void> {
  const isFile = header.type === undefined; // before it is filled in
  const done = Promise.withResolvers<void>();
  const sink = packer.entry(header, (error) => (error ? done.reject(error) : done.resolve()));
  sink.on('error', done.reject); // it tells some errors in no other way
  done.promise.catch(() => {}); // it is awaited below, perhaps too late for Node
  for await (const chunk of bytes) {
    if (!sink.write(chunk))
      await Promise.race([new Promise<void>((resume) => sink.once('drain', resume)), done.promise]);
  }
  if (isFile) sink.end(null); // nothing more, in the types of streamx
  await done.promise;
}

const pieceBytes = 1024 * 1024;

/** The header before them says how many there are. */
async function* checkedBytes(file: string, sizeBytes: number): AsyncGenerator<Buffer> {
  if (sizeBytes <= pieceBytes) {
    const bytes = await readFile(file); // a stream for each of thousands of small files takes ten times as long
    if (bytes.length !== sizeBytes) throw changed(file);
    yield bytes;
    return;
  }
  let count = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: pieceBytes }) as AsyncIterable<Buffer>) {
    count += chunk.length;
    if (count > sizeBytes) throw changed(file);
    yield chunk;
  }
  if (count < sizeBytes) throw changed(file);
}

const changed = (place: string, cause?: unknown) =>
  new ServiceError('STORE_ITEM_INVALID', { place, problem: 'it changed while it was read; try again' }, { cause });

async function writeZip(entries: Sources, to: Writable): Promise<void> {
  const archive = new ZipFile();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {}); // it is raced below
  (archive as unknown as NodeJS.EventEmitter).on('error', (error: Error) =>
    failed.reject(/unexpected number of bytes/.test(error.message) ? changed('a file of it', error) : error),
  );
  for await (const entry of entries) {
    const options = { mtime: epoch };
    if (entry.kind === 'text') archive.addBuffer(Buffer.from(entry.text), entry.path, { ...options, mode: 0o100644 });
    else if (entry.kind === 'folder') archive.addEmptyDirectory(entry.path, { ...options, mode: 0o040755 });
    else if (entry.kind === 'link')
      archive.addBuffer(Buffer.from(entry.target), entry.path, { ...options, mode: 0o120777 });
    else archive.addFile(entry.file, entry.path, { ...options, mode: 0o100000 | modeOf(entry) });
  }
  archive.end();
  await Promise.race([pipeline(archive.outputStream, to), failed.promise]);
}
