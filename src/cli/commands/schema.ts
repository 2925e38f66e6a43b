/** `bento schema`: prints what a service takes and gives. */
import type { Command } from 'commander';
import { readSpec } from '../read-spec.ts';
import { addTarget } from '../target-argument.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  command.action(async (target: string) => {
    process.stdout.write(`${JSON.stringify(await readSpec(target), null, 2)}\n`);
  });
}
