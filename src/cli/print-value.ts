/** Prints what a command found: for people, or as JSON or YAML for programs. */
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { toPlainText } from '../observe/plain-text.ts';
import { toTable } from './table.ts';

const outputs = ['table', 'json', 'yaml'] as const;

/** How a command prints. */
export type Output = (typeof outputs)[number];

/** Adds the flag that says how. */
export function addOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how it is printed').choices([...outputs]).default('table'),
  );
}

/** One line of a table; the keys are those of JSON and YAML, too. */
export type Row = Readonly<Record<string, string>>;

/** Prints rows; `heads` names the columns of the table by their keys. */
export function printRows(rows: readonly Row[], heads: Row, output: Output): void {
  if (output !== 'table') {
    printValue(rows, output);
    return;
  }
  const keys = Object.keys(heads);
  const cells = rows.map((row) => keys.map((key) => row[key] ?? ''));
  for (const line of toTable(Object.values(heads), cells)) process.stdout.write(`${line}\n`);
}

/** Prints plain data. */
export function printValue(value: unknown, output: 'json' | 'yaml'): void {
  const plain = JSON.stringify(value, toJson, 2);
  printText(output === 'json' ? `${plain}\n` : stringify(JSON.parse(plain)));
}

/** Prints a text that others wrote: programs get all of it, a terminal nothing that it would obey. */
export function printText(text: string): void {
  process.stdout.write(process.stdout.isTTY ? toPlainText(text) : text);
}

/** What JSON has no word for. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** A time where the user is, for example `2024-05-01 12:00:00`. */
export function printTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
