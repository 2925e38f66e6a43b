/** Finds the lockfile of a project, and says whether it is of the very packages that the manifest asks for. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { ServiceError } from '../errors.ts';
import { findLockfile } from '../reflect/tsconfig.ts';
import { type Lock, type Rows, readNpmLock, readPnpmLock, readYarnLock, wantedIn } from './read-lock.ts';

/** The packages of a project, as they are locked. */
export interface LockedPackages {
  readonly manager: 'npm' | 'pnpm' | 'yarn';
  /** Absolute folder of the lockfile: that of the project, or of the workspace that it is part of. */
  readonly root: string;
  /** Name of the lockfile. */
  readonly lockfile: string;
  /** What an installation needs, as paths from the root with slashes: the lockfile and manifests. */
  readonly files: readonly string[];
  /** Path of the project from the root, with slashes; empty if it is the root. */
  readonly project: string;
}

const managers: Readonly<
  Record<string, { readonly manager: LockedPackages['manager']; read(text: string, root: string): Lock }>
> = {
  'package-lock.json': { manager: 'npm', read: readNpmLock },
  'npm-shrinkwrap.json': { manager: 'npm', read: readNpmLock },
  'pnpm-lock.yaml': { manager: 'pnpm', read: readPnpmLock },
  'yarn.lock': { manager: 'yarn', read: readYarnLock },
};

// Never .npmrc, which may hold the key to a registry.
const settingsFiles = ['pnpm-workspace.yaml', '.yarnrc.yml'];

/**
 * The packages of the project in a folder; undefined where it wants none, or where they are not locked.
 * @param warn is told of packages that are not locked.
 * @throws ServiceError `LOCKFILE_MISMATCH`, or `BUILD_FAILED` for what cannot be read.
 */
export function findLockedPackages(folder: string, warn: (message: string) => void): LockedPackages | undefined {
  const manifest = join(folder, 'package.json');
  const wanted = readWanted(manifest);
  const file = findLockfile(manifest);
  const known = file === undefined ? undefined : managers[basename(file)];
  const notLocked = (why: string) => {
    const what = wanted.size === 1 ? 'the version of one package is' : `the versions of ${wanted.size} packages are`;
    if (wanted.size > 0) warn(`${what} not fixed, since ${why}; run npm install, and build again`);
  };
  if (file === undefined) return void notLocked('there is no lockfile');
  if (!known) return void notLocked(`${basename(file)} is not read here`);
  const root = dirname(file);
  const project = relative(root, folder).split(sep).join('/');
  const lock = readLock(file, (text) => known.read(text, root));
  if (!lock.projects.includes(project)) return void notLocked(`${file} is not of this project`);
  const problem = lock.findMismatch(wanted, project);
  if (problem !== undefined) {
    throw new ServiceError('LOCKFILE_MISMATCH', {
      lockfile: file,
      manifest,
      problem,
      install: `${known.manager} install`,
    });
  }
  const inside = lock.projects.filter((path) => !/^(?:\.\.|[/\\]|[A-Za-z]:)/.test(path)); // it is only a file
  const manifests = inside.map((path) => (path === '' ? 'package.json' : `${path}/package.json`));
  const files = [basename(file), 'package.json', ...manifests, ...settingsFiles].filter((path) =>
    existsSync(join(root, path)),
  );
  return { manager: known.manager, root, lockfile: basename(file), files: [...new Set(files)].sort(), project };
}

/** Wanted versions by the name of the package. */
function readWanted(manifest: string): ReadonlyMap<string, string> {
  if (!existsSync(manifest)) return new Map();
  return readLock(manifest, (text) => wantedIn(JSON.parse(text) as Rows));
}

function readLock<T>(file: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, 'utf8'));
  } catch (cause) {
    const problem = `${file} cannot be read: ${(cause as Error).message.split('\n', 1)[0]}`;
    throw new ServiceError('BUILD_FAILED', { folder: dirname(file), problem }, { cause });
  }
}
