/** Reads the entries of an archive, one after the other; what it begins with says how it is packed, not its name. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable, type Transform } from 'node:stream';
import { crc32, createGunzip, createZstdDecompress } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { type ArchiveEntry, noBytes } from './archive-entry.ts';

/**
 * Opens an archive: tar, plain or packed with gzip, xz or zstd, or zip.
 * @throws Error in one sentence, here or while the entries are read, if it is none or is broken.
 */
export async function* readArchive(file: string): AsyncGenerator<ArchiveEntry> {
  const start = await readStart(file);
  const begins = (hex: string) => start.subarray(0, hex.length / 2).equals(Buffer.from(hex, 'hex'));
  if (begins('504b0304') || begins('504b0506')) yield* readZip(file);
  else if (begins('1f8b')) yield* readTar(file, createGunzip());
  else if (begins('28b52ffd')) yield* readTar(file, createZstdDecompress());
  else if (begins('fd377a585a00')) yield* readTar(file, 'xz');
  else if (start.subarray(257, 262).toString() === 'ustar' || isEnd(start)) yield* readTar(file);
  else if (begins('425a68'))
    throw new Error('it is packed with bzip2, which is not read; pack it with gzip, xz or zstd');
  else throw new Error('it is no archive: neither tar, plain or packed with gzip, xz or zstd, nor zip');
}

const blockBytes = 512; // of a tar

/** A tar with nothing in it has its end only: POSIX.1-2024, pax, "ustar Interchange Format". */
const isEnd = (start: Buffer) => start.length === blockBytes && start.every((byte) => byte === 0);

/** As much of a file as says what it is. */
export async function readStart(file: string): Promise<Buffer> {
  await using handle = await open(file);
  if (!(await handle.stat()).isFile()) throw new Error('it is no file');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(blockBytes), 0, blockBytes, 0);
  return buffer.subarray(0, bytesRead);
}

async function* readTar(file: string, packed?: Transform | 'xz'): AsyncGenerator<ArchiveEntry> {
  const archive = extract();
  const source = createReadStream(file, { highWaterMark: 1024 * 1024 });
  const plain = packed === 'xz' ? await unpackXz(source) : packed === undefined ? source : source.pipe(packed);
  const fail = (error: Error) => void archive.destroy(error);
  source.on('error', fail);
  plain.on('error', fail);
  plain.pipe(archive);
  try {
    for await (const entry of archive) yield toEntry(entry.header, entry as AsyncIterable<Uint8Array>); // a stream of bytes
  } finally {
    for (const stream of [source, plain]) stream.destroy();
    archive.destroy();
  }
}

async function unpackXz(source: Readable): Promise<Readable> {
  const { XzReadableStream } = (await import('xz-decompress')).default; // 70 KB of WebAssembly, for those who need it
  type Web = ConstructorParameters<typeof XzReadableStream>[0];
  const plain = new XzReadableStream(Readable.toWeb(source) as unknown as Web); // the same, in the types of browsers
  return Readable.fromWeb(plain as unknown as Parameters<typeof Readable.fromWeb>[0]);
}

const tarKinds: Readonly<Record<string, ArchiveEntry['kind']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  symlink: 'link',
  link: 'hard link',
};

function toEntry({ name, type, mode, linkname }: Header, bytes: AsyncIterable<Uint8Array>): ArchiveEntry {
  const kind = tarKinds[String(type)] ?? 'other';
  return { kind, path: name, isExecutable: ((mode ?? 0) & 0o111) !== 0, target: linkname ?? '', bytes: () => bytes };
}

const longestTargetBytes = 4096;

async function* readZip(file: string): AsyncGenerator<ArchiveEntry> {
  // Names with a backslash, or that lead up, are refused with a word of why by whoever unpacks.
  const archive = await openPromise(file, { autoClose: false, strictFileNames: true, decodeStrings: true });
  try {
    for await (const entry of archive.eachEntry()) {
      const kind = kindInZip(entry);
      if (kind === 'link' && entry.uncompressedSize > longestTargetBytes) throw new Error('a link is too long');
      const target = kind === 'link' ? await readText(await bytesInZip(archive, entry)) : '';
      yield {
        kind,
        path: entry.fileName,
        isExecutable: (modeInZip(entry) & 0o111) !== 0,
        target,
        bytes: kind === 'file' ? () => checkedBytes(archive, entry) : noBytes,
      };
    }
  } finally {
    archive.close();
  }
}

/** The upper half is that of Unix where a program of Unix wrote it: 4.4.2 and 4.4.15 of PKWARE's APPNOTE. */
function modeInZip({ versionMadeBy, externalFileAttributes }: Entry): number {
  return versionMadeBy >> 8 === 3 ? externalFileAttributes >>> 16 : 0;
}

function kindInZip(entry: Entry): ArchiveEntry['kind'] {
  const type = modeInZip(entry) & 0o170000;
  if (type === 0o120000) return 'link';
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'other';
  return entry.fileName.endsWith('/') ? 'folder' : 'file';
}

async function bytesInZip(archive: ZipFile, entry: Entry): Promise<Readable> {
  if (entry.isEncrypted()) throw new Error(`${JSON.stringify(entry.fileName)} is encrypted, which is not read`);
  return archive.openReadStreamPromise(entry);
}

async function* checkedBytes(archive: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of (await bytesInZip(archive, entry)) as AsyncIterable<Uint8Array>) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== entry.crc32)
    throw new Error(`the bytes of ${JSON.stringify(entry.fileName)} are not those of its checksum`);
}

async function readText(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(bytes)).toString('utf8');
}
