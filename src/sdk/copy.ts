/** Says which copy of bentots a module belongs to: several can be installed, and meet in one process. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An installed bentots. */
export interface Copy {
  readonly version: string;
  /** Absolute. */
  readonly folder: string;
}

const unknownVersion = '(of unknown version)';

/** The copy that a module belongs to, by the module's URL. It never throws: it is there to explain other failures. */
export function copyOf(moduleUrl: unknown): Copy {
  try {
    let folder = dirname(fileURLToPath(String(moduleUrl)));
    while (versionIn(folder) === undefined && dirname(folder) !== folder) folder = dirname(folder);
    return { version: versionIn(folder) ?? unknownVersion, folder };
  } catch {
    return { version: unknownVersion, folder: 'an unknown place' }; // a bundle, or a version that says no URL
  }
}

function versionIn(folder: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown } | null;
    return typeof manifest?.version === 'string' ? manifest.version : undefined;
  } catch {
    return undefined; // none here: it is further up
  }
}
