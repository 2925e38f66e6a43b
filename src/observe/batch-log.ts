/** The file of decisions about batches that `bento batching replay` reads: a line of JSON each. */
import { createWriteStream, openSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ServiceError } from '../errors.ts';

/** An open file of decisions. */
export interface BatchLog {
  /** Adds a line. What a disk that is too slow would keep in memory is left out. */
  write(method: string, line: object): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

const mostWaitingBytes = 16 * 1024 * 1024;

/**
 * Opens a file, or goes on with it.
 * @param warn is told once if lines are lost.
 * @throws ServiceError `OPTION_INVALID` if it cannot be written.
 */
export function openBatchLog(path: string, warn: (problem: string) => void): BatchLog {
  const stream = createWriteStream(path, { fd: open(path) });
  let hasWarned = false;
  const complain = (problem: string) => {
    if (!hasWarned) warn(`decisions about batches are missing in ${path}: ${problem}`);
    hasWarned = true;
  };
  stream.on('error', ({ message }) => complain(message));
  return {
    write(method, line) {
      if (stream.errored || stream.writableLength > mostWaitingBytes) return complain('the disk is too slow');
      stream.write(`${JSON.stringify({ method, ...line })}\n`);
    },
    async close() {
      stream.end();
      await finished(stream).catch(() => {}); // told above
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    const seen = `${JSON.stringify(path)} (${(cause as Error).message})`;
    const wanted = 'a file that can be written';
    throw new ServiceError('OPTION_INVALID', { where: 'serve()', name: 'batchLog', seen, wanted }, { cause });
  }
}
