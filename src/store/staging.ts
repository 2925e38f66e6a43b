/** Folders in which items are made before they are seen, and what becomes of those that a killed process left. */
import { mkdir, realpath, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { keepFresh, nameOwnFolder, removeLeftovers } from './leftover.ts';
import { isSystemError } from './store-error.ts';

/** A folder of this process alone, on the same disk as the store; leaving the block removes what is still in it. */
export interface Staging extends AsyncDisposable {
  /** Empty at first. */
  readonly folder: string;
}

const prefix = 'bentots';

/**
 * Opens one for a store, and removes the leftovers of others first.
 * @param home where the reference keeps temporary folders, too: in `tmp`.
 * @param isInside whether it has to be in the store itself: what is mounted there may be of the same disk, and yet a
 *   rename leads to it from nowhere else.
 */
export async function openStaging(home: string, root: string, nowMs: number, isInside = false): Promise<Staging> {
  const place = await findPlace(home, root, isInside);
  await removeLeftovers(prefix, place, nowMs);
  const own = join(place, nameOwnFolder(prefix));
  const folder = join(own, 'item');
  await mkdir(own, { mode: 0o700 });
  const letGo = keepFresh(own);
  const close = async () => {
    letGo();
    await rm(own, { recursive: true, force: true });
    if (place !== join(home, 'tmp')) await rmdir(place).catch(() => {}); // others still use it
  };
  try {
    await mkdir(folder);
  } catch (error) {
    await close().catch(() => {}); // the first error is the one to tell
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: close };
}

/** A folder on the disk of the store, so that a rename is enough. */
async function findPlace(home: string, root: string, isInside: boolean): Promise<string> {
  await makeFolder(root);
  const real = await realpath(root);
  const { dev } = await stat(real);
  const isBeside = async (folder: string) => (await stat(folder)).dev === dev;
  const usual = join(home, 'tmp');
  await makeFolder(usual);
  if (!isInside && (await isBeside(usual))) return usual;
  // The store is a link to another disk, or one is mounted there: BentoML lists no folder whose name is none for an item,
  // so that it is inside only where nothing else is on that disk.
  const place = join(!isInside && (await isBeside(dirname(real))) ? dirname(real) : real, '.bentots-tmp');
  await makeFolder(place);
  return place;
}

/** Makes a folder and those above it. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    if (!isSystemError(error, 'ENOENT') || dirname(folder) === folder) throw error;
    // Of a disk that is read-only Node says that nothing is there; the first folder that is missing knows better.
    await makeFolder(dirname(folder));
    await mkdir(folder).catch((reason) => {
      if (!isSystemError(reason, 'EEXIST')) throw reason;
    });
  }
}
