/** Reads what a worker process writes on its standard output or error: line by line, and never more than fits. */
import { createLogBudget } from '../observe/log-budget.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { longestText } from '../observe/plain-text.ts';
import type { LastWords } from '../spec/last-words.ts';
import { type LastRecord, type OutputRecord, recordMark } from '../spec/output-record.ts';

/** Where the lines of a worker go. */
export type OutputLog = (
  level: LogLevel,
  message: string,
  facts: { readonly output: OutputName; readonly trace?: OutputRecord['trace'] },
) => void;

type OutputName = 'stdout' | 'stderr';

/** One of the two outputs of a worker. */
export interface WorkerOutput {
  /** The last of what came from no JavaScript: what V8 and native code say before they end the process. */
  readonly tail: string;
  /** What the worker said of its end, the first time. */
  readonly lastWords: LastWords | undefined;
  /** Resolves when the other end is closed. */
  readonly closed: Promise<void>;
}

const tailLength = 8 * 1024;
const longestRecord = 6 * longestText + 1024; // JSON writes a sign with six at most

/** What is asked of a stream; said here, since projects without Node's types read this declaration. */
interface TextSource {
  setEncoding(encoding: 'utf8'): unknown;
  on(event: 'data', listener: (chunk: string) => void): unknown;
  on(event: 'error', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** Starts reading. @param key marks the records that the worker itself wrote. */
export function readOutput(stream: TextSource, name: OutputName, key: string, log: OutputLog): WorkerOutput {
  const mark = recordMark(key);
  const level = name === 'stdout' ? 'info' : 'warn';
  const closed = Promise.withResolvers<void>();
  const budget = createLogBudget(
    (lines) => log('warn', `${lines} lines of output were left out: too many in one second`, { output: name }),
    () => performance.now(),
  );
  let pending = '';
  let skipped = 0; // characters of a line that is too long
  let tail = '';
  let lastWords: LastWords | undefined;

  const onText = (text: string) => {
    tail = `${tail}${text}\n`.slice(-tailLength);
    if (text.trim() === '' || !budget.admits(text.length)) return;
    log(level, text, { output: name });
  };
  const onLine = (line: string) => {
    const at = line.indexOf(mark); // what was printed before it had no end of line
    if (at < 0) return onText(line);
    if (at > 0) onText(line.slice(0, at));
    const record = parse(line.slice(at + mark.length));
    if (!record) return onText(line);
    if ('lastWords' in record) {
      lastWords ??= record.lastWords;
      return;
    }
    log(record.level, record.message, { output: name, trace: record.trace });
  };
  const take = (text: string) => {
    const room = longestRecord - pending.length;
    pending += text.slice(0, room);
    skipped += Math.max(0, text.length - room);
  };
  const endLine = () => {
    const line = skipped > 0 ? `${pending}… (${skipped} characters more)` : pending;
    pending = '';
    skipped = 0;
    onLine(line);
  };

  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...lines] = chunk.split('\n');
    take(first);
    for (const line of lines) {
      endLine();
      take(line);
    }
  });
  stream.on('error', () => {}); // `close` follows
  stream.once('close', () => {
    if (pending !== '') endLine();
    budget.settle();
    closed.resolve();
  });
  return {
    closed: closed.promise,
    get tail() {
      return tail;
    },
    get lastWords() {
      return lastWords;
    },
  };
}

function parse(text: string): OutputRecord | LastRecord | undefined {
  try {
    return JSON.parse(text) as OutputRecord | LastRecord; // only the worker's own code knows the mark
  } catch {
    return undefined;
  }
}
