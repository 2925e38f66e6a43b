/** Writes what a command makes into a file that its user named. */
import { randomUUID } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';

/**
 * Writes the file whole or not at all.
 * @param option where the file was named, for the error.
 * @throws ServiceError `OPTION_INVALID` if it cannot be written.
 */
export function writeWhole(
  file: string,
  text: string,
  option: { readonly where: string; readonly name: string },
): void {
  const refuse = (wanted: string, cause?: unknown): never => {
    throw new ServiceError('OPTION_INVALID', { ...option, seen: file, wanted }, { cause });
  };
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) refuse('a plain file'); // a rename would put one in the place of a pipe or device
  const path = stats ? realpathSync(file) : file; // what a link leads to, not the link
  const temporary = join(dirname(path), `.bentots-${randomUUID()}.tmp`);
  try {
    writeFileSync(temporary, text, { flag: 'wx', ...(stats ? { mode: stats.mode } : {}) });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    refuse('a file in a folder that exists and can be written', cause);
  }
}
