/** Finds what of bentots goes into an OCI image: this copy, and the packages that it needs to serve. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { findPackage } from '../sdk/find-package.ts';

/** A folder, and where its files go. */
export interface OwnFolder {
  readonly from: string;
  /** With slashes, from the folder of bentots there. */
  readonly to: string;
}

interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly engines?: { readonly node?: string; readonly bare?: string };
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly bentots?: { readonly developmentOnly?: readonly string[] };
}

/** Those of its own files that run. */
const ownParts = ['bin', 'dist'];

/**
 * The folders, in which `node_modules` is another one. They are the same for every platform: no package that bentots
 * needs to serve has native code. What only builds bentos is left out.
 * @throws ServiceError `IMAGE_FAILED` if a package is not installed.
 */
export function findOwnFolders(bentots: string, bento: string): readonly OwnFolder[] {
  const left = readManifest(bentots).bentots?.developmentOnly ?? [];
  const placed = new Map<string, string>(); // what lies where, by `node_modules/a/node_modules/b`
  const queue: OwnFolder[] = [{ from: bentots, to: '' }];
  for (const { from, to } of queue) {
    for (const [name, isNeeded] of neededBy(readManifest(from))) {
      if (to === '' && left.includes(name)) continue;
      const found = findPackage(from, name);
      if (found === undefined) {
        if (!isNeeded) continue;
        const problem = `the package ${name}, which bentots needs, is not installed in ${from}; run npm install`;
        throw new ServiceError('IMAGE_FAILED', { bento, problem });
      }
      const { os, cpu, engines } = readManifest(found);
      if (!isNeeded && (os !== undefined || cpu !== undefined)) continue; // of one platform, and a help where it is there
      if (engines?.bare !== undefined && engines.node === undefined) continue; // for Bare, which is another runtime
      const place = placeOf(name, found, to, placed);
      if (place === undefined) continue;
      placed.set(place, found);
      queue.push({ from: found, to: place });
    }
  }
  return [...ownParts.map((part) => ({ from: join(bentots, part), to: part })), ...queue.slice(1)];
}

// What is there for people and compilers only.
const forReaders = /(?:\.d\.[cm]?ts|\.map|\.md|\.markdown|\.tsbuildinfo)$/i;
const forAuthors = /^(?:\..*|__tests__|tests?|examples?|docs?|bench(?:marks?)?|coverage)$/;

/** The files of such a folder that are used when it serves, by their paths in it, with slashes, in one order everywhere. */
export async function* filesOf(folder: string, below = ''): AsyncGenerator<string> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${below}${entry.name}`;
    const isLeft = entry.name === 'node_modules' || (below === '' && forAuthors.test(entry.name));
    if (entry.isDirectory()) yield* isLeft ? [] : filesOf(folder, `${path}/`);
    else if (entry.isFile() && !forReaders.test(path)) yield path;
  }
}

/** The outermost place at which whoever asks finds this and nothing else; undefined if that is where it lies already. */
function placeOf(name: string, found: string, asker: string, placed: ReadonlyMap<string, string>): string | undefined {
  const owners = asker.split('/node_modules/').map((owner) => owner.replace(/^node_modules\//, ''));
  const around = asker === '' ? [] : owners;
  const placeIn = (depth: number) => [...around.slice(0, depth), name].map((one) => `node_modules/${one}`).join('/');
  for (let depth = around.length; depth >= 0; depth--) {
    const there = placed.get(placeIn(depth));
    if (there === found) return undefined;
    if (there !== undefined) return placeIn(around.length);
  }
  return placeIn(0);
}

function* neededBy(manifest: Manifest): Generator<readonly [name: string, isNeeded: boolean]> {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  for (const name of [...Object.keys(dependencies), ...peers]) yield [name, !Object.hasOwn(optionalDependencies, name)];
  for (const name of Object.keys(optionalDependencies)) yield [name, false];
}

/** The `package.json` of a folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest; // as npm has installed it
}
