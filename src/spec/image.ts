/** The description of the OCI image of a service, as data: `new Image({ … })`. Containers are built from it elsewhere. */
import { imageOptions } from '../config/build-options.ts';
import { type Given, resolveOptions } from '../config/resolve.ts';
import { ServiceError } from '../errors.ts';
import { cudaWanted, type Distro, distroNames, distros, findCuda, type NodeVersion } from './image-tables.ts';
import { never } from './never.ts';
import { isVariableName } from './variable-name.ts';

/** What an OCI image is built on; what each means and its default stand in the options reference. */
export interface ImageOptions extends Given<typeof imageOptions> {}

/** One step of building it, in its order. */
export type ImageStep =
  | { readonly kind: 'systemPackages'; readonly packages: readonly string[] }
  | { readonly kind: 'run'; readonly command: string }
  /** A file of the project that is run. */
  | { readonly kind: 'runScript'; readonly path: string }
  /** The dependencies of the bento, and these beside them. */
  | { readonly kind: 'install'; readonly npmPackages: readonly string[]; readonly pythonPackages: readonly string[] };

/** An image description as plain data. */
export interface ImageData {
  /** Reference of the base, where the author names one. */
  readonly base?: string;
  /** Of an own base unknown, unless the author says it. */
  readonly distro?: Distro;
  /** The version that builds the bento, where nothing is said. */
  readonly node?: NodeVersion;
  /** A whole version, for example `12.8.1`. */
  readonly cuda?: string;
  /** Exactly one of them is `install`. */
  readonly steps: readonly ImageStep[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

type Install = Extract<ImageStep, { kind: 'install' }>;

/**
 * Describes the OCI image of a service. Each method gives another description with one more step; steps run in their
 * order. The dependencies are installed after all of them, or where `npmPackages`, `pythonPackages` or `install` stands.
 *
 * @example
 * ```ts
 * @service({ image: new Image({ node: 24 }).systemPackages('ffmpeg').npmPackages('sharp@0.35').run('ldconfig') })
 * export class Thumbnails {
 *   @api() size(width: number): number { return width; }
 * }
 * ```
 */
export class Image {
  #data: ImageData;

  /** @throws ServiceError `OPTION_UNKNOWN`, `OPTION_INVALID` saying which combinations there are. */
  constructor(options: ImageOptions = {}) {
    this.#data = { ...toBase(options), steps: [], env: {}, labels: {} };
  }

  /**
   * Makes one again from what {@link toData} gave.
   * @throws ServiceError `OPTION_UNKNOWN`, `OPTION_INVALID`
   */
  static from(data: unknown): Image {
    const { steps = [], env = {}, labels = {}, ...options } = toObject(data, 'the description') as Partial<ImageData>;
    if (!Array.isArray(steps)) throw invalid('steps', steps, 'a list of steps');
    const image = steps.reduce<Image>((before, step) => before.#plus(toStep(step)), new Image(options));
    return image.env(env).labels(labels);
  }

  /** Packages of the distribution, one each: `systemPackages('ffmpeg', 'git')`. @throws ServiceError `OPTION_INVALID` */
  systemPackages(...packages: readonly string[]): Image {
    return this.#plus({ kind: 'systemPackages', packages });
  }

  /** Packages of npm beside those of the lockfile, such as `'sharp@0.35'`. @throws ServiceError `OPTION_INVALID` */
  npmPackages(...packages: readonly string[]): Image {
    return this.#plus({ kind: 'install', npmPackages: packages, pythonPackages: [] });
  }

  /** Python packages of a server that is wrapped, such as `'vllm==0.8.5'`. @throws ServiceError `OPTION_INVALID` */
  pythonPackages(...packages: readonly string[]): Image {
    return this.#plus({ kind: 'install', npmPackages: [], pythonPackages: packages });
  }

  /** Has the dependencies installed here: what is behind it runs when they are there. @throws ServiceError `OPTION_INVALID` */
  install(): Image {
    return this.#plus({ kind: 'install', npmPackages: [], pythonPackages: [] });
  }

  /** A command of one line, for `sh`. @throws ServiceError `OPTION_INVALID` */
  run(command: string): Image {
    return this.#plus({ kind: 'run', command });
  }

  /** A script of the project, by its path in it. @throws ServiceError `OPTION_INVALID` */
  runScript(path: string): Image {
    return this.#plus({ kind: 'runScript', path });
  }

  /** Environment variables of the container, for everybody to read: no place for secrets. @throws ServiceError `OPTION_INVALID` */
  env(variables: Readonly<Record<string, string>>): Image {
    for (const [name, value] of Object.entries(toObject(variables, 'env'))) {
      if (!isVariableName(name))
        throw invalid('env', name, 'a map whose names have only letters, digits and "_", and no digit first');
      toLine(value, `env.${name}`);
    }
    return this.#with({ env: { ...this.#data.env, ...variables } });
  }

  /** Labels of the OCI image. @throws ServiceError `OPTION_INVALID` */
  labels(labels: Readonly<Record<string, string>>): Image {
    for (const [name, value] of Object.entries(toObject(labels, 'labels'))) {
      if (!/^[\w./-]+$/.test(name))
        throw invalid('labels', name, 'a map whose names have only letters, digits, ".", "_", "-" and "/"');
      toLine(value, `labels.${name}`);
    }
    return this.#with({ labels: { ...this.#data.labels, ...labels } });
  }

  /** The description as plain data. */
  toData(): ImageData {
    const { steps } = this.#data;
    if (steps.some(({ kind }) => kind === 'install')) return this.#data;
    return { ...this.#data, steps: [...steps, { kind: 'install', npmPackages: [], pythonPackages: [] }] };
  }

  #with(change: Partial<ImageData>): Image {
    const next = new Image();
    next.#data = { ...this.#data, ...change };
    return next;
  }

  #plus(step: ImageStep): Image {
    checkStep(step, this.#data);
    const { steps } = this.#data;
    if (step.kind !== 'install') return this.#with({ steps: [...steps, copyOf(step)] });
    const before = steps.findIndex(({ kind }) => kind === 'install');
    if (before === -1) return this.#with({ steps: [...steps, copyOf(step)] });
    if (before < steps.length - 1)
      throw invalid('the steps', 'packages behind a step that waits for them', 'all packages first, then that step');
    return this.#with({ steps: [...steps.slice(0, before), joined(steps[before] as Install, step)] });
  }
}

function toStep(value: unknown): ImageStep {
  const step = toObject(value, 'a step') as ImageStep;
  switch (step.kind) {
    case 'systemPackages':
      return { kind: step.kind, packages: step.packages };
    case 'run':
      return { kind: step.kind, command: step.command };
    case 'runScript':
      return { kind: step.kind, path: step.path };
    case 'install':
      return { kind: step.kind, npmPackages: step.npmPackages ?? [], pythonPackages: step.pythonPackages ?? [] };
    default:
      throw invalid('a step', step, 'of the kind systemPackages, run, runScript or install');
  }
}

/** Nobody who gave a list can change it afterwards. */
const copyOf = (step: ImageStep) => structuredClone(step);

const joined = (a: Install, b: Install): Install => ({
  kind: 'install',
  npmPackages: [...a.npmPackages, ...b.npmPackages],
  pythonPackages: [...a.pythonPackages, ...b.pythonPackages],
});

function toBase(options: ImageOptions): Pick<ImageData, 'base' | 'distro' | 'node' | 'cuda'> {
  const { base, distro: named, node, cuda: said } = resolveOptions(imageOptions, options, where);
  if (base !== undefined) {
    refusePassword('base', base);
    if (said !== undefined)
      throw invalid('cuda', said, 'left out where there is a base of your own, which has it or not');
    if (node !== undefined)
      throw invalid('node', node, 'left out where there is a base of your own, whose Node is used');
    return { base, ...(named === undefined ? {} : { distro: named }) };
  }
  const distro = named ?? 'debian';
  const row = distros[distro];
  const others = (fits: (name: Distro) => boolean) => distroNames.filter(fits).join(', ');
  if (node !== undefined && !row.nodeVersions.includes(node)) {
    const elsewhere = others((name) => distros[name].nodeVersions.includes(node));
    throw invalid('node', node, `${row.nodeVersions.join(' or ')} on ${distro}; ${elsewhere} have ${node}`);
  }
  if (said === undefined) return { distro, ...(node === undefined ? {} : { node }) };
  if (!row.cudaBase) {
    const elsewhere = others((name) => distros[name].cudaBase !== undefined);
    throw invalid('cuda', said, `left out on ${distro}; ${elsewhere} have it`);
  }
  const cuda = findCuda(String(said));
  if (cuda === undefined) throw invalid('cuda', said, cudaWanted);
  return { distro, ...(node === undefined ? {} : { node }), cuda };
}

function checkStep(step: ImageStep, { base, distro }: ImageData): void {
  const { kind } = step;
  switch (kind) {
    case 'systemPackages':
      checkList(
        kind,
        step.packages,
        /^[A-Za-z0-9@/][A-Za-z0-9@/._+:=~<>*^-]*$/,
        'names of packages, each one by itself',
      );
      if (step.packages.length === 0) throw invalid(kind, 'empty', 'the name of a package at least');
      if (distro === undefined)
        throw invalid(
          kind,
          'given',
          `left out, unless distro says what ${base} is, as in new Image({ base, distro: 'debian' })`,
        );
      return;
    case 'run':
      if (toLine(step.command, kind).trim() === '') throw invalid(kind, step.command, 'a command');
      return;
    case 'runScript':
      checkPath(kind, step.path);
      return;
    case 'install':
      checkList(
        'npmPackages',
        step.npmPackages,
        npmPackage,
        'names of npm packages, with a version or without, such as "sharp@0.35"',
      );
      checkList(
        'pythonPackages',
        step.pythonPackages,
        pythonPackage,
        'requirements as pip takes them, such as "vllm==0.8.5"',
      );
      return;
    default:
      never(step);
  }
}

const npmPackage = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*(?:@\S+)?$/i;
// No option of pip but those that say where packages are: https://pip.pypa.io/en/stable/reference/requirements-file-format
const pythonPackage = /^(?:[A-Za-z0-9][^\n\r]*|--(?:index-url|extra-index-url|find-links|trusted-host)[ =]\S+)$/;

function checkList(name: string, packages: unknown, pattern: RegExp, wanted: string): void {
  if (!Array.isArray(packages)) throw invalid(name, packages, `a list of ${wanted}`);
  for (const one of packages) {
    if (!pattern.test(toLine(one, name))) throw invalid(name, one, wanted);
    refusePassword(name, one);
  }
}

/** Where it really leads is looked at once there is a project. */
function checkPath(name: string, path: unknown): void {
  const text = toLine(path, name);
  const isOutside = /^(?:[/\\-]|[A-Za-z]:)/.test(text) || text.split(/[/\\]/).includes('..');
  if (text === '' || isOutside) throw invalid(name, path, 'the path of a file in the project, from its folder');
}

/** Whoever can pull the OCI image or read the bento can read it. */
function refusePassword(name: string, text: string): void {
  if (/:\/\/[^/\s]*@/.test(text))
    throw invalid(name, 'one with a password', 'without it: it would be written down for everybody to read');
}

function toLine(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid(name, value, 'a text');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another instruction
  if (/[\0-\x08\x0a-\x1f\x7f\u2028\u2029]/.test(value))
    throw invalid(name, value, 'one line; a script takes more: runScript');
  return value;
}

function toObject(value: unknown, name: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid(name, value, 'an object');
}

const where = 'new Image';

function invalid(name: string, seen: unknown, wanted: string): ServiceError<'OPTION_INVALID'> {
  const text = typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? String(seen));
  return new ServiceError('OPTION_INVALID', { where, name, seen: JSON.stringify(text.slice(0, 80)), wanted });
}
