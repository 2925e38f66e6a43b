/** `bento dockerfile`: prints or writes the Dockerfile of a bento. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { interruptible } from '../interruptible.ts';
import { printText } from '../print-value.ts';
import { storeOptions } from '../store-commands.ts';
import { writeWhole } from '../write-file.ts';

interface Flags {
  readonly output?: string;
  readonly context?: string;
}

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  command
    .argument('<bento>', 'name, name:version or the beginning of a version; or the folder of a bento')
    .option('-o, --output <file>', 'write to a file instead of standard output; a folder gets a file named for the tag')
    .option('--context <folder>', 'write the folder that it is built in, too, for a builder that is not known here')
    .action((bento: string, flags: Flags) => run(bento, flags));
}

async function run(bento: string, { output, context }: Flags): Promise<void> {
  const { createDockerfile } = await import('../../gateway/containerize.ts');
  const { tag, text, writeContext } = await createDockerfile(bento, storeOptions);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  if (context !== undefined) {
    const isWritten = await interruptible(async (signal) => {
      await writeContext(context, signal);
      return true;
    });
    if (!isWritten) return;
    say(`wrote what ${tag} is built in to ${context}`);
  }
  if (output !== undefined) {
    const isFolder = statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
    const file = isFolder ? join(output, `${tag.replace(':', '_')}.dockerfile`) : output;
    writeWhole(file, text, { where: 'bento dockerfile', name: '--output' });
    say(`wrote the Dockerfile of ${tag} to ${file}`);
  } else if (context === undefined) printText(text);
}
