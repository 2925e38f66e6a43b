/** Finds the tsconfig that holds for a file. */
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Path of the nearest `tsconfig.json`, from the file's folder upward; `undefined` if there is none. */
export function findTsconfig(file: string): string | undefined {
  return nearestFile(dirname(resolve(file)), ['tsconfig.json']);
}

const lockfiles = ['package-lock.json', 'npm-shrinkwrap.json', 'pnpm-lock.yaml', 'yarn.lock', 'bun.lock', 'bun.lockb'];

/** Path of the nearest lockfile of a package manager, from the file's folder upward. */
export function findLockfile(file: string): string | undefined {
  return nearestFile(dirname(resolve(file)), lockfiles);
}

function nearestFile(folder: string, names: readonly string[]): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    for (const name of names) {
      const candidate = join(at, name);
      if (isFile(candidate)) return candidate;
    }
    if (dirname(at) === at) return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false; // in a folder that may not be read, nothing holds for us
  }
}
