/** Writes a service into a folder of its own, for tests whose source must not lie about: broken, or made up on the spot. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createScratchFolder } from './scratch-folder.ts';

/** A folder with the files of a test. */
export interface Written extends Disposable {
  readonly folder: string;
  /** Absolute path of the first file. */
  readonly file: string;
}

/** Writes files by name; the first is the one to serve. */
export function writeFiles(files: Readonly<Record<string, string>>): Written {
  const folder = createScratchFolder('service');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return {
    folder,
    file: join(folder, Object.keys(files)[0] ?? ''),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
