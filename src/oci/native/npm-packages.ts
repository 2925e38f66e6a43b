/** Installs the packages of a bento for another place than this machine, with the managers of this machine. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Environment } from '../../config/expand-path.ts';
import { programEnvironment } from '../../config/program-environment.ts';
import { ServiceError } from '../../errors.ts';
import type { Platform } from '../../registry/manifest.ts';
import type { ImageRequest } from '../builder.ts';
import type { Context } from '../context.ts';
import { contextLayout } from '../dockerfile.ts';
import { runProgram } from '../run-program.ts';
import { findScriptRule, type ManagerRun, toManagerRun, writeMachine } from './managers.ts';
import { npmCpu, ownPlatform, printPlatform } from './platform.ts';
import { walkInstalled } from './walk-installed.ts';

/** For whom packages are installed. */
export interface InstallTarget {
  readonly platform: Platform;
  readonly libc: 'glibc' | 'musl';
}

/** A package that was installed, or is to be. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** As npm writes it: `sha512-…`. */
  readonly integrity: string | undefined;
}

type Rows = Readonly<Record<string, unknown>>;

/** Whether there is something to install. */
export function hasPackages({ npm }: Context): boolean {
  return npm.locked !== undefined || npm.isUnlocked || npm.extra.length > 0;
}

/**
 * Installs them into a folder, as they lie in the OCI image from the folder of the bento.
 * @throws ServiceError `IMAGE_FAILED`
 */
export async function installPackages(
  context: Context,
  target: InstallTarget,
  request: ImageRequest,
  into: string,
): Promise<void> {
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento: request.source.tag, problem });
  const { locked, managerVersion = '', isUnlocked, extra } = context.npm;
  for (const { text, to, mode } of context.texts) {
    if (!to.startsWith(`${contextLayout.install}/`)) continue;
    const file = join(into, to.slice(contextLayout.install.length + 1));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode, flag: 'wx' });
  }
  const installation: Installation = { request, target, root: join(into, 'env/node'), refuse };
  const { root } = installation;
  if (locked && locked.manager !== 'npm')
    await installBy(toManagerRun(locked, managerVersion, isCrossing(target)), installation);
  else if (locked) {
    if (isCrossing(target)) await refuseScripts(join(root, locked.lockfile), target, refuse);
    await runNpm(['ci', ...(locked.project === '' ? [] : ['--workspace', locked.project])], root, installation);
  } else if (isUnlocked) await runNpm(['install', '--no-package-lock'], root, installation);
  if (extra.length > 0) {
    await runNpm(['install', ...extra, '--no-save', '--no-package-lock', '--prefix', '.'], into, installation);
  }
}

interface Installation {
  readonly request: ImageRequest;
  readonly target: InstallTarget;
  /** Folder of the lockfile. */
  readonly root: string;
  refuse(problem: string): Error;
}

async function runNpm(words: readonly string[], cwd: string, installation: Installation): Promise<void> {
  const { target } = installation;
  const { os, cpu, libc } = toMachine(target);
  const foreign = isCrossing(target) ? ['--os', os, '--cpu', cpu, '--libc', libc, '--ignore-scripts'] : [];
  const all = [...words, '--omit=dev', ...quiet, ...foreign];
  if (await isMissing(npm, all, { cwd, what: `npm ${words[0]}`, environment: {} }, installation)) {
    throw installation.refuse(
      'npm is not on the PATH, which installs its packages; install it, or name another builder',
    );
  }
}

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];

/** With the manager itself, or, where that is another one or missing, with the one that npm fetches. */
async function installBy(run: ManagerRun, installation: Installation): Promise<void> {
  const { root, target, refuse } = installation;
  const { program, version, source, words, environment, settings } = run;
  if (isCrossing(target) && settings) await writeMachine(root, settings, toMachine(target));
  const place = { cwd: join(root, run.folder), what: `${program} ${words[0]}`, environment };
  const isThere = await hasVersion(program, version, installation);
  const fetched = ['exec', '--yes', ...quiet, '--package', source, '--', program, ...words];
  if (
    isThere ? await isMissing(program, words, place, installation) : await isMissing(npm, fetched, place, installation)
  ) {
    throw refuse(
      `neither ${program} ${version} nor npm, which could fetch it, is on the PATH; install one, or name another builder`,
    );
  }
  if (isCrossing(target)) await refuseForeign(run, installation);
}

/** Its own answer; where it is started by Corepack that may be the one of the manifest. */
async function hasVersion(program: string, version: string, { request, root }: Installation): Promise<boolean> {
  const end = await runProgram({
    program: process.platform === 'win32' ? `${program}.cmd` : program,
    words: ['--version'],
    cwd: root,
    environment: programEnvironment({}, { ...request.environment, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' }),
    signal: request.signal,
    timeoutMs: request.timeoutMs,
    onOutput: () => {},
    asks: false,
  });
  const said = end.kind === 'done' ? end.output.trim() : '';
  return said === version || said.startsWith(`${version}.`);
}

/** Runs a manager to its end, with success or a sentence. @returns whether there is none. */
async function isMissing(
  program: string,
  words: readonly string[],
  { cwd, what, environment }: { readonly cwd: string; readonly what: string; readonly environment: Environment },
  { request, refuse }: Installation,
): Promise<boolean> {
  const secrets = Object.fromEntries(request.secrets);
  const given = { ...request.environment, ...secrets, NODE_ENV: 'production', ...environment };
  const end = await runProgram({
    program,
    words,
    cwd,
    environment: programEnvironment({}, given),
    signal: request.signal,
    timeoutMs: request.timeoutMs,
    onOutput: request.onOutput ?? (() => {}),
    asks: false,
  });
  if (end.kind === 'failed') throw refuse(`${what} ${end.how}: ${lastLines(end.output, request.secrets)}`);
  return end.kind === 'missing';
}

/** What is for other machines goes, and what would have to run something here is refused. */
async function refuseForeign(run: ManagerRun, { root, target, refuse }: Installation): Promise<void> {
  const runsScripts = await findScriptRule(run, root);
  const running: string[] = [];
  for (const folder of new Set([root, join(root, run.folder)])) {
    for await (const found of walkInstalled(folder)) {
      if (!isFor(found, target)) await rm(found.folder, { recursive: true });
      else if (found.hasScript && runsScripts(found.name)) running.push(found.name);
    }
  }
  refuseRunning(running, target, refuse);
}

const toMachine = ({ platform, libc }: InstallTarget) => ({ os: platform.os, cpu: npmCpu(platform), libc });

/**
 * What the same packages are known by, where they are all fixed: their layer need not be made again. Packages of a
 * workspace are there as manifests only, which are among the texts.
 */
export function packagesKey(context: Context, target: InstallTarget): string | undefined {
  const { locked, extra } = context.npm;
  if (!locked || extra.length > 0) return undefined;
  const texts = context.texts.filter(({ to }) => to.startsWith(`${contextLayout.install}/`));
  const sorted = texts.map(({ to, text }) => [to, text]).sort();
  const said = [sorted, printPlatform(target.platform), target.libc, process.version, isCrossing(target)];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}

/** Scripts that this machine runs are of its own kind. */
function isCrossing({ platform, libc }: InstallTarget): boolean {
  const own = ownPlatform();
  return process.platform !== 'linux' || own.architecture !== platform.architecture || libc !== ownLibc();
}

function ownLibc(): 'glibc' | 'musl' {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

/** What a script would do there it cannot do here. */
async function refuseScripts(
  lockfile: string,
  target: InstallTarget,
  refuse: (problem: string) => Error,
): Promise<void> {
  const { packages = {} } = JSON.parse(await readFile(lockfile, 'utf8')) as {
    readonly packages?: Readonly<Record<string, Rows>>;
  };
  const found = Object.entries(packages).filter(
    ([, entry]) => entry.hasInstallScript === true && entry.dev !== true && isFor(entry, target),
  );
  const names = found.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13));
  refuseRunning(names, target, refuse);
}

function refuseRunning(
  names: readonly string[],
  { platform, libc }: InstallTarget,
  refuse: (problem: string) => Error,
): void {
  if (names.length === 0) return;
  throw refuse(
    `${[...new Set(names)].join(', ')} must run a script when installed for ${printPlatform(platform)} (${libc}), which this machine cannot; name a builder that can, such as --backend buildx`,
  );
}

/** Whether a package says that it is for such a machine: https://docs.npmjs.com/cli/configuring-npm/package-json#os */
function isFor(
  { os, cpu, libc }: { readonly os?: unknown; readonly cpu?: unknown; readonly libc?: unknown },
  target: InstallTarget,
): boolean {
  const machine = toMachine(target);
  const allows = (list: unknown, own: string) =>
    !Array.isArray(list) ||
    list.includes(own) ||
    (list.some((one) => String(one).startsWith('!')) && !list.includes(`!${own}`));
  return allows(os, machine.os) && allows(cpu, machine.cpu) && allows(libc, machine.libc);
}

function lastLines(output: string, secrets: ReadonlyMap<string, string>): string {
  let text = output
    .trim()
    .split('\n')
    .filter((line) => !/complete log of this run|^\s*$/.test(line))
    .slice(-5)
    .join(' | ');
  for (const secret of secrets.values()) if (secret !== '') text = text.replaceAll(secret, '…');
  return text.slice(-1000);
}

/** The packages that are there. */
export async function listInstalled({ npm: { locked } }: Context, into: string): Promise<readonly LockedPackage[]> {
  const found = new Map<string, LockedPackage>();
  const add = (one: LockedPackage) => found.set(`${one.name}@${one.version}`, one);
  for (const folder of new Set(['env/node', posix.join('env/node', locked?.project ?? ''), '.'])) {
    const file = join(into, folder, 'node_modules/.package-lock.json');
    if (!existsSync(file)) {
      for await (const { name, version } of walkInstalled(join(into, folder)))
        add({ name, version, integrity: undefined });
      continue;
    }
    const { packages = {} } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly packages?: Readonly<Record<string, Rows>>;
    };
    for (const [path, { version, integrity, name }] of Object.entries(packages)) {
      const own = typeof name === 'string' ? name : path.slice(path.lastIndexOf('node_modules/') + 13);
      if (typeof version !== 'string') continue;
      add({ name: own, version, integrity: typeof integrity === 'string' ? integrity : undefined });
    }
  }
  return [...found.values()];
}
