/** Writes a service into a folder of its own, for tests whose source must not lie about: broken, or made up on the spot. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A folder with the files of a test. */
export interface Written extends Disposable {
  readonly folder: string;
  /** Absolute path of the first file. */
  readonly file: string;
}

// Inside the package, so that `import … from 'bentots'` finds this very copy.
const parent = fileURLToPath(new URL('./.tmp/', import.meta.url));

/** Writes files by name; the first is the one to serve. */
export function writeFiles(files: Readonly<Record<string, string>>): Written {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'service-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    folder,
    file: join(folder, Object.keys(files)[0] ?? ''),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
