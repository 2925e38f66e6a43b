/** Tells whether a file says what it said before. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';

/** A file at one moment. */
export interface Fingerprint {
  /** The same for the same content; undefined if there is no such file. */
  readonly content: string | undefined;
  /** Another one after every save, also of the same content. */
  readonly savedAtMs: number;
}

// Larger data is told by size and time: reading it would take longer than the reload.
const largestReadBytes = 1024 * 1024;

/**
 * Looks at a file.
 * @param isCode whether its content counts whatever its size, as the processes that load code tell it.
 */
export async function takeFingerprint(file: string, isCode: boolean): Promise<Fingerprint> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) return { content: undefined, savedAtMs: 0 };
    const isRead = isCode || stats.size <= largestReadBytes;
    const content = isRead
      ? createHash('sha256')
          .update(await readFile(file))
          .digest('hex')
      : `${stats.size} bytes, ${stats.mtimeMs}, ${stats.ino}`;
    return { content, savedAtMs: stats.mtimeMs };
  } catch {
    return { content: undefined, savedAtMs: 0 }; // gone, or not ours to read
  }
}
