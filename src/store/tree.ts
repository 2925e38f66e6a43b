/** Walks or copies what lies in the folder of an item, and refuses what must not be there. */
import { constants as flags } from 'node:fs';
import { copyFile, link, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ServiceError } from '../errors.ts';
import { isSystemError } from './store-error.ts';

/** Something below the folder. */
export interface TreeEntry {
  readonly kind: 'file' | 'folder' | 'link';
  /** From the folder, with slashes on every system. */
  readonly path: string;
  /** Absolute. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly isExecutable: boolean;
  /** Where a link leads, as it is written; else empty. */
  readonly target: string;
}

/**
 * Everything below a folder, in an order that does not depend on the system, folders before what is in them. Links are
 * not followed.
 * @throws ServiceError `STORE_ITEM_INVALID` for what no item may have: sockets, pipes, devices, links that lead out.
 */
export async function* walkTree(folder: string, below = ''): AsyncGenerator<TreeEntry> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = below === '' ? name : `${below}/${name}`;
    const entry = await look(folder, path);
    yield entry;
    if (entry.kind === 'folder') yield* walkTree(folder, path);
  }
}

/** The sum of the sizes of all files. */
export async function sizeOfTree(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { sizeBytes } of walkTree(folder)) bytes += sizeBytes;
  return bytes;
}

/** Copies what may be in an item; files are cloned where the disk can do that. */
export async function copyTree(from: string, into: string, signal?: AbortSignal): Promise<void> {
  for await (const { kind, path, file } of walkTree(from)) {
    signal?.throwIfAborted();
    const to = join(into, path);
    if (kind === 'folder') await mkdir(to);
    else if (kind === 'link') await symlink(await readlink(file), to);
    else await copyFile(file, to, flags.COPYFILE_FICLONE | flags.COPYFILE_EXCL);
  }
}

/** Gives a file that is never written again a second name; where the disk cannot do that, the name of a copy. */
export async function linkFile(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    // Another disk, one that has no hard links, files of another user, or as many names as a file can have.
    if (!isSystemError(error, 'EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'ENOSYS', 'EMLINK')) throw error;
    await copyFile(file, name, flags.COPYFILE_FICLONE | flags.COPYFILE_EXCL);
  }
}

async function look(folder: string, path: string): Promise<TreeEntry> {
  const file = join(folder, path);
  const stats = await lstat(file).catch((cause) => {
    if (!isSystemError(cause, 'ENOENT')) throw cause;
    throw invalid(file, 'it went away while it was looked at, or its name is no UTF-8; rename it', cause);
  });
  const base = { path, file, isExecutable: (stats.mode & 0o111) !== 0, sizeBytes: 0, target: '' };
  if (stats.isDirectory()) return { ...base, kind: 'folder' };
  if (stats.isFile()) return { ...base, kind: 'file', sizeBytes: stats.size };
  if (!stats.isSymbolicLink()) throw invalid(file, 'it is a socket, a pipe or a device; only files can be kept');
  const target = await readlink(file);
  if (!(await staysInside(folder, file, target))) {
    throw invalid(file, `it is a link to ${target}, which is not in the same folder; put the file itself there`);
  }
  return { ...base, kind: 'link', target: target.split(sep).join('/') };
}

async function staysInside(folder: string, link: string, target: string): Promise<boolean> {
  if (isAbsolute(target)) return false; // it would lead elsewhere as soon as the item is moved
  try {
    const way = relative(await realpath(folder), await realpath(link));
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  } catch {
    return false; // it leads nowhere, or in a circle
  }
}

function invalid(place: string, problem: string, cause?: unknown): ServiceError<'STORE_ITEM_INVALID'> {
  return new ServiceError('STORE_ITEM_INVALID', { place, problem }, { cause });
}
