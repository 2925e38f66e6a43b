/** The flags `--arg` and `--arg-file`: what the modules of a service get from `useArguments`. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { serverOptions } from '../config/options.ts';
import { ServiceError } from '../errors.ts';

/** What the flags said. */
export interface ArgumentFlags {
  readonly arg: readonly string[];
  readonly argFile?: string;
}

/** Adds the flags. */
export function addArguments(command: Command): void {
  command
    .option('--arg <name=value>', 'argument of the service, for useArguments (may be repeated)', collect, [])
    .option('--arg-file <file>', 'YAML or JSON file with arguments; what --arg says goes before it');
}

const collect = (value: string, before: readonly string[]) => [...before, value];

/**
 * The arguments that the flags name: texts, or what the file has. Of one that is named twice the last holds.
 * @param where begins the message of an error, for example `bento serve`.
 * @throws ServiceError `OPTION_INVALID`
 */
export function readArguments({ arg, argFile }: ArgumentFlags, where: string): Readonly<Record<string, unknown>> {
  const said = arg.map((text) => toPair(text, where));
  return { ...(argFile === undefined ? {} : readFile(argFile, where)), ...Object.fromEntries(said) };
}

function toPair(text: string, where: string): readonly [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  // What was meant for a secret may be all that there is.
  const seen = at === 0 ? 'without a name' : `without "=", ${text.length} characters long`;
  throw new ServiceError('OPTION_INVALID', { where, name: '--arg', seen, wanted: 'name=value' });
}

function readFile(file: string, where: string): Readonly<Record<string, unknown>> {
  const refuse = (wanted: string, cause?: unknown) =>
    new ServiceError('OPTION_INVALID', { where, name: '--arg-file', seen: file, wanted }, { cause });
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'), { prettyErrors: false }) ?? {};
  } catch (cause) {
    throw refuse(`a YAML or JSON file that can be read (${(cause as Error).message})`, cause);
  }
  if (serverOptions.args.accepts(value)) return value;
  throw refuse('a file with a map of arguments and their values, such as: model: small');
}
