/** Where log lines go: written in the background, and never more of them kept than fits, however slow the reader is. */
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import pino from 'pino';

/** Takes lines. */
export interface LogDestination {
  write(line: string): unknown;
  /** Writes out what is kept, unless nobody takes it for a second. */
  close(): Promise<void>;
}

const flushEveryMs = 100;
const batchLength = 4096;
const mostKept = 8 * 1024 * 1024; // some 20,000 requests
const lastWaitMs = 1000;

/**
 * Opens a destination.
 *
 * @param descriptor 1 is standard output.
 * @param onLeftOut is told how many pieces were left out, at most once a second.
 */
export function openDestination(descriptor: number, onLeftOut: (pieces: number) => void): LogDestination {
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;
  const countLeftOut = () => {
    leftOut++;
    timer ??= setTimeout(() => {
      timer = undefined;
      const count = leftOut;
      leftOut = 0;
      onLeftOut(count);
    }, 1000).unref();
  };
  const destination = isPipe(descriptor) ? toPipe(descriptor, countLeftOut) : toFile(descriptor, countLeftOut);
  return {
    write: destination.write,
    async close() {
      clearTimeout(timer);
      await destination.close();
    },
  };
}

// On Windows a stream over a pipe blocks; pino's writes do not.
function isPipe(descriptor: number): boolean {
  if (process.platform === 'win32') return false;
  const facts = fstatSync(descriptor);
  return facts.isFIFO() || facts.isSocket();
}

function toFile(fd: number, onLeftOut: () => void): LogDestination {
  const file = pino.destination({
    fd,
    sync: false,
    minLength: batchLength,
    periodicFlush: flushEveryMs,
    maxLength: mostKept,
  });
  let isClosed = false;
  file.on('drop', onLeftOut);
  file.on('error', () => {
    isClosed = true; // a disk that is full is no reason to stop serving
  });
  return {
    write: (line) => isClosed || file.write(line),
    async close() {
      if (isClosed) return;
      isClosed = true;
      try {
        file.flushSync();
        file.end();
      } catch {
        // The descriptor is gone already; there is nobody left to tell.
      }
    },
  };
}

/** Pino writes from threads: with one that waits for the reader of a pipe, the process would not end. */
function toPipe(fd: number, onLeftOut: () => void): LogDestination {
  const pipe = fd === 1 ? process.stdout : new Socket({ fd, readable: false, writable: true });
  let isClosed = false;
  let batch = '';
  let timer: NodeJS.Timeout | undefined;
  const onError = () => {
    isClosed = true; // a pipe that was closed downstream is no reason to stop serving, nor to keep what nobody will read
  };
  pipe.on('error', onError);
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (batch !== '' && !isClosed) pipe.write(batch);
    batch = '';
  };
  return {
    write(line) {
      if (isClosed) return;
      if (pipe.writableLength > mostKept) return onLeftOut();
      batch += line;
      if (batch.length >= batchLength) flush();
      else timer ??= setTimeout(flush, flushEveryMs).unref();
    },
    async close() {
      flush();
      isClosed = true;
      if (pipe.writableLength > 0) await untilDrained(pipe);
      pipe.off('error', onError);
      pipe.on('error', () => {}); // of what is still under way
    },
  };
}

function untilDrained(pipe: NodeJS.WritableStream & { readonly writableLength: number }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lastWaitMs);
    pipe.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
