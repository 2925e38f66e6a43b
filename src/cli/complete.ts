/** What may come next on a command line: decided from what the commands say of themselves. */
import type { Argument, Command, Option } from 'commander';

/** Something that may stand where the user is. */
export interface Candidate {
  readonly value: string;
  /** What it means; empty where the value says it. */
  readonly text: string;
}

/** What may come next. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether names of files may, too. */
  readonly withFiles: boolean;
}

interface Deps {
  /** Adds arguments and options to a command of the program, which has them only when it is called. */
  define(name: string): Promise<void>;
  /** Tags that begin with a text. */
  tags(kind: 'model' | 'bento', start: string): Promise<readonly string[]>;
}

/** @param words those behind the name of the program; the last one is not finished, and may be empty. */
export async function complete(program: Command, words: readonly string[], deps: Deps): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const at = await findPlace(program, words.slice(0, -1), deps.define);
  if (at.command.commands.length > 0 && at.operands > 0) return nothing; // of a command that there is not
  if (at.value) return valuesOf(at.value, current);
  const [, flag, start] = (at.isPastFlags ? null : /^(--[\w-]+)=(.*)$/s.exec(current)) ?? [];
  if (flag !== undefined && start !== undefined) {
    const option = findOption(at.command, flag);
    const { candidates, withFiles } = option ? valuesOf(option, start) : nothing;
    return { candidates: candidates.map(({ value, text }) => ({ value: `${flag}=${value}`, text })), withFiles };
  }
  if (current.startsWith('-') && !at.isPastFlags) return beginningWith(current, flagsOf(at));
  if (at.command.commands.length > 0) return beginningWith(current, commandsOf(at.command));
  return argumentOf(at, current, deps.tags);
}

interface Place {
  readonly command: Command;
  /** Words of the command that are no flags. */
  readonly operands: number;
  /** Flags that are there already. */
  readonly given: readonly string[];
  /** The option whose value comes next. */
  readonly value: Option | undefined;
  /** Whether "--" was there. */
  readonly isPastFlags: boolean;
}

async function findPlace(program: Command, words: readonly string[], define: Deps['define']): Promise<Place> {
  let command = program;
  let operands = 0;
  let value: Option | undefined;
  let isPastFlags = false;
  const given: string[] = [];
  for (const word of words) {
    if (value) {
      value = undefined;
      continue;
    }
    if (word === '--') isPastFlags = true;
    if (word.startsWith('-') && !isPastFlags) {
      const option = findOption(command, word.replace(/=.*$/s, ''));
      if (option) given.push(...flagNames(option));
      value = option && (option.required || option.optional) && !word.includes('=') ? option : undefined;
      continue;
    }
    const below = operands === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (!below) {
      if (word !== '--') operands++;
      continue;
    }
    if (command === program) await define(word);
    command = below;
  }
  return { command, operands, given, value, isPastFlags };
}

const nothing: Completion = { candidates: [], withFiles: false };

const findOption = (command: Command, flag: string) =>
  command.options.find(({ short, long }) => flag === short || flag === long);

const flagNames = ({ short, long }: Option) => [short, long].filter((flag) => flag !== undefined);

function flagsOf({ command, given }: Place): readonly Candidate[] {
  const open = command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => Array.isArray(option.defaultValue) || !flagNames(option).some((flag) => given.includes(flag)));
  return open.flatMap((option) => flagNames(option).map((value) => ({ value, text: option.description })));
}

const commandsOf = (command: Command): readonly Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ value: one.name(), text: one.description() }));

function valuesOf({ argChoices, flags }: Option, start: string): Completion {
  return {
    ...beginningWith(start, toCandidates(argChoices ?? [])),
    withFiles: isPath(/[<[]([^>\]]+)/.exec(flags)?.[1]),
  };
}

async function argumentOf({ command, operands }: Place, start: string, tags: Deps['tags']): Promise<Completion> {
  const { registeredArguments: all } = command;
  const last = all.at(-1);
  const argument: Argument | undefined = all[operands] ?? (last?.variadic ? last : undefined);
  if (!argument) return nothing;
  if (argument.argChoices) return beginningWith(start, toCandidates(argument.argChoices));
  const withFiles = isPath(argument.name());
  const isTag = ['tag', 'tags', 'name', 'target'].includes(argument.name()); // a target may be a bento
  if (!isTag) return { candidates: [], withFiles };
  const kind = command.parent?.name() === 'models' ? 'model' : 'bento';
  return { ...beginningWith(start, toCandidates(await tags(kind, start))), withFiles };
}

const isPath = (name: string | undefined) => ['file', 'path', 'folder', 'target'].includes(name ?? '');

const toCandidates = (values: readonly string[]) => values.map((value) => ({ value, text: '' }));

const beginningWith = (start: string, candidates: readonly Candidate[]): Completion => ({
  candidates: candidates.filter(({ value }) => value.startsWith(start)),
  withFiles: false,
});
