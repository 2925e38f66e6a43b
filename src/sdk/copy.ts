/** Says which copy of bentots a module belongs to: several can be installed, and meet in one process. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPackageScope } from './package-scope.ts';

/** An installed bentots. */
export interface Copy {
  readonly version: string;
  /** Absolute. */
  readonly folder: string;
}

/** The copy that a module belongs to, by the module's URL. It never throws: it is there to explain other failures. */
export function copyOf(moduleUrl: unknown): Copy {
  try {
    const scope = findPackageScope(dirname(fileURLToPath(String(moduleUrl))));
    const version = scope?.manifest.version;
    if (scope && typeof version === 'string') return { version, folder: scope.folder };
  } catch {
    // no URL of a file: it was bundled, or is of a version that says none
  }
  return { version: '(of unknown version)', folder: 'an unknown place' };
}
