/** `bento reload`: has a running server load its service again. */
import { type Command, Option } from 'commander';
import { findHome } from '../../config/home.ts';
import { ServiceError } from '../../errors.ts';
import { askReload } from '../../gateway/control/control-client.ts';
import type { ReloadLine } from '../../gateway/control/protocol.ts';
import { toPlainText } from '../../observe/plain-text.ts';
import { never } from '../../spec/never.ts';
import { addServerChoice, chosenServers, nameServer, type ServerChoice } from '../server-choice.ts';

/** Adds options and what to do. */
export function define(command: Command): void {
  addServerChoice(command);
  command.addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'));
  command.addHelpText('after', '\nExamples:\n  bento reload\n  bento reload --port 3000');
  command.action((flags: ServerChoice & { readonly output: 'text' | 'json' }) => run(flags));
}

async function run({ output, ...choice }: ServerChoice & { readonly output: 'text' | 'json' }): Promise<void> {
  const [server, ...others] = await chosenServers(findHome(), choice);
  if (!server)
    throw new ServiceError('SERVER_MISSING', {
      problem: 'no server is running that bento serve has started for this user',
    });
  if (others.length > 0) {
    const servers = [server, ...others].map(nameServer).join(', ');
    throw new ServiceError('SERVER_AMBIGUOUS', { servers, example: `--port ${server.place.port}` });
  }
  const say = (line: ReloadLine) => {
    if (output === 'text') process.stderr.write(`${describe(line)}\n`);
  };
  if (output === 'text') process.stderr.write(`reloading ${nameServer(server)}\n`);
  const end = await askReload(server.place, say);
  process.stdout.write(`${output === 'json' ? JSON.stringify(end) : describe(end)}\n`);
  if (end.kind === 'failed') process.exitCode = 1;
}

function describe(line: ReloadLine): string {
  return toPlainText(toWords(line));
}

function toWords(line: ReloadLine): string {
  switch (line.kind) {
    case 'waiting':
      return 'an older version still has requests: reloading when they have finished';
    case 'progress':
      return `${line.ready} of ${line.of} workers of the new version are ready`;
    case 'reloaded':
      return `${line.service} is reloaded, after ${Math.round(line.afterMs)} ms`;
    case 'failed':
      return `not reloaded; the version before goes on: ${line.error}`;
    default:
      return never(line);
  }
}
