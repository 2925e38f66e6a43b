/** `bento batching`: what a log of decisions tells. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Command, InvalidArgumentError } from 'commander';
import { parseDecisionLine } from '../../batching/decision-line.ts';
import { createHistoryReader, type History, type HistoryReader } from '../../batching/history.ts';
import { type Changes, replay, type Summary, summarizeHistory } from '../../batching/replay.ts';
import { ServiceError } from '../../errors.ts';
import { addOutput, type Output, printRows, printValue } from '../print-value.ts';

/** Adds the command below it. */
export function define(command: Command): void {
  command.helpCommand(false);
  const below = command
    .command('replay')
    .description('answer what would have been if batches had been bound otherwise')
    .argument('<log>', 'a log of decisions, as a server writes it: lines of JSON')
    .option('--verbose', 'print the whole story of an error')
    .option('--max-batch-size <items>', 'items of a batch at most', toCount)
    .option('--max-latency-ms <ms>', 'how long callers wait', toMs)
    .option('--max-wait-ms <ms>', 'how long requests wait for others though nothing says that it pays', toMs)
    .option('--slots <count>', 'batches that run at once', toCount)
    .option('--method <name>', 'only that method');
  addOutput(below);
  below.addHelpText('after', '\nExample:\n  bento batching replay decisions.ndjson --max-batch-size 32');
  below.action((log: string, { output, method, verbose: _, ...changes }: Flags) => run(log, output, method, changes));
}

interface Flags extends Changes {
  readonly output: Output;
  readonly method?: string;
  readonly verbose?: true;
}

interface Answer extends Summary {
  readonly method: string;
  /** `as it was` by the log; `replayed` with what held then, which says how far a replay is to be trusted; `what if`. */
  readonly of: string;
}

async function run(log: string, output: Output, method: string | undefined, changes: Changes): Promise<void> {
  const histories = await readLog(log);
  const wanted = [...histories].filter(([name]) => method === undefined || name === method);
  if (wanted.length === 0) {
    const seen =
      method === undefined ? 'empty' : `without a method ${method}; it has ${[...histories.keys()].join(', ')}`;
    throw wrongLog(log, seen);
  }
  const hasRun = ([, { batches }]: (typeof wanted)[number]) => batches.some(({ ranMs }) => ranMs !== undefined);
  const replayed = wanted.some(hasRun) ? wanted.filter(hasRun) : wanted;
  for (const [name] of wanted) {
    if (replayed.some(([other]) => other === name)) continue;
    process.stderr.write(
      `bento: ${name} is left out: no batch of it has ended, so that nothing tells how long they run\n`,
    );
  }
  const answers = replayed.flatMap(([name, history]) => answer(log, name, history, changes));
  if (output !== 'table') return printValue(answers, output);
  printRows(answers.map(toRow), heads, output);
}

/** What each method's batcher told; a log that names no methods is of one. */
async function readLog(log: string): Promise<ReadonlyMap<string, History>> {
  const readers = new Map<string, HistoryReader>();
  let count = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(log), crlfDelay: Number.POSITIVE_INFINITY })) {
      count++;
      if (text.trim() === '') continue;
      const line = parseDecisionLine(text);
      const { method } = line as { readonly method?: unknown }; // the server adds it
      const name = typeof method === 'string' ? method : '';
      const reader = readers.get(name) ?? createHistoryReader();
      readers.set(name, reader);
      reader.add(line);
    }
  } catch (cause) {
    const { message } = cause as Error; // of the file system, or of a line
    throw wrongLog(log, count === 0 ? message : `in line ${count}: ${message}`, cause);
  }
  return new Map([...readers].map(([name, { history }]) => [name, history]));
}

function answer(log: string, method: string, history: History, changes: Changes): readonly Answer[] {
  try {
    const asItWas = { method, of: 'as it was', ...summarizeHistory(history) };
    const replayed = { method, of: 'replayed', ...replay(history, {}) };
    if (Object.keys(changes).length === 0) return [asItWas, replayed];
    return [asItWas, replayed, { method, of: 'what if', ...replay(history, changes) }];
  } catch (cause) {
    throw wrongLog(log, (cause as Error).message, cause); // replay says what it needs
  }
}

function wrongLog(log: string, seen: string, cause?: unknown): ServiceError {
  const wanted = 'a log of decisions that a server has written';
  return new ServiceError(
    'OPTION_INVALID',
    { where: 'bento batching replay', name: '<log>', seen: `${log}, ${seen}`, wanted },
    { cause },
  );
}

const heads = {
  method: 'Method',
  of: '',
  requests: 'Requests',
  answered: 'Answered',
  refused: 'Refused',
  late: 'Late',
  left: 'Left',
  itemsPerSecond: 'Items/s',
  meanMs: 'Mean ms',
  p50Ms: 'p50',
  p90Ms: 'p90',
  p99Ms: 'p99',
  batches: 'Batches',
  meanBatchItems: 'Items each',
};

function toRow(one: Answer): Record<string, string> {
  const numbers = Object.entries(one).map(([key, value]) => [
    key,
    typeof value === 'number' ? (Number.isInteger(value) ? String(value) : value.toFixed(1)) : value,
  ]);
  return Object.fromEntries(numbers);
}

function toCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  }
  return value;
}

function toMs(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number of milliseconds, 0 or more.');
  }
  return value;
}
