/** How a worker writes a line on its standard output and error, so that the gateway knows whose it is. */
import type { LogLevel } from '../observe/log-level.ts';
import type { Trace } from './invocation.ts';
import type { LastWords } from './last-words.ts';

/** One piece of output of the author's code. */
export interface OutputRecord {
  readonly level: LogLevel;
  readonly message: string;
  /** The call that wrote it; absent outside of calls. */
  readonly trace?: Trace | undefined;
}

/** What the worker says on standard error before it ends its process: the only line that gets out for certain. */
export interface LastRecord {
  readonly lastWords: LastWords;
}

/**
 * The beginning of a record; what follows up to the end of the line is JSON, as in RFC 7464.
 * @param key is known to gateway and worker only, so that nothing that is printed passes for a record.
 */
export function recordMark(key: string): string {
  return `\u001e${key} `;
}

/** A record as one line. */
export function printRecord(key: string, record: OutputRecord | LastRecord): string {
  return `${recordMark(key)}${JSON.stringify(record)}\n`;
}
