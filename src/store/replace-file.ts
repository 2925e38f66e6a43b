/** Writes a small file in the place of another one: whoever reads it sees the one or the other, whole. */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';

/** @param temporary where it is written first, in the same folder. */
export async function replaceFile(file: string, text: string, temporary = `${file}.${randomUUID()}`): Promise<void> {
  try {
    await writeFile(temporary, text, { flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}
