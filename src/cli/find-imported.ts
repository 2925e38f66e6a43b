/** Finds the package that an import in a folder leads to. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPackage } from '../sdk/find-package.ts';

/**
 * The package's own folder; `undefined` if it is not installed. A package can import itself by its name.
 * @see https://nodejs.org/api/esm.html#resolution-algorithm-specification PACKAGE_RESOLVE
 */
export function findImported(folder: string, name: string): string | undefined {
  const scope = packageScope(folder);
  return scope !== undefined && isNamed(scope, name) ? realpathSync(scope) : findPackage(folder, name);
}

function packageScope(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

function isNamed(folder: string, name: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name?: unknown;
      readonly exports?: unknown;
    } | null;
    return manifest?.name === name && manifest.exports !== undefined;
  } catch {
    return false; // it cannot be read: Node will say so
  }
}
