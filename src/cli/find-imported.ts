/** Finds the package that an import in a folder leads to. */
import { realpathSync } from 'node:fs';
import { findPackage } from '../sdk/find-package.ts';
import { findPackageScope } from '../sdk/package-scope.ts';

/**
 * The package's own folder; `undefined` if it is not installed. A package can import itself by its name.
 * @see https://nodejs.org/api/esm.html#resolution-algorithm-specification PACKAGE_RESOLVE
 */
export function findImported(folder: string, name: string): string | undefined {
  const scope = findPackageScope(folder);
  const isSelf = scope?.manifest.name === name && scope.manifest.exports !== undefined;
  return isSelf ? realpathSync(scope.folder) : findPackage(folder, name);
}
