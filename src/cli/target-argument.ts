/** The argument that says which service a command is about. */
import type { Command } from 'commander';

const name = 'target';

/** Adds it; without it the service of the working folder is meant. */
export function addTarget(command: Command): void {
  command.argument(`[${name}]`, 'file, file:Class, folder with a service.ts, or a bento', '.');
}

/**
 * What may be the target among the words behind a command, as far as its flags are known; `undefined` if the command
 * takes none. A command that is not known at all may take one.
 */
export function targetWords(command: Command | undefined, words: readonly string[]): string[] | undefined {
  if (command && command.registeredArguments[0]?.name() !== name) return undefined;
  const options = command?.options ?? [];
  const takeValue = options.filter((one) => one.required || one.optional).flatMap(({ short, long }) => [short, long]);
  const isValue = (index: number) => index > 0 && takeValue.includes(words[index - 1]);
  return words.filter((word, index) => !word.startsWith('-') && !isValue(index));
}
