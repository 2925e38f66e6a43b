/** The command line: finds the command and runs it. */
import { Command, CommanderError } from 'commander';
import { copyOf } from '../sdk/copy.ts';
import { handOver } from './hand-over.ts';
import { printError } from './print-error.ts';
import { targetWords } from './target-argument.ts';

/** A command's own file, loaded only when the command is called. */
interface CommandModule {
  /** Adds arguments, options and what to do; loads no more than that takes. */
  define(command: Command, defineOther: (name: string) => Promise<void>): void;
}

interface CommandRow {
  readonly name: string;
  readonly summary: string;
  /** Whether only programs call it. */
  readonly isHidden?: true;
  load(): Promise<CommandModule>;
}

const commands: readonly CommandRow[] = [
  { name: 'serve', summary: 'serve a service over HTTP', load: () => import('./commands/serve.ts') },
  { name: 'status', summary: 'print how running servers are', load: () => import('./commands/status.ts') },
  {
    name: 'reload',
    summary: 'have a running server load its service again',
    load: () => import('./commands/reload.ts'),
  },
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
  {
    name: 'client',
    summary: 'write a typed client of a running service',
    load: () => import('./commands/client.ts'),
  },
  { name: 'build', summary: 'build a bento of a project', load: () => import('./commands/build.ts') },
  {
    name: 'containerize',
    summary: 'make an OCI image of a bento',
    load: () => import('./commands/containerize.ts'),
  },
  {
    name: 'dockerfile',
    summary: 'print the Dockerfile of a bento',
    load: () => import('./commands/dockerfile.ts'),
  },
  {
    name: 'models',
    summary: 'list, get, delete, verify, export, import, push and pull models',
    load: () => import('./commands/models.ts'),
  },
  { name: 'list', summary: 'list the bentos of the store, the newest first', load: () => import('./commands/list.ts') },
  { name: 'get', summary: 'print what is known of a bento', load: () => import('./commands/get.ts') },
  { name: 'delete', summary: 'delete bentos from the store', load: () => import('./commands/delete.ts') },
  { name: 'export', summary: 'write a bento as one file or a folder', load: () => import('./commands/export.ts') },
  { name: 'import', summary: 'put an exported bento into the store', load: () => import('./commands/import.ts') },
  { name: 'push', summary: 'push a bento to a registry of OCI images', load: () => import('./commands/push.ts') },
  { name: 'pull', summary: 'put a bento of a registry into the store', load: () => import('./commands/pull.ts') },
  {
    name: 'batching',
    summary: 'answer from a log of decisions what other batches would have brought',
    load: () => import('./commands/batching.ts'),
  },
  {
    name: 'completion',
    summary: 'print the script that makes a shell complete the words of bento',
    load: () => import('./commands/completion.ts'),
  },
  {
    name: 'complete',
    summary: 'say what may come next',
    isHidden: true,
    load: () => import('./commands/complete.ts'),
  },
];

const usageError = 2; // as most Unix programs

/**
 * Runs the command line and sets the exit code: 0, 1 for a failure, 2 for wrong usage. Where the service imports another
 * copy of bentots, that copy runs it, unless it was just handed over by another one.
 */
export async function main(args: readonly string[], { isHandedOver = false } = {}): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', unlessUnread);
  const program = new Command('bento')
    .description('Serves AI models written as TypeScript classes.')
    .version(copyOf(import.meta.url).version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .enablePositionalOptions() // --version of a command is its own
    .showHelpAfterError('(bento --help lists what there is)')
    .exitOverride();
  const called = args.find((word) => !word.startsWith('-'));
  const define = async (name: string) => {
    const command = program.commands.find((one) => one.name() === name);
    const row = commands.find((one) => one.name === name);
    if (command && row) (await row.load()).define(command, define);
  };
  for (const { name, summary, isHidden = false } of commands) {
    program
      .command(name, { hidden: isHidden })
      .description(summary)
      .helpOption('-h, --help', 'print this help')
      .option('--verbose', 'say which copy of bentots runs, and print the whole story of an error')
      .showHelpAfterError(`(bento ${name} --help lists what there is)`)
      .exitOverride();
  }
  if (called !== undefined) await define(called);
  try {
    const isCommand = called !== undefined && called === args[0]; // a flag before it is about the program
    const command = program.commands.find((one) => one.name() === called);
    const words = isCommand && !isHandedOver ? targetWords(command, args.slice(1)) : undefined;
    if (words && (await handOver(words, args.includes('--verbose')))) return;
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

/** Whoever reads our words may have had enough of them, as `head` has: what is to be done is done all the same. */
function unlessUnread(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
}
