/** Installs the packages of a bento for another place than this machine, with the npm of this machine. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { programEnvironment } from '../../config/program-environment.ts';
import { ServiceError } from '../../errors.ts';
import type { Platform } from '../../registry/manifest.ts';
import type { ImageRequest } from '../builder.ts';
import type { Context } from '../context.ts';
import { contextLayout } from '../dockerfile.ts';
import { runProgram } from '../run-program.ts';
import { npmCpu, ownPlatform, printPlatform } from './platform.ts';

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
  const { source } = request;
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento: source.tag, problem });
  const { locked, isUnlocked, extra } = context.npm;
  if (locked && locked.manager !== 'npm') {
    throw refuse(
      `its packages are locked by ${locked.manager}, which only another builder can install; name one, such as --backend docker`,
    );
  }
  for (const { text, to, mode } of context.texts) {
    if (!to.startsWith(`${contextLayout.install}/`)) continue;
    const file = join(into, to.slice(contextLayout.install.length + 1));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode, flag: 'wx' });
  }
  const crossing = isCrossing(target);
  const root = join(into, 'env/node');
  if (crossing && locked) await refuseScripts(join(root, locked.lockfile), target, refuse);
  const quiet = ['--omit=dev', '--no-audit', '--no-fund', '--no-update-notifier'];
  const { platform, libc } = target;
  const foreign = crossing ? ['--os', platform.os, '--cpu', npmCpu(platform), '--libc', libc, '--ignore-scripts'] : [];
  const ours = { ...request.environment, ...Object.fromEntries(request.secrets), NODE_ENV: 'production' };
  const environment = programEnvironment({}, ours); // with its PATH, its proxies, and what npm is told by variables
  const npm = async (words: readonly string[], cwd: string) => {
    const end = await runProgram({
      program: process.platform === 'win32' ? 'npm.cmd' : 'npm',
      words: [...words, ...quiet, ...foreign],
      cwd,
      environment,
      signal: request.signal,
      timeoutMs: request.timeoutMs,
      onOutput: request.onOutput ?? (() => {}),
      asks: false,
    });
    if (end.kind === 'done') return;
    if (end.kind === 'missing')
      throw refuse('npm is not on the PATH, which installs its packages; install it, or name another builder');
    throw refuse(`npm ${words[0]} ${end.how}: ${lastLines(end.output, request.secrets)}`);
  };
  if (locked) {
    await npm(['ci', ...(locked.project === '' ? [] : ['--workspace', locked.project])], root);
  } else if (isUnlocked) await npm(['install', '--no-package-lock'], root);
  if (extra.length > 0) await npm(['install', ...extra, '--no-save', '--no-package-lock', '--prefix', '.'], into);
}

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
  { platform, libc }: InstallTarget,
  refuse: (problem: string) => Error,
): Promise<void> {
  const { packages = {} } = JSON.parse(await readFile(lockfile, 'utf8')) as {
    readonly packages?: Readonly<Record<string, Rows>>;
  };
  const allows = (list: unknown, own: string) =>
    !Array.isArray(list) ||
    list.includes(own) ||
    (list.some((one) => String(one).startsWith('!')) && !list.includes(`!${own}`));
  const found = Object.entries(packages).filter(
    ([, { hasInstallScript, dev, os, cpu, libc: libcs }]) =>
      hasInstallScript === true &&
      dev !== true &&
      allows(os, platform.os) &&
      allows(cpu, npmCpu(platform)) &&
      allows(libcs, libc),
  );
  if (found.length === 0) return;
  const names = found.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)).join(', ');
  throw refuse(
    `${names} must run a script when installed for ${printPlatform(platform)} (${libc}), which this machine cannot; name a builder that can, such as --backend buildx`,
  );
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

/** The packages that npm has put there. */
export async function listInstalled(into: string): Promise<readonly LockedPackage[]> {
  const found = new Map<string, LockedPackage>();
  for (const folder of ['env/node/node_modules', 'node_modules']) {
    const file = join(into, folder, '.package-lock.json');
    if (!existsSync(file)) continue;
    const { packages = {} } = JSON.parse(await readFile(file, 'utf8')) as {
      readonly packages?: Readonly<Record<string, Rows>>;
    };
    for (const [path, { version, integrity, name }] of Object.entries(packages)) {
      const own = typeof name === 'string' ? name : path.slice(path.lastIndexOf('node_modules/') + 13);
      if (typeof version !== 'string') continue;
      found.set(`${own}@${version}`, {
        name: own,
        version,
        integrity: typeof integrity === 'string' ? integrity : undefined,
      });
    }
  }
  return [...found.values()];
}
