/** Keeps items of one kind below a folder, as BentoML lays them out: `<name>/<version>/…` and `<name>/latest`. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { ServiceError } from '../errors.ts';
import { compareTags, isTagPart, Tag } from '../tag.ts';
import { flushFolder, flushTree } from './flush.ts';
import { replaceFile } from './replace-file.ts';
import { openStaging } from './staging.ts';
import { explained, isSystemError } from './store-error.ts';
import { copyTree, sizeOfTree } from './tree.ts';

/** What the store has to know of an item; each kind knows more. */
export interface StoreRecord {
  readonly tag: Tag;
  readonly creationTime: Date;
  /** As {@link creationTime}, in microseconds since 1970, as exact as the file says. */
  readonly createdMicros: number;
}

/** What tells models and bentos apart. */
export interface StoreKind<R extends StoreRecord> {
  readonly noun: 'model' | 'bento';
  /** Below the home. */
  readonly folder: 'models' | 'bentos';
  /** The file that makes a folder an item. */
  readonly marker: 'model.yaml' | 'bento.yaml';
  /** Ends the name of an exported file. */
  readonly extension: 'bentomodel' | 'bento';
  /** How to get one that is missing, after "or". */
  readonly remedy: string;
  /** @throws Error with what is wrong with the text. */
  parse(text: string): R;
}

/** A model or a bento in a store. It is never changed, only deleted. */
export interface StoreItem<R extends StoreRecord> {
  readonly tag: Tag;
  /** Absolute. */
  readonly folder: string;
  readonly creationTime: Date;
  /** What its `model.yaml` or `bento.yaml` says. */
  readonly record: R;
  /**
   * The absolute path of something in it.
   * @throws ServiceError `STORE_ITEM_INVALID` if the path leads out of it.
   */
  pathOf(path: string): string;
  /** The sum of the sizes of its files. */
  sizeBytes(): Promise<number>;
}

/** Where a store is, and what it needs. */
export interface StorePlace {
  /** Folder of all stores. */
  readonly home: string;
  /** Folder of this store, where it is not the usual one in the home. */
  readonly root?: string;
  nowMs(): number;
  /** Is told of what was found and left out. */
  warn(message: string): void;
}

/** One store. */
export interface Store<R extends StoreRecord> {
  readonly kind: StoreKind<R>;
  readonly root: string;
  /**
   * Makes an item: whole or not at all, however it ends. Others see it once it is finished.
   * @param fill writes the files, the marker with them, into an empty folder that is moved into the store afterwards.
   * @throws ServiceError `STORE_ITEM_EXISTS`, `STORE_ITEM_INVALID`, `STORE_FAILED`; what `fill` throws passes as it is.
   */
  create(tag: Tag, fill: (folder: string) => Promise<void>): Promise<StoreItem<R>>;
  /**
   * As {@link create}, for what says itself in its marker which tag it has.
   * @param options `replaces` puts it in the place of one that is there, once it is whole.
   */
  adopt(fill: (folder: string) => Promise<void>, options?: { readonly replaces?: boolean }): Promise<StoreItem<R>>;
  /** @throws ServiceError `STORE_ITEM_EXISTS` if there is one with that very tag. */
  assertFree(tag: Tag): Promise<void>;
  /**
   * Finds one: by its version or the beginning of it, or the newest.
   * @throws ServiceError `STORE_ITEM_MISSING`, `STORE_ITEM_AMBIGUOUS`, `STORE_ITEM_INVALID`
   */
  get(tag: Tag): Promise<StoreItem<R>>;
  /** All, or those of a name, or the one of a tag, in the order of their tags; what is broken is left out and told. */
  list(tag?: Tag): Promise<readonly StoreItem<R>[]>;
  /** Deletes one version, or all of a name. @throws ServiceError `STORE_ITEM_MISSING` */
  delete(tag: Tag): Promise<readonly Tag[]>;
}

/** The file that says which version is the newest. */
export const latestName = 'latest';
const temporaryPointer = '.latest-';
const deletedPrefix = '.deleted-'; // what is left of a process that was killed goes with the next deletion of that name
const atOnce = 64; // files that are open together, far below any limit
/** Of a marker. */
export const markerLimitBytes = 16 * 1024 * 1024; // of bentos it holds the schema; more is no record but an attack on memory

/** Opens a store; it is made when something is put in. */
export function openStore<R extends StoreRecord>(kind: StoreKind<R>, place: StorePlace): Store<R> {
  const root = place.root ?? join(place.home, kind.folder);
  const folderOf = (tag: Tag) => join(root, ...tag.toPath().split('/'));

  const load = async (tag: Tag): Promise<StoreItem<R>> => {
    const folder = folderOf(tag);
    const record = await readRecord(kind, folder);
    if (!record.tag.equals(tag)) {
      const problem = `it says that it is ${record.tag}, but lies where ${tag} is; move the folder, or delete it`;
      throw new ServiceError('STORE_ITEM_INVALID', { place: join(folder, kind.marker), problem });
    }
    return toItem(folder, record);
  };

  const loadIfThere = (tag: Tag) =>
    load(tag).catch((error) => {
      if (isSystemError(error, 'ENOENT')) return undefined; // never there, or deleted in the meantime
      throw error;
    });

  const loadOrWarn = async (tag: Tag): Promise<StoreItem<R> | undefined> => {
    try {
      return await loadIfThere(tag);
    } catch (error) {
      if (!(error instanceof ServiceError) && !isSystemError(error)) throw error;
      place.warn(`left out: ${error.message}`);
      return undefined;
    }
  };

  const loadAll = async (tags: readonly Tag[]): Promise<StoreItem<R>[]> => {
    const found: StoreItem<R>[] = [];
    for (let at = 0; at < tags.length; at += atOnce) {
      const loaded = await Promise.all(tags.slice(at, at + atOnce).map(loadOrWarn));
      found.push(...loaded.filter((item) => item !== undefined));
    }
    return found;
  };

  const namesIn = async (folder: string, isStore: boolean): Promise<string[]> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
      if (isSystemError(error, 'ENOENT') || (!isStore && isSystemError(error, 'ENOTDIR'))) return [];
      throw error;
    });
    const folders = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map(({ name }) => name);
    for (const name of folders) {
      if (!isTagPart(name) && !name.startsWith('.')) {
        place.warn(`left out: ${join(folder, name)}: no ${kind.noun} can have that name; move the folder elsewhere`);
      }
    }
    return folders.filter(isTagPart).sort();
  };
  const versionsOf = async (name: string): Promise<Tag[]> =>
    (await namesIn(join(root, name), false))
      .filter((version) => version !== latestName)
      .map((one) => new Tag(name, one));

  const readPointer = async (name: string): Promise<string | undefined> => {
    const text = await readSmall(join(root, name, latestName), 1024).catch(() => undefined); // it is made again
    const version = text?.trim();
    return version !== undefined && isTagPart(version) && version !== latestName ? version : undefined;
  };

  const writePointer = async (name: string, version: string): Promise<void> => {
    const temporary = join(root, name, `${temporaryPointer}${randomUUID()}`);
    try {
      await replaceFile(join(root, name, latestName), version, temporary);
    } catch (error) {
      ignoreMissing(error, undefined); // somebody deleted all versions, and looks after the pointer
    }
  };

  const newestOf = async (name: string, preferred?: string): Promise<StoreItem<R> | undefined> => {
    const items = await loadAll(await versionsOf(name));
    const isNewer = (a: StoreItem<R>, b: StoreItem<R>) =>
      a.record.createdMicros > b.record.createdMicros ||
      (a.record.createdMicros === b.record.createdMicros && a.tag.version === preferred);
    return items.reduce<StoreItem<R> | undefined>(
      (best, item) => (best && !isNewer(item, best) ? best : item),
      undefined,
    );
  };

  // Whoever writes the pointer looks once more afterwards, so that the last of several writes what all would.
  const pointToNewest = async (name: string, preferred?: string): Promise<StoreItem<R> | undefined> => {
    for (;;) {
      const newest = await newestOf(name, preferred);
      if (newest?.tag.version === undefined) return undefined;
      if ((await readPointer(name)) === newest.tag.version) return newest;
      await writePointer(name, newest.tag.version);
    }
  };

  const findLatest = async (tag: Tag): Promise<StoreItem<R>> => {
    const version = await readPointer(tag.name);
    const pointed = version === undefined ? undefined : await loadIfThere(tag.withVersion(version));
    if (pointed) return pointed;
    // What can only be read is read nevertheless.
    const newest = await pointToNewest(tag.name).catch(() => newestOf(tag.name));
    if (newest) return newest;
    throw missing(tag);
  };

  const missing = (tag: Tag, hint = `bento ${kind.noun === 'model' ? 'models ' : ''}list says what there is`) =>
    new ServiceError('STORE_ITEM_MISSING', {
      kind: kind.noun,
      tag: String(tag),
      store: root,
      remedy: `${hint}, or ${kind.remedy}`,
    });
  const exists = (tag: Tag, cause?: unknown) =>
    new ServiceError(
      'STORE_ITEM_EXISTS',
      { kind: kind.noun, tag: String(tag), store: root, remedy: 'delete it first, or choose another version' },
      { cause },
    );

  const assertFree = async (tag: Tag): Promise<void> => {
    if (await isThere(folderOf(tag))) throw exists(tag);
  };

  const publish = async (folder: string, tag: Tag): Promise<void> => {
    const to = folderOf(tag);
    for (let triesLeft = 100; ; triesLeft--) {
      await assertFree(tag); // a rename would put itself in the place of an empty folder
      await mkdir(join(root, tag.name), { recursive: true });
      try {
        return await rename(folder, to);
      } catch (error) {
        if (isSystemError(error, 'EEXIST', 'ENOTEMPTY') || (await isThere(to))) throw exists(tag, error);
        if (triesLeft === 0 || !isSystemError(error, 'ENOENT') || !(await isThere(folder))) throw error;
        // The last version was deleted, and the folder of the name with it, between the two lines above.
      }
    }
  };

  const takeAway = async (tag: Tag, isInside = false): Promise<void> => {
    const opening = openStaging(place.home, root, place.nowMs(), isInside);
    await using staging = await opening.catch((error) => {
      if (isSystemError(error, 'ENOSPC', 'EDQUOT')) return undefined; // there will be room once this is deleted
      throw error;
    });
    const hidden = staging ? join(staging.folder, 'deleted') : join(root, tag.name, `${deletedPrefix}${randomUUID()}`);
    try {
      await rename(folderOf(tag), hidden); // from here on nobody sees it
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) throw missing(tag);
      if (isInside || !isSystemError(error, 'EXDEV')) throw error;
      await takeAway(tag, true);
    }
    if (!staging) await rm(hidden, { recursive: true, force: true });
  };

  /** Those of the version, of its pointer, and of the folders above, any of which may be new. */
  const flushNames = async (name: string): Promise<void> => {
    for (const folder of [join(root, name), root, dirname(root)]) {
      await flushFolder(folder).catch((error) => ignoreMissing(error, undefined)); // deleted already
    }
  };

  /** Hides what is there, until it is put back or thrown away. */
  const setAside = async (tag: Tag): Promise<string | undefined> => {
    const hidden = join(root, tag.name, `${deletedPrefix}${randomUUID()}`);
    try {
      await rename(folderOf(tag), hidden);
      return hidden;
    } catch (error) {
      return ignoreMissing(error, undefined);
    }
  };

  const make = (
    what: string,
    fill: (folder: string) => Promise<void>,
    { expected, replaces = false }: { readonly expected?: Tag; readonly replaces?: boolean },
  ) =>
    explained(`create the ${kind.noun}${what}`, async () => {
      await using staging = await openStaging(place.home, root, place.nowMs());
      if (expected) await assertFree(expected); // before it is made in vain
      await fill(staging.folder);
      const record = await readRecord(kind, staging.folder);
      const { tag } = record;
      if (tag.version === undefined || tag.isLatest || (expected && !expected.equals(tag))) {
        const problem = `it says that it is ${tag}, which it cannot be${expected ? `: it is made as ${expected}` : ''}`;
        throw new ServiceError('STORE_ITEM_INVALID', { place: kind.marker, problem });
      }
      await flushTree(staging.folder); // refuses what an item must not have
      const before = replaces ? await setAside(tag) : undefined;
      const putBack = async () => {
        if (before !== undefined) await rename(before, folderOf(tag));
      };
      await publish(staging.folder, tag)
        .catch(async (error) => {
          if (!isSystemError(error, 'EXDEV')) throw error;
          await using inside = await openStaging(place.home, root, place.nowMs(), true);
          await copyTree(staging.folder, inside.folder);
          await flushTree(inside.folder);
          await publish(inside.folder, tag);
        })
        .catch(async (error) => {
          await putBack().catch(() => {}); // the first error is the one to tell
          throw error;
        });
      try {
        await pointToNewest(tag.name, tag.version);
        await flushNames(tag.name);
      } catch (error) {
        // No room for the pointer: as if nothing had been. There may be none for another folder either.
        await rename(folderOf(tag), staging.folder).catch(() => takeAway(tag));
        await putBack().catch(() => {});
        await tidy(tag.name).catch(() => {}); // the first error is the one to tell
        throw error;
      }
      if (before !== undefined) await rm(before, { recursive: true, force: true }).catch(() => {}); // it goes later
      return toItem(folderOf(tag), record);
    });

  const tidy = async (name: string): Promise<void> => {
    const leftovers = (await readdir(join(root, name)).catch((error) => ignoreMissing(error, []))).filter((one) =>
      one.startsWith(deletedPrefix),
    );
    for (const one of leftovers) await rm(join(root, name, one), { recursive: true, force: true });
    if (await pointToNewest(name).catch((error) => ignoreMissing(error, undefined))) return;
    if ((await versionsOf(name)).length > 0) return; // only broken ones, which are not ours to judge
    const folder = join(root, name);
    const pointers = (await readdir(folder).catch((error) => ignoreMissing(error, []))).filter(isPointer);
    for (const pointer of pointers) await rm(join(folder, pointer), { force: true });
    await rmdir(folder).catch(() => {}); // somebody made another one, or keeps a file there
    if ((await versionsOf(name)).length > 0) await pointToNewest(name);
  };

  return {
    kind,
    root,
    create: (tag, fill) => make(` ${tag}`, fill, { expected: tag }),
    adopt: (fill, options = {}) => make('', fill, options),
    assertFree,
    get: (tag) =>
      explained(`read the ${kind.noun} ${tag}`, async () => {
        if (tag.version === undefined || tag.isLatest) return findLatest(tag);
        const { version: start } = tag;
        const exact = await loadIfThere(tag);
        if (exact) return exact;
        const matches = (await versionsOf(tag.name)).filter(({ version }) => version?.startsWith(start));
        const [only] = matches;
        if (only === undefined) throw missing(tag);
        if (matches.length === 1) {
          const found = await loadIfThere(only);
          if (found) return found;
          throw missing(tag);
        }
        const versions = `${matches.slice(0, 10).join(', ')}${matches.length > 10 ? ', …' : ''}`;
        throw new ServiceError('STORE_ITEM_AMBIGUOUS', { kind: kind.noun, tag: String(tag), versions });
      }),
    list: (tag) =>
      explained(`list the ${kind.noun}s in ${root}`, async () => {
        if (tag?.isLatest && tag.version !== undefined) return [await findLatest(tag)];
        if (tag?.version !== undefined) return loadAll((await isThere(folderOf(tag))) ? [tag] : []);
        const names = tag === undefined ? await namesIn(root, true) : [tag.name];
        const tags = (await Promise.all(names.map(versionsOf))).flat();
        return loadAll(tags.sort(compareTags));
      }),
    delete: (tag) =>
      explained(`delete the ${kind.noun} ${tag}`, async () => {
        const tags =
          tag.version === undefined ? await versionsOf(tag.name) : [tag.isLatest ? (await findLatest(tag)).tag : tag];
        if (tags.length === 0 && !(await isThere(join(root, tag.name)))) throw missing(tag);
        for (const one of tags) await takeAway(one);
        await tidy(tag.name);
        return tags;
      }),
  };
}

const isPointer = (name: string) => name === latestName || name.startsWith(temporaryPointer);

/** What the marker of an item says. @throws ServiceError `STORE_ITEM_INVALID` */
export async function readRecord<R extends StoreRecord>(kind: StoreKind<R>, folder: string): Promise<R> {
  const file = join(folder, kind.marker);
  const refuse = (problem: string, cause: unknown) =>
    new ServiceError('STORE_ITEM_INVALID', { place: file, problem }, { cause });
  const text = await readSmall(file, markerLimitBytes).catch(async (error) => {
    if (isSystemError(error, 'ENOENT') && !(await isThere(folder))) throw error; // the item went away as a whole
    if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
      throw refuse(`it is missing, so that this is no ${kind.noun}`, error);
    if (isSystemError(error, 'EISDIR', 'ELOOP')) throw refuse('it is no file', error);
    throw error;
  });
  try {
    return kind.parse(text);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** An item whose marker says what it says. */
export function toItem<R extends StoreRecord>(folder: string, record: R): StoreItem<R> {
  return {
    tag: record.tag,
    folder,
    creationTime: record.creationTime,
    record,
    pathOf(path) {
      const inside = normalize(path);
      if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`) || inside.includes('\0')) {
        throw new ServiceError('STORE_ITEM_INVALID', { place: path, problem: `the path leads out of ${record.tag}` });
      }
      return join(folder, inside);
    },
    sizeBytes: () => explained(`read ${folder}`, () => sizeOfTree(folder)),
  };
}

/** A file that is meant to be small: a link in its place is not followed, and a pipe not waited for. */
async function readSmall(file: string, limitBytes: number): Promise<string> {
  await using handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  const stats = await handle.stat();
  if (!stats.isFile()) throw Object.assign(new Error('it is no file'), { code: 'EISDIR', syscall: 'read' });
  if (stats.size > limitBytes) throw new Error(`${file} has ${stats.size} bytes, of which ${limitBytes} are allowed`);
  return handle.readFile('utf8');
}

async function isThere(path: string): Promise<boolean> {
  try {
    return Boolean(await lstat(path));
  } catch (error) {
    return ignoreMissing(error, false);
  }
}

function ignoreMissing<T>(error: unknown, instead: T): T {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return instead;
  throw error;
}
