/** An image description as `bento.yaml` has it, where BentoML reads it; and what the base is called. */
import type { ImageData, ImageStep } from './image.ts';
import { distros, type NodeVersion, nodeVersions } from './image-tables.ts';
import { never } from './never.ts';

/** The field `image` of a `bento.yaml`. */
export interface ImageInfo {
  readonly base_image: string;
  /** There is none. */
  readonly python_version: string;
  /** Before dependencies are installed, in the words of a shell. */
  readonly commands: readonly string[];
  /** As in a `requirements.txt`. */
  readonly python_requirements: string;
  readonly post_commands: readonly string[];
  readonly build_include: readonly string[];
}

/** The base of an OCI image. */
export interface ImageBase {
  readonly reference: string;
  /** Else whoever builds it puts Node in. */
  readonly hasNode: boolean;
  readonly node: NodeVersion;
}

/**
 * The base that a description means.
 * @param ownMajor version of the Node that builds the bento; where there is no base for it, the newest one below is taken.
 */
export function baseOf({ base, distro = 'debian', node, cuda }: ImageData, ownMajor: number): ImageBase {
  const row = distros[distro];
  const versions = base === undefined ? row.nodeVersions : nodeVersions;
  const version = node ?? versions.findLast((one) => one <= ownMajor) ?? nodeVersions[0];
  if (base !== undefined) return { reference: base, hasNode: true, node: version };
  if (cuda === undefined) return { reference: row.base(version), hasNode: row.hasNode, node: version };
  return { reference: row.cudaBase?.(cuda) ?? row.base(version), hasNode: false, node: version };
}

/**
 * The field for `bento.yaml`.
 * @param scriptAt where the build has put a script, from the bento's folder: `env/docker/script__…`.
 */
export function toImageInfo(data: ImageData, ownMajor: number, scriptAt: (path: string) => string): ImageInfo {
  const at = data.steps.findIndex(({ kind }) => kind === 'install');
  const install = data.steps[at];
  const toCommands = (steps: readonly ImageStep[]) => steps.map((step) => toCommand(step, data, scriptAt));
  return {
    base_image: baseOf(data, ownMajor).reference,
    python_version: '',
    commands: toCommands(data.steps.slice(0, at)),
    python_requirements: install?.kind === 'install' ? install.pythonPackages.map((line) => `${line}\n`).join('') : '',
    post_commands: toCommands(data.steps.slice(at + 1)),
    build_include: [],
  };
}

function toCommand(step: ImageStep, { distro = 'debian' }: ImageData, scriptAt: (path: string) => string): string {
  switch (step.kind) {
    case 'systemPackages': {
      const [command, end] = distros[distro].install;
      return `${command} ${step.packages.map(quoteForShell).join(' ')} ${end}`.trimEnd();
    }
    case 'run':
      return step.command;
    case 'runScript': {
      const target = quoteForShell(`./${scriptAt(step.path)}`);
      return `chmod +x ${target} && ${target}`;
    }
    case 'install':
      return ''; // it has a place of its own
    default:
      return never(step);
  }
}

/** One word of a POSIX shell. */
export function quoteForShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
