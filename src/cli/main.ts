/** The command line: finds the command and runs it. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { printError } from './print-error.ts';

/** A command's own file, loaded only when the command is called. */
interface CommandModule {
  /** Adds arguments, options and what to do. */
  define(command: Command): void;
}

const commands: readonly { readonly name: string; readonly summary: string; load(): Promise<CommandModule> }[] = [
  { name: 'serve', summary: 'serve a service over HTTP', load: () => import('./commands/serve.ts') },
  {
    name: 'schema',
    summary: 'print what a service takes and gives, as JSON',
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'openapi',
    summary: 'print the OpenAPI document of a service',
    load: () => import('./commands/openapi.ts'),
  },
];

const usageError = 2; // as most Unix programs

/** Runs the command line and sets the exit code: 0, 1 for a failure, 2 for wrong usage. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('bento')
    .description('Serves AI models written as TypeScript classes.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .showHelpAfterError('(bento --help lists what there is)')
    .exitOverride();
  const called = args.find((word) => !word.startsWith('-'));
  for (const { name, summary, load } of commands) {
    const command = program
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'print this help')
      .option('--verbose', 'print the whole story of an error')
      .showHelpAfterError(`(bento ${name} --help lists what there is)`)
      .exitOverride();
    if (name === called) (await load()).define(command);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 || error.code === 'commander.help' ? 0 : usageError;
      return;
    }
    printError(error, args.includes('--verbose'));
    process.exitCode = 1;
  }
}

function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string })
    .version;
}
