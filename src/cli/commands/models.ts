/** `bento models`: the store of models on the command line. */
import type { Command } from 'commander';
import { printSize } from '../../observe/print-size.ts';
import type { Verification } from '../../store/checksums.ts';
import { modelShelf } from '../model-shelf.ts';
import { addOutput, type Output, printRows } from '../print-value.ts';
import {
  defineDelete,
  defineExport,
  defineGet,
  defineImport,
  defineList,
  definePull,
  definePush,
} from '../store-commands.ts';

/** Adds the commands below it. */
export function define(command: Command): void {
  const add = (name: string, summary: string) =>
    command.command(name).description(summary).option('--verbose', 'print the whole story of an error');
  command.helpCommand(false);
  defineList(add('list', 'list the models of the store, the newest first'), modelShelf);
  defineGet(add('get', 'print what is known of a model'), modelShelf);
  defineDelete(add('delete', 'delete models from the store'), modelShelf);
  defineVerify(add('verify', 'compare the files of models with their checksums'));
  defineExport(add('export', 'write a model as one file or a folder'), modelShelf);
  defineImport(add('import', 'put an exported model into the store'), modelShelf);
  definePush(add('push', 'push a model to a registry'), modelShelf);
  definePull(add('pull', 'put a model of a registry into the store'), modelShelf);
  command.addHelpText(
    'after',
    '\nExamples:\n  bento models list\n  bento models get iris:latest -o path\n  bento models export iris:v1 iris.bentomodel\n  bento models push iris:v1 registry.example.com/team/iris',
  );
}

function defineVerify(command: Command): void {
  addOutput(command.argument('<tags...>', 'models to verify; a name is its newest version'))
    .option('--record', 'write the checksums of the files as they are now')
    .action(async (tags: readonly string[], { output, record }: { output: Output; record?: true }) => {
      const rows = [];
      for (const tag of tags) {
        const found = await modelShelf.items.get(tag);
        const result = await modelShelf.items.verify(found.tag, { record: record === true });
        if (result.problems.length > 0) process.exitCode = 1;
        const what = { files: String(result.files), size: printSize(result.bytes), result: summarize(result, record) };
        rows.push({ tag: String(found.tag), ...what });
      }
      printRows(rows, { tag: 'Tag', files: 'Files', size: 'Size', result: 'Result' }, output);
    });
}

function summarize({ problems }: Verification, isRecorded: true | undefined): string {
  if (isRecorded) return 'recorded';
  if (problems.length === 0) return 'as recorded';
  const shown = problems.slice(0, 10).map(({ path, problem }) => `${JSON.stringify(path)} is ${problem}`);
  return `${shown.join(', ')}${problems.length > 10 ? `, … (${problems.length} in all)` : ''}`;
}
