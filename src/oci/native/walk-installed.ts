/** Walks the packages that a manager has put below a folder. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A package that is there. */
export interface InstalledPackage {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** Whether something is run when it is installed. */
  readonly hasScript: boolean;
  /** Machines that it is for, as npm names them; undefined for all. */
  readonly os: unknown;
  readonly cpu: unknown;
  readonly libc: unknown;
}

/** Those in `node_modules` of a folder, and in theirs; links to other places are not followed. */
export async function* walkInstalled(folder: string): AsyncGenerator<InstalledPackage> {
  const root = join(folder, 'node_modules');
  for (const name of await listFolders(root)) {
    if (name.startsWith('.')) continue;
    const names = name.startsWith('@') ? (await listFolders(join(root, name))).map((one) => `${name}/${one}`) : [name];
    for (const one of names) {
      const found = await readPackage(join(root, one));
      if (found) yield found;
      yield* walkInstalled(join(root, one));
    }
  }
}

async function readPackage(folder: string): Promise<InstalledPackage | undefined> {
  try {
    const {
      name,
      version,
      scripts = {},
      os,
      cpu,
      libc,
    } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    if (typeof name !== 'string' || typeof version !== 'string') return undefined;
    const isRun = ['preinstall', 'install', 'postinstall'].some((script) => typeof scripts[script] === 'string');
    const hasScript = isRun || existsSync(join(folder, 'binding.gyp'));
    return { folder, name, version, hasScript, os, cpu, libc };
  } catch {
    return undefined; // no package, or one that nobody could use either
  }
}

async function listFolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // there is none
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
