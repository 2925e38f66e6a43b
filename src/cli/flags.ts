/** Makes command-line flags of the rows of the options table. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Option as Row } from '../config/option.ts';
import { isOption, type Rows } from '../config/resolve.ts';

/** Adds a flag for every row that names one, in groups of rows too; the value lands under the row's name. */
export function addFlags(command: Command, rows: Rows, prefix = ''): void {
  for (const [name, row] of Object.entries(rows)) {
    if (!isOption(row)) addFlags(command, row, `${prefix}${name}.`);
    else if (row.flag !== undefined) command.addOption(toFlag(prefix + name, row, row.flag));
  }
}

function toFlag(name: string, row: Row<unknown>, flag: string): Option {
  const from = row.env === undefined ? '' : `, environment ${row.env}`;
  const fallback = row.default === undefined || row.default === false ? '' : `default ${row.default}`;
  const notes = `${fallback}${from}`.replace(/^, /, '');
  const option = new Option(flag, notes === '' ? row.doc : `${row.doc} (${notes})`);
  option.attributeName = () => name;
  if (!flag.includes('<')) return option; // given or not
  return option.argParser((text) => {
    const value = row.fromText(text);
    if (row.accepts(value)) return value;
    throw new InvalidArgumentError(`It must be ${row.wanted}.`);
  });
}

/** The values of the flags that were given, in the groups of their rows. */
export function givenFlags(
  values: Readonly<Record<string, unknown>>,
  rows: Rows,
  prefix = '',
): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, row] of Object.entries(rows)) {
    if (isOption(row)) {
      if (Object.hasOwn(values, prefix + name)) given[name] = values[prefix + name];
      continue;
    }
    const group = givenFlags(values, row, `${prefix}${name}.`);
    if (Object.keys(group).length > 0) given[name] = group;
  }
  return given;
}
