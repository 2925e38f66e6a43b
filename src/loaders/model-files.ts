/** Finds the file of a model that a library opens. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ServiceError } from '../errors.ts';
import type { Model } from '../store/models.ts';

/** A model of the store, or the absolute path of a folder with a model, or of its file. */
export type ModelSource = Model | string;

/** Where the files of a model are. */
export function folderOf(source: ModelSource): string {
  if (typeof source !== 'string') return source.folder;
  return isFolder(source) ? source : dirname(source);
}

/** Which files a loader opens. */
export interface FileWish {
  /** Names the loader in messages. */
  readonly loader: string;
  /** For example `.onnx`. */
  readonly extension: string;
  /** Names to take first, in this order. */
  readonly usual: readonly string[];
  /** Path in the folder that the caller chose. */
  readonly file?: string | undefined;
}

/**
 * The one file that is meant: the one that was named, else one of a usual name, else the only one of its kind.
 * @throws ServiceError `MODEL_FILE_MISSING` saying what there is.
 */
export function findModelFile(source: ModelSource, { loader, extension, usual, file }: FileWish): string {
  if (file === undefined && typeof source === 'string' && !isFolder(source)) {
    if (isFile(source)) return source;
    throw missing(loader, source, 'there is no such file or folder');
  }
  const folder = folderOf(source);
  if (file !== undefined) {
    const chosen = typeof source === 'string' ? join(folder, file) : source.pathOf(file);
    if (isFile(chosen)) return chosen;
    throw missing(loader, folder, `it has no file ${file}`);
  }
  const names = filesBelow(folder).filter((name) => name.endsWith(extension));
  const found = usual.find((name) => names.includes(name)) ?? (names.length === 1 ? names[0] : undefined);
  if (found !== undefined) return join(folder, found);
  const problem =
    names.length === 0
      ? `it has no file that ends with ${extension}`
      : `it has ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}; choose one with the option file`;
  throw missing(loader, folder, problem);
}

function missing(loader: string, place: string, problem: string): ServiceError<'MODEL_FILE_MISSING'> {
  return new ServiceError('MODEL_FILE_MISSING', { loader, place, problem });
}

/** With slashes; links are followed, since the cache of a hub is made of them. */
function filesBelow(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => isFile(join(folder, name)) && !basename(name).startsWith('.'))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
