/** Writes what the author's code prints as records, each with the call that printed it. */
import { StringDecoder } from 'node:string_decoder';
import { createLogBudget } from '../observe/log-budget.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { longestText, shorten } from '../observe/plain-text.ts';
import type { Trace } from '../spec/invocation.ts';
import { printRecord } from '../spec/output-record.ts';

type Write = NodeJS.WriteStream['write'];

/**
 * Takes over `process.stdout`, `process.stderr` and with them the console. One print is one record, however many lines
 * it has; what has no end of line waits for it.
 *
 * @param key marks the records: see {@link printRecord}.
 * @param currentTrace the call in whose course the code runs.
 */
export function captureOutput(key: string, currentTrace: () => Trace | undefined): void {
  let consoleLevel: LogLevel | undefined;
  for (const level of ['debug', 'warn', 'error'] as const) {
    const print = console[level].bind(console);
    console[level] = (...values: unknown[]) => {
      consoleLevel = level;
      try {
        print(...values);
      } finally {
        consoleLevel = undefined;
      }
    };
  }
  for (const [stream, level] of [
    [process.stdout, 'info'],
    [process.stderr, 'warn'],
  ] as const) {
    // Node has made the pipe non-blocking: native code would lose what does not fit, and JavaScript its last words.
    (stream as { _handle?: { setBlocking?(isBlocking: boolean): void } })._handle?.setBlocking?.(true);
    capture(stream, key, (message) => ({ level: consoleLevel ?? level, message, trace: currentTrace() }));
  }
}

function capture(
  stream: NodeJS.WriteStream,
  key: string,
  toRecord: (message: string) => Parameters<typeof printRecord>[1],
): void {
  const write: Write = stream.write.bind(stream);
  const decoder = new StringDecoder('utf8');
  const budget = createLogBudget(
    (lines) => void write(printRecord(key, { level: 'warn', message: leftOut(lines) })),
    () => performance.now(),
  );
  let pending = '';

  const print = (text: string, done: (() => void) | undefined): boolean => {
    const record = budget.admits(text.length) ? printRecord(key, toRecord(shorten(text))) : undefined;
    if (record !== undefined) return write(record, done);
    if (done) process.nextTick(done);
    return true;
  };

  /** Between lines, where that keeps parts short enough. */
  const printParts = (text: string, done: (() => void) | undefined): boolean => {
    let from = 0;
    while (text.length - from > longestText) {
      const to = text.lastIndexOf('\n', from + longestText);
      if (to <= from) break;
      print(text.slice(from, to), undefined);
      from = to + 1;
    }
    return print(text.slice(from), done);
  };

  stream.write = ((chunk: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    const done = [encoding, callback].find((one) => typeof one === 'function') as (() => void) | undefined;
    const isText = typeof chunk === 'string' && (typeof encoding !== 'string' || /^utf-?8$/i.test(encoding));
    pending += isText ? chunk : decoder.write(Buffer.from(chunk as string, encoding as BufferEncoding));
    const end = pending.lastIndexOf('\n');
    if (end < 0 && pending.length <= longestText) {
      if (done) process.nextTick(done);
      return true;
    }
    const text = end < 0 ? pending : pending.slice(0, end);
    pending = end < 0 ? '' : pending.slice(end + 1);
    return printParts(text, done);
  }) as Write;

  process.on('exit', () => {
    if (pending !== '') print(pending, undefined);
    budget.settle();
  });
}

function leftOut(lines: number): string {
  return `${lines} lines of output were left out: too many in one second`;
}
