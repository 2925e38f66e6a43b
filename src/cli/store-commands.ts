/** The commands that models and bentos have in common. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { isServiceError, ServiceError } from '../errors.ts';
import { toPlainText } from '../observe/plain-text.ts';
import { printSize } from '../observe/print-size.ts';
import type { ItemActions } from '../store/items.ts';
import { parseYaml } from '../store/python-yaml.ts';
import type { StoreItem, StoreRecord } from '../store/store.ts';
import { Tag } from '../tag.ts';
import { drawDownloads } from './draw-downloads.ts';
import { interruptible } from './interruptible.ts';
import { addOutput, type Output, printRows, printText, printTime, printValue, type Row } from './print-value.ts';

/** One kind of item, as its commands speak of it. */
export interface Shelf<R extends StoreRecord> {
  readonly noun: 'model' | 'bento';
  /** What comes before the name of a command. */
  readonly prefix: 'bento' | 'bento models';
  readonly marker: string;
  readonly items: ItemActions<StoreItem<R>>;
  /** Names of the columns between the tag and the time. */
  readonly heads: Row;
  toRow(item: StoreItem<R>): Promise<Row>;
  /** @throws ServiceError if one of them is needed by something else. */
  assertUnused(tags: readonly Tag[]): Promise<void>;
}

/** Warnings of the store are lines for people. */
export const storeOptions = {
  onWarning: (message: string) => void process.stderr.write(`bento: ${toPlainText(message)}\n`),
};

export function defineList<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  addOutput(command.argument('[name]', `only ${shelf.noun}s of that name, or the one of that tag`))
    .option('--label <key=value>', 'only those with that label (may be repeated)', collect, [])
    .action(async (name: string | undefined, { output, label }: { output: Output; label: readonly string[] }) => {
      const wanted = label.map((text) => toLabel(text, `${shelf.prefix} list`));
      const found = await shelf.items.list(name);
      if (name !== undefined && found.length === 0) await shelf.items.get(name); // which says that there is none
      const items = found.filter(({ record }) => wanted.every(([key, value]) => labelsOf(record)[key] === value));
      const newestFirst = items.toSorted((a, b) => b.record.createdMicros - a.record.createdMicros);
      const rows: Row[] = [];
      for (const item of newestFirst) {
        rows.push({ tag: String(item.tag), ...(await shelf.toRow(item)), creation_time: printTime(item.creationTime) });
      }
      printRows(rows, { tag: 'Tag', ...shelf.heads, creation_time: 'Creation Time' }, output);
    });
}

export function defineGet<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  const output = new Option('-o, --output <format>', 'what is printed')
    .choices(['yaml', 'json', 'path'])
    .default('yaml');
  command
    .argument('<tag>', `name, name:version or the beginning of a version`)
    .addOption(output)
    .action(async (tag: string, flags: { output: 'yaml' | 'json' | 'path' }) => {
      const item = await shelf.items.get(tag);
      if (flags.output === 'path') return void process.stdout.write(`${item.folder}\n`);
      const text = await readFile(item.pathOf(shelf.marker), 'utf8');
      if (flags.output === 'json') printValue(parseYaml(text), 'json');
      else printText(text.endsWith('\n') ? text : `${text}\n`);
    });
}

export function defineDelete<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  const where = `${shelf.prefix} delete`;
  addOutput(command)
    .argument('<tags...>', 'what to delete, with spaces or commas between them; a name is all of its versions')
    .option('-y, --yes', 'do not ask')
    .action(async (words: readonly string[], { yes, output }: { yes?: true; output: Output }) => {
      const targets = words.flatMap((word) => word.split(',')).filter((word) => word !== '');
      const tags = (await Promise.all(targets.map((target) => expand(target, shelf)))).flat();
      const each = tags.filter((tag, at) => tags.findIndex((one) => one.equals(tag)) === at);
      await shelf.assertUnused(each); // of all, before anything is asked or done
      if (!yes) assertTerminal(where);
      const deleted: Row[] = [];
      try {
        for (const tag of each) {
          if (!yes && !(await confirm(`delete ${shelf.noun} ${tag}?`))) continue;
          await shelf.items.delete(tag);
          deleted.push({ tag: String(tag) });
          if (output === 'table') printText(`deleted ${shelf.noun} ${tag}\n`);
        }
      } finally {
        if (output !== 'table') printValue(deleted, output); // also where one could not be deleted
      }
    });
}

export function defineExport<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  addOutput(command)
    .argument('<tag>', `name, name:version or the beginning of a version`)
    .argument('[path]', 'file, folder or s3:// address; a folder that is there gets a file named for the tag', '')
    .option(
      '--format <format>',
      `${shelf.noun === 'model' ? 'bentomodel' : 'bento'}, tar, gz, zst, xz, zip or folder; without it what the path ends with`,
    )
    .action(async (tag: string, path: string, { format, output }: { format?: string; output: Output }) => {
      const item = await shelf.items.get(tag);
      const to = await interruptible((signal) => shelf.items.export(item.tag, path, { format, signal }));
      if (to === undefined) return;
      if (output === 'table') printText(`exported ${shelf.noun} ${item.tag} to ${to}\n`);
      else printValue({ tag: String(item.tag), path: to }, output);
    });
}

export function defineImport<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  addOutput(command)
    .argument('<path>', 'an exported file or folder, or an s3:// address')
    .action(async (path: string, { output }: { output: Output }) => {
      const found = await interruptible((signal) => shelf.items.import(path, { signal }));
      if (!found) return;
      const { tag, folder } = found;
      if (output === 'table') printText(`imported ${shelf.noun} ${tag}\n`);
      else printValue({ tag: String(tag), folder }, output);
    });
}

export function definePush<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  addOutput(command)
    .argument('<tag>', 'name, name:version or the beginning of a version')
    .argument('[reference]', 'registry/name or registry/name:tag; without it below BENTOML_REGISTRY')
    .option('--force', 'replace another one that has the tag')
    .action((tag: string, reference: string | undefined, flags: TransferFlags) =>
      pushAndPrint(shelf, tag, reference, flags),
    );
}

/** Pushes an item, and says what was sent. */
export async function pushAndPrint<R extends StoreRecord>(
  shelf: Shelf<R>,
  tag: string,
  reference: string | undefined,
  { force, output }: TransferFlags,
): Promise<void> {
  const item = await shelf.items.get(tag);
  const pushed = await interruptible((signal) =>
    shelf.items.push(item.tag, reference, { force, signal, onProgress: showProgress() }),
  );
  if (pushed === undefined) return;
  const { reference: to, digest, isNew, sentBytes } = pushed;
  if (output !== 'table') return printValue({ tag: String(item.tag), ...pushed }, output);
  const what = `${shelf.noun} ${item.tag}`;
  printText(isNew ? `pushed ${what} to ${to} (${printSize(sentBytes)} sent)\n` : `${what} is at ${to} already\n`);
  printText(`${digest}\n`);
}

export function definePull<R extends StoreRecord>(command: Command, shelf: Shelf<R>): void {
  addOutput(command)
    .argument('<reference>', 'registry/name:tag, or name:tag below BENTOML_REGISTRY')
    .option('--force', 'replace the one that is there')
    .action(async (reference: string, { force, output }: TransferFlags) => {
      const pulled = await interruptible((signal) =>
        shelf.items.pull(reference, { force, signal, onProgress: showProgress() }),
      );
      if (pulled === undefined) return;
      const { item, digest, isNew } = pulled;
      const { tag, folder } = item;
      if (output === 'table')
        printText(isNew ? `pulled ${shelf.noun} ${tag}\n` : `${shelf.noun} ${tag} is here already\n`);
      else printValue({ tag: String(tag), folder, digest, isNew }, output);
    });
}

interface TransferFlags {
  readonly force?: true | undefined;
  readonly output: Output;
}

/** Only for whoever looks. */
const showProgress = () => (process.stderr.isTTY ? drawDownloads() : () => {});

/** The versions that are there of what a user named: of a version not only the beginning. */
async function expand<R extends StoreRecord>(target: string, { items, noun }: Shelf<R>): Promise<readonly Tag[]> {
  const tag = Tag.parse(target);
  const found = await items.list(tag);
  if (found.length > 0) return found.map((item) => item.tag);
  try {
    const { tag: other, folder } = await items.get(tag);
    const store = dirname(dirname(folder));
    throw new ServiceError('STORE_ITEM_MISSING', { kind: noun, tag: target, store, remedy: `did you mean ${other}?` });
  } catch (error) {
    if (isServiceError(error, 'STORE_ITEM_INVALID')) return [tag]; // broken ones can be deleted, too
    throw error;
  }
}

function assertTerminal(where: string): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  const wanted = 'given where nobody can be asked: this is no terminal';
  throw new ServiceError('OPTION_INVALID', { where, name: '--yes', seen: 'left out', wanted });
}

async function confirm(message: string): Promise<boolean> {
  const prompts = await import('@clack/prompts'); // only where somebody is asked
  return (await prompts.confirm({ message, initialValue: false })) === true; // a symbol if it is cancelled
}

const collect = (value: string, before: readonly string[]) => [...before, value];

function toLabel(text: string, where: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new ServiceError('OPTION_INVALID', { where, name: '--label', seen: JSON.stringify(text), wanted: 'key=value' });
}

function labelsOf(record: StoreRecord): Readonly<Record<string, string>> {
  return (record as { readonly labels?: Readonly<Record<string, string>> }).labels ?? {};
}
