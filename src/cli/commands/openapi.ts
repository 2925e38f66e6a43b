/** `bento openapi`: prints or writes the OpenAPI document of a service. */
import type { Command } from 'commander';
import { toOpenApi } from '../../gateway/openapi.ts';
import { readSpec } from '../read-spec.ts';
import { addTarget } from '../target-argument.ts';
import { type ArgumentFlags, addArguments, readArguments } from '../template-arguments.ts';
import { writeWhole } from '../write-file.ts';

type Flags = ArgumentFlags & { readonly output?: string };

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  addArguments(command);
  command.option('-o, --output <file>', 'write to a file instead of standard output');
  command.action((target: string, flags: Flags) => run(target, flags));
}

async function run(target: string, { output, ...flags }: Flags): Promise<void> {
  const spec = await readSpec(target, readArguments(flags, 'bento openapi'));
  const text = `${JSON.stringify(toOpenApi(spec), null, 2)}\n`;
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  writeWhole(output, text, { where: 'bento openapi', name: '--output' });
  process.stderr.write(`wrote the OpenAPI document of ${spec.name} to ${output}\n`);
}
