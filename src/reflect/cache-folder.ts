/** Chooses the folder for what reflection remembers, private to the user. */
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A folder for the cache of a file. */
export interface CacheFolder {
  readonly path: string;
  /** Whether others can write beside it, so that it must be checked before use. */
  readonly isInSharedPlace: boolean;
}

/**
 * `node_modules/.cache/bentots` of the package that holds the file; outside of packages a folder of the user in the
 * system's folder for temporary files.
 */
export function cacheFolderFor(file: string): CacheFolder {
  for (let at = dirname(resolve(file)); ; at = dirname(at)) {
    if (existsSync(join(at, 'node_modules')) || existsSync(join(at, 'package.json'))) {
      return { path: join(at, 'node_modules', '.cache', 'bentots'), isInSharedPlace: false };
    }
    if (dirname(at) === at) break;
  }
  return { path: join(tmpdir(), `bentots-${process.getuid?.() ?? 'user'}`), isInSharedPlace: true };
}

/** Makes the folder; false if it cannot be used, or belongs to someone else. */
export function openCacheFolder(folder: CacheFolder): boolean {
  try {
    mkdirSync(folder.path, { recursive: true, mode: 0o700 });
  } catch {
    return false; // read-only, or a file stands there: reflection does without a cache
  }
  return isTrusted(folder);
}

/** In a shared place anyone may have made the folder first, as a link or open to all. */
export function isTrusted({ path, isInSharedPlace }: CacheFolder): boolean {
  if (!isInSharedPlace) return true;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return false;
  const uid = process.getuid?.();
  return uid === undefined || (stats.uid === uid && (stats.mode & 0o077) === 0); // Windows: the folder is the user's own
}
