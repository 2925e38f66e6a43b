/** Unpacks an archive or copies a folder into an empty folder; what could reach out of it is refused. */
import { link, mkdir, open, stat, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isServiceError, ServiceError } from '../../errors.ts';
import { isSystemError } from '../store-error.ts';
import { copyTree, linkFile, walkTree } from '../tree.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { createEntryGuard, type UnpackLimits, unpackLimits } from './guard-entries.ts';
import { readArchive } from './read-archive.ts';

interface UnpackOptions {
  readonly called?: string;
  readonly limits?: UnpackLimits;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fills an empty folder of ours with what is in an archive or in another folder.
 * @param options `called` names it in errors, where it is a copy of what the user means.
 * @throws ServiceError `ARCHIVE_INVALID`; errors of the disk that is written to pass as they are.
 */
export async function unpack(
  from: string,
  into: string,
  { called = from, limits = unpackLimits, signal }: UnpackOptions = {},
): Promise<void> {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('ARCHIVE_INVALID', { archive: called, problem }, { cause });
  const stats = await stat(from).catch((cause) => {
    throw refuse(isSystemError(cause, 'ENOENT') ? 'there is no such file or folder' : cause.message, cause);
  });
  try {
    if (stats.isDirectory()) await copyTree(from, into, signal);
    else await writeEntries(untilAborted(readArchive(from), signal), into, limits, stats.size);
    for await (const _ of walkTree(into)); // where links really lead
  } catch (error) {
    signal?.throwIfAborted();
    if (isServiceError(error, 'ARCHIVE_INVALID') || (isSystemError(error) && !isAbout(error, from))) throw error;
    throw refuse(error instanceof Error ? toProblem(error) : String(error), error);
  }
}

/**
 * Fills an empty folder of ours with entries from wherever they are.
 * @param options `packedBytes` is how large they are before they are unpacked.
 * @throws ServiceError `ARCHIVE_INVALID`; errors of the disk pass as they are.
 */
export async function unpackEntries(
  entries: AsyncIterable<ArchiveEntry>,
  into: string,
  {
    called,
    packedBytes,
    signal,
  }: { readonly called: string; readonly packedBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  try {
    await writeEntries(untilAborted(entries, signal), into, unpackLimits, packedBytes);
    for await (const _ of walkTree(into)); // where links really lead
  } catch (error) {
    signal.throwIfAborted();
    if (isServiceError(error, 'ARCHIVE_INVALID') || isSystemError(error)) throw error;
    const problem = error instanceof Error ? toProblem(error) : String(error);
    throw new ServiceError('ARCHIVE_INVALID', { archive: called, problem }, { cause: error });
  }
}

/** The same entries; of each the bytes end with an error once it is given up. */
async function* untilAborted(
  entries: AsyncIterable<ArchiveEntry>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ArchiveEntry> {
  for await (const entry of entries) {
    yield {
      ...entry,
      async *bytes() {
        for await (const chunk of entry.bytes()) {
          signal?.throwIfAborted();
          yield chunk;
        }
      },
    };
  }
}

const isAbout = (error: NodeJS.ErrnoException, file: string) => error.path === file;

/** What the libraries say of a broken archive, in words of ours. */
function toProblem(error: Error): string {
  if (/unexpected end|stream was destroyed/i.test(error.message)) return 'it ends before it should: it was cut off';
  return /is refused|^it /.test(error.message) || isServiceError(error)
    ? error.message
    : `it is broken: ${error.message}`;
}

async function writeEntries(
  entries: AsyncIterable<ArchiveEntry>,
  into: string,
  limits: UnpackLimits,
  packedBytes: number,
): Promise<void> {
  const check = createEntryGuard(limits, process.platform === 'win32');
  const links: (readonly [path: string, target: string])[] = [];
  const most = limits.freeBytes + limits.ratio * packedBytes;
  const count = { bytesLeft: most };
  for await (const entry of entries) {
    const { segments, target } = check(entry);
    const to = join(into, ...segments);
    await mkdir(entry.kind === 'folder' ? to : dirname(to), { recursive: true });
    if (entry.kind === 'link') links.push([to, entry.target]);
    else if (entry.kind === 'hard link') await link(join(into, ...target), to);
    else if (entry.own !== undefined && !entry.isExecutable)
      await linkFile(entry.own, to); // a program has a mode of its own
    else if (entry.kind === 'file') await writeFileOf(entry, to, count, most);
    for await (const _ of entry.kind === 'file' ? [] : entry.bytes()); // what has none may have some nevertheless
  }
  for (const [path, target] of links) await symlink(target, path); // now nothing can be written through one
}

async function writeFileOf(entry: ArchiveEntry, to: string, count: { bytesLeft: number }, most: number): Promise<void> {
  await using file = await open(to, 'wx', entry.isExecutable ? 0o755 : 0o644);
  for await (const chunk of entry.bytes()) {
    count.bytesLeft -= chunk.length;
    if (count.bytesLeft < 0)
      throw new Error(`it is refused: it unpacks to more than ${most} bytes, far more than its own size`);
    await file.writeFile(chunk);
  }
}
