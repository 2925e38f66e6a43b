/** `bento build`: builds a bento of a project. */
import { type Command, Option } from 'commander';
import { type BuildSettings, toBuildSettings } from '../../build/build-settings.ts';
import { ServiceError } from '../../errors.ts';
import type { BuildResult } from '../../gateway/build.ts';
import { printSize } from '../../observe/print-size.ts';
import { showBuildSteps } from '../build-steps.ts';
import { printValue } from '../print-value.ts';
import { pushAndPrint } from '../store-commands.ts';
import { toTable } from '../table.ts';
import { addTarget } from '../target-argument.ts';
import { type ArgumentFlags, addArguments, readArguments } from '../template-arguments.ts';

const outputs = ['text', 'json', 'yaml', 'tag'] as const;

interface Flags extends ArgumentFlags {
  readonly bentofile?: string;
  readonly name?: string;
  readonly version?: string;
  readonly description?: string;
  readonly label: readonly string[];
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly model: readonly string[];
  readonly env: readonly string[];
  readonly output: (typeof outputs)[number];
  readonly containerize?: true;
  readonly push?: true;
  readonly force?: true;
}

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  addTarget(command);
  addArguments(command);
  const list = (flag: string, what: string) => command.option(flag, `${what} (may be repeated)`, collect, []);
  command
    .option('-f, --bentofile <file>', 'what says how it is built, instead of bentofile.yaml and its like')
    .option('--name <name>', 'its name (default made of the name of the service)')
    .option('--version <version>', 'its version (default a new one)')
    .option('--description <text>', 'its README: a text, or file: and a path in the project');
  list('--label <key=value>', 'a label, beside those of the bentofile');
  list('--include <pattern>', 'files that belong to it, as in a .gitignore');
  list('--exclude <pattern>', 'files that do not');
  list('--model <tag>', 'a model of the store beside those that the service asks for');
  list('--env <name=value>', 'an environment variable; a name alone is a secret, which is left to the environment');
  command
    .addOption(
      new Option('--containerize', 'make an OCI image of it, as bento containerize does').conflicts(['push', 'output']),
    )
    .addOption(new Option('--push', 'push it below BENTOML_REGISTRY, as bento push does').conflicts('output'))
    .option('--force', 'with --push, replace another one that has the tag')
    .addOption(new Option('-o, --output <format>', 'what is printed').choices([...outputs]).default('text'))
    .addHelpText(
      'after',
      `
The first of these that says anything about the bento holds, and flags go before it: bentofile.yaml, "bentots" in
package.json, [tool.bentoml.build] in pyproject.toml.

Examples:
  bento build                        the project in this folder
  bento build services/embedder --version 1.4.0 --label team=search
  bento build src/service.ts:Embedder --exclude 'data/raw/' -o json`,
    )
    .action((target: string, flags: Flags) => run(target, flags));
}

const collect = (value: string, before: readonly string[]) => [...before, value];

async function run(target: string, flags: Flags): Promise<void> {
  const startedMs = performance.now();
  const said = toSettings(flags);
  const { buildWithBentofile } = await loadBuild();
  await using steps = await showBuildSteps();
  const result = await buildWithBentofile({
    target,
    bentofile: flags.bentofile,
    override: (settings) => merge(settings, said, flags),
    version: flags.version,
    store: { onWarning: steps.warn },
    onStep: steps.show,
  });
  steps.end();
  print(result, flags.output, performance.now() - startedMs);
  await goOn(String(result.bento.tag), flags);
}

async function goOn(tag: string, { containerize, push, force }: Flags): Promise<void> {
  if (containerize) await (await import('./containerize.ts')).makeOciImage(tag);
  if (push) {
    const { bentoShelf } = await import('../bento-shelf.ts');
    await pushAndPrint(bentoShelf, tag, undefined, { force, output: 'table' });
  }
}

/** Not before it is known that this copy builds. By itself, since TypeScript 6 renames no import beside `await using`. */
const loadBuild = () => import('../../gateway/build.ts');

/** What the flags say, checked as what a bentofile says. */
function toSettings(flags: Flags): BuildSettings {
  const { name, description } = flags;
  const place = () => 'bento build';
  return toBuildSettings({
    kind: 'options',
    rows: {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      labels: Object.fromEntries(flags.label.map((text) => toPair(text, '--label'))),
      include: flags.include,
      exclude: flags.exclude,
      models: flags.model,
      envs: flags.env.map(toVariable),
      args: readArguments(flags, 'bento build'),
    },
    placeOfKey: place,
    placeOfValue: place,
  });
}

/** Maps are merged, lists replaced where a flag says one. */
function merge(file: BuildSettings, flags: BuildSettings, given: Flags): BuildSettings {
  return {
    ...file,
    name: flags.name ?? file.name,
    description: flags.description ?? file.description,
    labels: { ...file.labels, ...flags.labels },
    include: given.include.length > 0 ? flags.include : file.include,
    exclude: given.exclude.length > 0 ? flags.exclude : file.exclude,
    models: given.model.length > 0 ? flags.models : file.models,
    envs: [...file.envs.filter(({ name }) => !flags.envs.some((one) => one.name === name)), ...flags.envs],
    args: { ...file.args, ...flags.args },
  };
}

function toPair(text: string, name: string): readonly [key: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  const seen = JSON.stringify(text);
  throw new ServiceError('OPTION_INVALID', { where: 'bento build', name, seen, wanted: 'key=value' });
}

function toVariable(text: string): { readonly name: string; readonly value?: string; readonly secret?: true } {
  if (!text.includes('=')) return { name: text, secret: true };
  const [name, value] = toPair(text, '--env');
  return { name, value };
}

function print(result: BuildResult, output: Flags['output'], tookMs: number): void {
  const { bento, digest, files } = result;
  const tag = String(bento.tag);
  if (output === 'tag') return void say(`__tag__:${tag}`); // as BentoML says it, for scripts
  const sizes = [...files.values()];
  const sizeBytes = sizes.reduce((sum, size) => sum + size, 0);
  if (output !== 'text') {
    return void printValue({ tag, folder: bento.folder, digest, files: sizes.length, size_bytes: sizeBytes }, output);
  }
  say(`built ${tag} in ${(tookMs / 1000).toFixed(1)} s: ${bento.folder}`);
  say(`content ${digest}`);
  const total = ['in all', `${sizes.length} files`, printSize(sizeBytes)] as const;
  const lines = toTable(['', '', ''], [...toTree(files), total]);
  for (const line of lines.slice(1)) say(`  ${line}`);
  say(`serve it: bento serve ${tag}`);
}

/** What lies at the top, and of models each one. */
function toTree(files: ReadonlyMap<string, number>): readonly (readonly [string, string, string])[] {
  const groups = new Map<string, { count: number; bytes: number }>();
  for (const [path, bytes] of files) {
    const parts = path.split('/');
    const depth = parts[0] === 'models' ? 3 : 1;
    const name = parts.length <= depth ? path : `${parts.slice(0, depth).join('/')}/`;
    const group = groups.get(name) ?? { count: 0, bytes: 0 };
    groups.set(name, { count: group.count + 1, bytes: group.bytes + bytes });
  }
  const rows = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return rows.map(([name, { count, bytes }]) => [name, name.endsWith('/') ? `${count} files` : '', printSize(bytes)]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
