/** Puts a file in the place of another one: whoever reads it sees the one or the other, whole. */
import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { linkFile } from './tree.ts';

/** A small text. @param temporary where it is written first, in the same folder. */
export async function replaceFile(file: string, text: string, temporary = `${file}.${randomUUID()}`): Promise<void> {
  await replaceBy(file, temporary, () => writeFile(temporary, text, { flush: true }));
}

/** Gives a file that is never written again a second name, whatever has that name already. */
export async function replaceByLink(from: string, file: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  await replaceBy(file, temporary, () => linkFile(from, temporary));
  await rm(temporary, { force: true }); // of two names of one file a rename leaves both
}

async function replaceBy(file: string, temporary: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
}
