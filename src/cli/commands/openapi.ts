/** `bento openapi`: prints or writes the OpenAPI document of a service. */
import { randomUUID } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ServiceError } from '../../errors.ts';
import { toOpenApi } from '../../gateway/openapi.ts';
import { readSpec } from '../read-spec.ts';
import { addTarget } from '../target-argument.ts';

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  command.option('-o, --output <file>', 'write to a file instead of standard output');
  command.action((target: string, { output }: { output?: string }) => run(target, output));
}

async function run(target: string, output: string | undefined): Promise<void> {
  const spec = await readSpec(target);
  const text = `${JSON.stringify(toOpenApi(spec), null, 2)}\n`;
  if (output === undefined) {
    process.stdout.write(text);
    return;
  }
  writeWhole(output, text);
  process.stderr.write(`wrote the OpenAPI document of ${spec.name} to ${output}\n`);
}

/** Writes the file whole or not at all. */
function writeWhole(file: string, text: string): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) refuse(file, 'a plain file'); // a rename would put one in the place of a pipe or device
  const path = stats ? realpathSync(file) : file; // what a link leads to, not the link
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', ...(stats ? { mode: stats.mode } : {}) });
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    refuse(file, 'a file in a folder that exists and can be written', cause);
  }
}

function refuse(file: string, wanted: string, cause?: unknown): never {
  const where = 'bento openapi';
  throw new ServiceError('OPTION_INVALID', { where, name: '--output', seen: file, wanted }, { cause });
}
