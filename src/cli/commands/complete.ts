/** `bento complete`: what the scripts of `bento completion` ask at every press of the key. */
import type { Command } from 'commander';
import { openBentos } from '../../store/bentos.ts';
import { openModels } from '../../store/models.ts';
import { complete } from '../complete.ts';
import { filesMark } from '../completion-scripts.ts';

const most = 1000; // more than anybody reads

/** Adds arguments, options and what to do. */
export function define(command: Command, defineOther: (name: string) => Promise<void>): void {
  command.argument('[words...]', 'those behind bento, the last one unfinished');
  command.action(async (words: readonly string[]) => {
    const program = command.parent as Command; // it is a command of bento
    const { candidates, withFiles } = await complete(program, words, { define: defineOther, tags: findTags });
    const lines = candidates.slice(0, most).map(({ value, text }) => `${value}\t${text.replace(/\s+/g, ' ')}\n`);
    process.stdout.write(`${withFiles ? `${filesMark}\n` : ''}${lines.join('')}`);
  });
}

/** Of a store that cannot be read there are none. */
async function findTags(kind: 'model' | 'bento', start: string): Promise<readonly string[]> {
  const options = { onWarning: () => {} };
  const { list } = kind === 'model' ? openModels(options) : openBentos(options);
  const tags = (await list()).map(({ tag }) => tag);
  // A name first, then its versions: what is wanted is the newest, or one of them.
  return start.includes(':') ? tags.map(String) : [...new Set(tags.flatMap((tag) => [tag.name, String(tag)]))];
}
