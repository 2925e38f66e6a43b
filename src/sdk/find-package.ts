/** Finds the folder of an installed npm package, as Node does when a module in a folder imports it. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The package's own folder, behind whatever links lead to it; `undefined` if it is not installed. Looked up by folder
 * and not by `require.resolve`, which a package's `exports` may refuse and which also looks where `import` does not.
 */
export function findPackage(start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', ...name.split('/'));
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(folder) === folder) return undefined;
  }
}
