/** Has the disk keep what was written, so that it is there after a loss of power, too. */
import { constants, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isSystemError } from './store-error.ts';
import { walkTree } from './tree.ts';

const atOnce = 16; // a disk takes several together in about the time of one

/**
 * Flushes a folder with everything in it; what no item may have is refused on the way.
 * @throws ServiceError `STORE_ITEM_INVALID`; what the disk has against it, which may be told only now.
 */
export async function flushTree(folder: string): Promise<void> {
  const folders = [folder];
  let files: string[] = [];
  for await (const { kind, path } of walkTree(folder)) {
    if (kind === 'folder') folders.push(join(folder, path));
    if (kind === 'file') files.push(join(folder, path));
    if (files.length < atOnce) continue;
    await Promise.all(files.map(flushFile));
    files = [];
  }
  await Promise.all(files.map(flushFile));
  for (const one of folders) await flushFolder(one);
}

// Windows flushes only what may be written.
const mode = process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY;

async function flushFile(file: string): Promise<void> {
  await using handle = await open(file, mode);
  await handle.sync();
}

/** Flushes the names in a folder, where the system can: Windows and some file systems do it by themselves or not at all. */
export async function flushFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    if (!isSystemError(error, 'EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF')) throw error;
  }
}
