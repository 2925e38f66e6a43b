/** The tsconfig that the loader of author code is given. */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolderFor, openCacheFolder } from '../reflect/cache-folder.ts';
import { findTsconfig } from '../reflect/tsconfig.ts';

/**
 * Path of a tsconfig that says what the author's says, but for decorators: ours are the standard ones, and a loader
 * must not lower them the old way because the author's other framework needs that. The loader takes only a file, so
 * one is written beside the cached types, unless that folder cannot be written. Undefined if the author has none.
 */
export function loaderTsconfig(file: string): string | undefined {
  const original = findTsconfig(file);
  if (original === undefined) return undefined;
  const folder = cacheFolderFor(file);
  if (!openCacheFolder(folder)) return original;
  const text = JSON.stringify({
    extends: original,
    compilerOptions: { experimentalDecorators: false, emitDecoratorMetadata: false },
    include: [`${dirname(original).replaceAll('\\', '/')}/**/*`], // else it would hold for the folder of this file
    exclude: [],
  });
  const name = `tsconfig-${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`;
  return writeOnce(join(folder.path, name), text) ? join(folder.path, name) : original;
}

function writeOnce(path: string, text: string): boolean {
  try {
    if (readFileSync(path, 'utf8') === text) return true;
  } catch {
    // not there yet
  }
  try {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
    return true;
  } catch {
    return false; // a full or read-only disk
  }
}
