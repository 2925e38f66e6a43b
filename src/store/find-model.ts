/** Finds a model in a store at once, for whoever cannot wait: a field that is initialised. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { isTagPart, type Tag } from '../tag.ts';
import { modelKind } from './model-record.ts';
import type { Model } from './models.ts';
import { latestName, markerLimitBytes, toItem } from './store.ts';
import { isSystemError } from './store-error.ts';

/**
 * The model that a tag means in the store at `root`; `undefined` if there is none, or if several begin so.
 * @throws ServiceError `STORE_ITEM_INVALID` if its files are broken.
 */
export function findModel(tag: Tag, root: string): Model | undefined {
  const folder = join(root, tag.name);
  if (!tag.isLatest) {
    const exact = ifThere(() => readModel(join(root, tag.toPath())));
    const matches = exact ? [] : versionsIn(folder).filter((version) => version.startsWith(tag.version ?? ''));
    return exact ?? (matches.length === 1 ? ifThere(() => readModel(join(folder, matches[0] ?? ''))) : undefined);
  }
  const pointed = ifThere(() => readSmall(join(folder, latestName), 1024).trim());
  const latest =
    pointed === undefined || !isTagPart(pointed) ? undefined : ifThere(() => readModel(join(folder, pointed)));
  return latest ?? newestIn(folder);
}

/** The model whose files lie in a folder. @throws ServiceError `STORE_ITEM_INVALID` */
export function readModel(folder: string): Model {
  const file = join(folder, modelKind.marker);
  try {
    return toItem(folder, modelKind.parse(readSmall(file, markerLimitBytes)));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceError('STORE_ITEM_INVALID', { place: file, problem }, { cause });
  }
}

function versionsIn(folder: string): readonly string[] {
  const names = ifThere(() => readdirSync(folder)) ?? [];
  return names.filter((name) => isTagPart(name) && name !== latestName).sort();
}

function newestIn(folder: string): Model | undefined {
  const found = versionsIn(folder).flatMap((version) => ifThere(() => readModel(join(folder, version))) ?? []);
  return found.reduce<Model | undefined>(
    (best, one) => (best && best.record.createdMicros >= one.record.createdMicros ? best : one),
    undefined,
  );
}

/** Undefined where there is nothing, also if it went away in the meantime. */
function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const cause = error instanceof ServiceError ? error.cause : error;
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** A file that is meant to be small: a link in its place is not followed, and a pipe not waited for. */
function readSmall(file: string, limitBytes: number): string {
  const handle = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw new Error('it is no file');
    if (stats.size > limitBytes) throw new Error(`it has ${stats.size} bytes, of which ${limitBytes} are allowed`);
    return readFileSync(handle, 'utf8');
  } finally {
    closeSync(handle);
  }
}
