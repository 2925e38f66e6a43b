/** `bento containerize`: makes an OCI image of a bento. */
import { type Command, Option } from 'commander';
import { containerizeOptions } from '../../config/build-options.ts';
import { ServiceError } from '../../errors.ts';
import { drawDownloads } from '../draw-downloads.ts';
import { addFlags, givenFlags } from '../flags.ts';
import { interruptible } from '../interruptible.ts';
import { storeOptions } from '../store-commands.ts';

type Flags = Readonly<Record<string, unknown>> & {
  readonly imageTag: readonly string[];
  readonly dockerImageTag: readonly string[];
  readonly opt: readonly string[];
  readonly output?: string;
  readonly base?: string;
  readonly progress?: string;
};

// BentoML's, which `--opt` says for every builder; those with a placeholder take a value.
const oldFlags = [
  'add-host <value>', 'allow <value>', 'attest <value>', 'build-arg <value>', 'build-context <value>', 'builder <value>',
  'cache-from <value>', 'cache-to <value>', 'cgroup-parent <value>', 'label <value>', 'load', 'metadata-file <value>',
  'network <value>', 'no-cache', 'no-cache-filter <value>', 'provenance <value>', 'pull', 'quiet',
  'sbom <value>', 'secret <value>', 'shm-size <value>', 'ssh <value>', 'target <value>', 'ulimit <value>',
]; // biome-ignore format: a list reads as a list

/** Adds arguments, options and what to do. */
export function define(command: Command): void {
  command
    .argument('<bento>', 'name, name:version or the beginning of a version; or the folder of a bento')
    .option(
      '-t, --image-tag <reference>',
      'its name, such as registry.example.com/team/name:1.0 (may be repeated)',
      collect,
      [],
    )
    .addOption(new Option('--docker-image-tag <reference>').argParser(collect).default([]).hideHelp());
  addFlags(command, containerizeOptions);
  command
    .option(
      '-o, --output <place>',
      'where it is written to: a file that ends with .tar, or a folder; or as the builder reads it',
    )
    .option(
      '--base <place>',
      'another base, for the native builder: a reference, oci:folder, oci-archive:file or docker-archive:file',
    )
    .option('--opt <name=value>', 'what the builder alone understands (may be repeated)', collect, []);
  for (const flag of oldFlags) {
    const option = new Option(`--${flag}`).hideHelp();
    option.attributeName = () => flag.split(' ')[0] ?? '';
    command.addOption(flag.includes('<') ? option.argParser(collect).default([]) : option);
  }
  command
    .addHelpText(
      'after',
      `
Examples:
  bento containerize embedder
  bento containerize embedder:1.4.0 -t registry.example.com/team/embedder:1.4 --push
  bento containerize embedder --backend buildx --platform linux/amd64,linux/arm64 -t example.com/embedder --push
  bento containerize embedder --backend native -o embedder.tar
  bento containerize embedder --backend podman --opt no-cache --opt build-arg=MIRROR=eu`,
    )
    .action((bento: string, flags: Flags) => makeOciImage(bento, flags));
}

const collect = (value: string, before: readonly string[]) => [...before, value];

/** Makes the OCI image, and says how it is run; with no flags as the environment has it. */
export async function makeOciImage(
  bento: string,
  flags: Flags = { imageTag: [], dockerImageTag: [], opt: [] },
): Promise<void> {
  const startedMs = performance.now();
  const { containerize } = await import('../../gateway/containerize.ts');
  const places = (['output', 'base'] as const).flatMap((name) => {
    const place = flags[name];
    return place === undefined ? [] : [`${name}=${place}`];
  });
  const options = toOptions([...flags.opt, ...places, ...readOldFlags(flags)]);
  if (flags.dockerImageTag.length > 0) warn('--docker-image-tag is an old name; say -t');
  const result = await interruptible((signal) =>
    containerize(bento, {
      ...storeOptions,
      ...givenFlags(flags, containerizeOptions),
      references: [...flags.imageTag, ...flags.dockerImageTag],
      options,
      signal,
      onProgress: isDrawn(flags.progress) ? drawDownloads() : () => {},
    }),
  );
  if (!result) return;
  const { backend, references, digest, place } = result;
  const took = ((performance.now() - startedMs) / 1000).toFixed(1);
  const [first] = references;
  say(`made an OCI image of ${result.bento} with ${backend} in ${took} s${digest === undefined ? '' : `: ${digest}`}`);
  for (const reference of references) say(`  ${reference}`);
  if (place !== undefined) say(`written to ${place}`);
  if (place?.endsWith('.tar')) say(`load it: docker load -i ${place}, or podman load -i ${place}`);
  if (first !== undefined && place === undefined) say(`run it: ${runnerOf(backend)} run --rm -p 3000:3000 ${first}`);
}

/** A line that is drawn again and again is for terminals; logs get one line for each step. */
const isDrawn = (progress = 'auto') => progress === 'tty' || (progress === 'auto' && process.stderr.isTTY);

const runnerOf = (backend: string) =>
  ['podman', 'buildah'].includes(backend) ? 'podman' : backend === 'nerdctl' ? 'nerdctl' : 'docker';

/** `name=value`, `name:value` as BentoML takes it, too, or a name alone. */
function toOptions(texts: readonly string[]): Readonly<Record<string, true | readonly string[]>> {
  const options = new Map<string, true | readonly string[]>();
  for (const text of texts) {
    const [, name = '', value] = /^([^=:]*)(?:[=:](.*))?$/s.exec(text) ?? [];
    if (name === '') {
      const seen = JSON.stringify(text);
      throw new ServiceError('OPTION_INVALID', {
        where: 'bento containerize',
        name: '--opt',
        seen,
        wanted: 'name=value',
      });
    }
    const before = options.get(name);
    options.set(name, value === undefined ? true : [...(before === undefined || before === true ? [] : before), value]);
  }
  return Object.fromEntries(options);
}

function readOldFlags(flags: Flags): readonly string[] {
  return oldFlags.flatMap((flag) => {
    const [name = ''] = flag.split(' ');
    const value = flags[name];
    const isGiven = value === !name.startsWith('no-'); // that of a flag which takes nothing begins at the other one
    const texts = isGiven ? [name] : Array.isArray(value) ? value.map((one) => `${name}=${one}`) : [];
    for (const text of texts) warn(`--${name} is an old flag; say --opt ${text}`);
    return texts;
  });
}

const warn = storeOptions.onWarning;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
