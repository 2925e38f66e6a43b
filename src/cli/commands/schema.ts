/** `bento schema`: prints what a service takes and gives. */
import type { Command } from 'commander';
import { serverOptions } from '../../config/options.ts';
import { describeTarget } from '../../pool/generation.ts';
import { findTarget } from '../../pool/target.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  command.argument('[target]', 'file, file:Class, or folder with a service.ts', '.');
  command.action((target: string) => run(target));
}

async function run(text: string): Promise<void> {
  const spec = await describeTarget({
    target: findTarget(text, process.cwd()),
    niceness: serverOptions.niceness.default,
    signal: new AbortController().signal,
    log: (level, message) => void process.stderr.write(`${level}: ${message}\n`),
  });
  process.stdout.write(`${JSON.stringify(spec, null, 2)}\n`);
}
