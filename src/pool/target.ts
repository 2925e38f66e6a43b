/** Finds the file, and the class in it, that a user means by `file`, `file:Class` or a folder. */
import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readBentofile } from '../build/bentofile.ts';
import type { BuiltBento } from '../build/built-bento.ts';
import { ServiceError } from '../errors.ts';
import type { DecoratedService } from '../spec/decorated.ts';

/** A file to serve. */
export interface Target {
  /** Absolute path. */
  readonly file: string;
  /** Class, service or export name that was asked for. */
  readonly choice: string | undefined;
  /** What a bento brings that was built: its file is plain JavaScript, and its types are known. */
  readonly bento?: BuiltBento & { readonly packageFolders: readonly string[] };
}

const conventionalFiles = [
  'service.ts',
  'src/service.ts',
  'service.mts',
  'service.js',
  'src/service.js',
  'service.mjs',
  'service.cjs',
];
const sourcePattern = /\.[cm]?[jt]sx?$/;

/**
 * Finds the file. A folder's is named by its `bentofile.yaml` or by `"bentots": { "service": "…" }` in its package.json,
 * else it is the first of `service.ts`, `src/service.ts` and their like.
 *
 * @throws ServiceError `TARGET_MISSING`, `SERVICE_MISSING` or `BENTOFILE_INVALID`.
 */
export function findTarget(text: string, workingFolder: string): Target {
  const { path, choice } = split(text, workingFolder);
  const absolute = resolve(workingFolder, path);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) {
    throw new ServiceError('TARGET_MISSING', {
      target: text,
      problem: `there is no file or folder ${absolute}; check the path`,
    });
  }
  if (!stat.isDirectory()) return fileTarget(absolute, choice, text);
  const named = namedByProject(absolute);
  if (named !== undefined) {
    const target = findNamed(named, absolute);
    return { ...target, choice: choice ?? target.choice };
  }
  const found = conventionalFiles.map((name) => join(absolute, name)).find(isFile);
  if (found !== undefined) return { file: found, choice };
  throw new ServiceError('SERVICE_MISSING', {
    file: absolute,
    remedy:
      'name the file, as in: bento serve path/to/service.ts (looked for service.ts, src/service.ts and "bentots": { "service" } in package.json)',
  });
}

/**
 * Finds what the settings of a project name: `file:Class`, or `module:Class` as Python writes it, without an ending and
 * with dots for folders.
 * @throws ServiceError `TARGET_MISSING`
 */
export function findNamed(named: string, folder: string): Target {
  const { path, choice } = split(named, folder);
  const file = resolve(folder, path);
  const module = join(dirname(file), basename(file).replaceAll('.', '/'));
  const endings = ['.ts', '.mts', '.js', '.mjs', '.cjs'];
  const found = isFile(file) ? file : endings.map((ending) => `${module}${ending}`).find(isFile);
  return fileTarget(found ?? file, choice, `${named} of ${folder}`);
}

/**
 * Chooses among the services of a file.
 *
 * @throws ServiceError `SERVICE_MISSING` or `SERVICE_AMBIGUOUS`, naming what there is.
 */
export function chooseService(target: Target, services: readonly DecoratedService[]): DecoratedService {
  const { file, choice } = target;
  const names = services.map(({ className, exportName }) => className || exportName);
  if (choice === undefined) {
    const [only, second] = services;
    if (only && second === undefined) return only;
    if (only)
      throw new ServiceError('SERVICE_AMBIGUOUS', { file, names: names.join(', '), example: `${file}:${names[0]}` });
    throw new ServiceError('SERVICE_MISSING', { file, remedy: 'put @service() on a class and export it' });
  }
  const found = services.find((one) => [one.className, one.exportName, one.options.name].includes(choice));
  if (found) return found;
  const remedy =
    names.length === 0 ? 'put @service() on a class and export it' : `it has ${names.join(', ')}, not ${choice}`;
  throw new ServiceError('SERVICE_MISSING', { file, remedy });
}

/** Whether a file has types to be read. */
export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

// A colon after a drive letter (C:\…) belongs to the path.
function split(text: string, folder: string): { path: string; choice: string | undefined } {
  const colon = text.lastIndexOf(':');
  const name = text.slice(colon + 1);
  if (colon <= 1 || !/^[A-Za-z_$][\w$.-]*$/.test(name) || existsSync(resolve(folder, text)))
    return { path: text, choice: undefined };
  return { path: text.slice(0, colon), choice: name };
}

function fileTarget(file: string, choice: string | undefined, said: string): Target {
  if (!isFile(file)) {
    throw new ServiceError('TARGET_MISSING', { target: said, problem: `there is no file ${file}; check the path` });
  }
  if (!sourcePattern.test(file)) {
    throw new ServiceError('TARGET_MISSING', {
      target: said,
      problem: `${file} is no TypeScript or JavaScript file; name the one with the service`,
    });
  }
  return { file, choice };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** What `bentofile.yaml` says, else package.json. */
function namedByProject(folder: string): string | undefined {
  const manifest = join(folder, 'package.json');
  return readBentofile(folder).service ?? (isFile(manifest) ? readBentofile(folder, manifest).service : undefined);
}
