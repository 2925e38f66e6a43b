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

/** A destination that leaves lines out. */
interface Sink {
  write(line: string): unknown;
  /** @param beforeEnd writes what must not be left out, and is called unless there is nobody left to tell. */
  close(beforeEnd: () => void): Promise<void>;
}

const flushEveryMs = 100;
const batchLength = 4096;
const mostKept = 8 * 1024 * 1024; // some 20,000 requests
const lastWaitMs = 1000;

/**
 * Opens a destination.
 *
 * @param descriptor 1 is standard output.
 * @param onLeftOut is told how many pieces were left out, at most once a second, and writes it here; if that is left out,
 * too, it is asked again.
 */
export function openDestination(descriptor: number, onLeftOut: (pieces: number) => void): LogDestination {
  let leftOut = 0;
  let timer: NodeJS.Timeout | undefined;
  const countLeftOut = () => {
    leftOut++;
    timer ??= setTimeout(settle, 1000).unref();
  };
  const settle = () => {
    clearTimeout(timer);
    timer = undefined;
    const count = leftOut;
    if (count > 0) onLeftOut(count);
    leftOut = leftOut === count ? 0 : count; // the notice was taken, or it is the one that was counted besides
  };
  const sink = isPipe(descriptor) ? toPipe(descriptor, countLeftOut) : toFile(descriptor, countLeftOut);
  return {
    write: sink.write,
    async close() {
      await sink.close(settle);
      clearTimeout(timer);
    },
  };
}

// On Windows a stream over a pipe blocks; pino's writes do not.
function isPipe(descriptor: number): boolean {
  if (process.platform === 'win32') return false;
  const facts = fstatSync(descriptor);
  return facts.isFIFO() || facts.isSocket();
}

function toFile(fd: number, onLeftOut: () => void): Sink {
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
    async close(beforeEnd) {
      if (isClosed) return;
      try {
        file.flushSync(); // makes room
        beforeEnd();
        file.flushSync();
        file.end();
      } catch {
        // The descriptor is gone already; there is nobody left to tell.
      }
      isClosed = true;
    },
  };
}

/** Pino writes from threads: with one that waits for the reader of a pipe, the process would not end. */
function toPipe(fd: number, onLeftOut: () => void): Sink {
  const pipe = fd === 1 ? process.stdout : new Socket({ fd, readable: false, writable: true });
  let isClosed = false;
  let isBounded = true;
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
      if (isBounded && pipe.writableLength > mostKept) return onLeftOut();
      batch += line;
      if (batch.length >= batchLength) flush();
      else timer ??= setTimeout(flush, flushEveryMs).unref();
    },
    async close(beforeEnd) {
      isBounded = false;
      beforeEnd();
      flush();
      isClosed = true;
      if (pipe.writableLength > 0) await untilDrained(pipe);
      if (!pipe.listeners('error').includes(ignore)) pipe.on('error', ignore); // of what is still under way
      pipe.off('error', onError);
    },
  };
}

/** One for all logs that standard output has had. */
function ignore(): void {}

function untilDrained(pipe: NodeJS.WritableStream & { readonly writableLength: number }): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lastWaitMs);
    pipe.write('', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
