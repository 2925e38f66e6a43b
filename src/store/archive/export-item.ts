/** Writes an item as one file or as a folder, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ServiceError } from '../../errors.ts';
import { flushFolder, flushTree } from '../flush.ts';
import type { StoreItem, StoreRecord } from '../store.ts';
import { isSystemError } from '../store-error.ts';
import { copyTree, walkTree } from '../tree.ts';
import type { ArchiveSource } from './archive-source.ts';
import { type ExportFormat, endingOf, packingOf, toFormat } from './format.ts';
import { parsePlace } from './place.ts';
import { printS3, type S3Place, writeObject } from './s3.ts';
import { writeArchive } from './write-archive.ts';

/** What can be said of an export. */
export interface ExportOptions {
  /** `bentomodel` or `bento`, `tar`, `gz`, `zst`, `xz`, `zip`, `folder`. @default what the path ends with, else BentoML's own */
  readonly format?: string | undefined;
  /** Gives it up: nothing is left of it. */
  readonly signal?: AbortSignal | undefined;
}

/** What is exported: the item, and the models that it needs. */
export interface Exported {
  readonly item: StoreItem<StoreRecord>;
  readonly models: readonly StoreItem<StoreRecord>[];
  readonly extension: 'bento' | 'bentomodel';
}

/**
 * Exports to a path or an `s3://` address; a folder that is there, or a path that ends with a slash, gets a file named for the item.
 * @returns where it is, absolute, or the address.
 */
export async function exportItem(exported: Exported, path: string, { format, signal }: ExportOptions): Promise<string> {
  const where = parsePlace(path);
  try {
    signal?.throwIfAborted();
    if (where.kind === 's3') return await exportToS3(exported, where.place, format, signal);
    return await exportToDisk(exported, where.path, format, signal);
  } catch (error) {
    signal?.throwIfAborted(); // whatever fell over it
    throw error;
  }
}

async function exportToS3(
  exported: Exported,
  { bucket, key }: S3Place,
  asked: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const format = toFormat(asked, key, exported.extension);
  if (format === 'folder') {
    const problem = 'a folder can be written on a disk only; name another format';
    throw new ServiceError('ARCHIVE_INVALID', { archive: printS3({ bucket, key }), problem });
  }
  const isFolder = key === '' || key.endsWith('/');
  const place = { bucket, key: isFolder ? `${key}${nameOf(exported, format)}` : withEnding(exported, key, format) };
  const sizes = await Promise.all([exported.item, ...exported.models].map((item) => item.sizeBytes()));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  await writeObject(place, bytes, (to) => writeArchive(entriesOf(exported), packingOf(format), to), signal);
  return printS3(place);
}

const nameOf = ({ item }: Exported, format: ExportFormat) => {
  const own = `${item.tag.name}-${item.tag.version}`;
  return format === 'folder' ? own : `${own}.${endingOf(format)}`;
};

/** BentoML's own format is known by its ending only. */
const withEnding = ({ extension }: Exported, path: string, format: ExportFormat) =>
  format === extension && !path.endsWith(`.${extension}`) ? `${path}.${extension}` : path;

async function exportToDisk(
  exported: Exported,
  path: string,
  asked: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const format = toFormat(asked, path, exported.extension);
  const to = await findDestination(exported, path, format);
  const temporary = join(dirname(to), `.bentots-${randomUUID()}.tmp`); // beside it, for the rename; no longer a name than another
  try {
    if (format === 'folder') {
      await writeFolder(exported, temporary, signal);
      await flushTree(temporary);
    } else
      await writeArchive(
        entriesOf(exported),
        packingOf(format),
        createWriteStream(temporary, {
          flags: 'wx',
          highWaterMark: 1024 * 1024,
          flush: true,
          ...(signal && { signal }),
        }),
      );
    await rename(temporary, to);
    await flushFolder(dirname(to));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
  return to;
}

async function findDestination(exported: Exported, path: string, format: ExportFormat): Promise<string> {
  const refuse = (problem: string) => new ServiceError('ARCHIVE_INVALID', { archive: path, problem });
  const at = resolve(path); // from the working folder: BentoML of some versions takes a relative path for one from the root
  const isFolder = path === '' || /[/\\]$/.test(path) || (await kindOf(at)) === 'folder';
  const to = isFolder ? join(at, nameOf(exported, format)) : withEnding(exported, at, format);
  if ((await kindOf(dirname(to))) !== 'folder') throw refuse(`there is no folder ${dirname(to)}; make it first`);
  const kind = await kindOf(to);
  if (kind === 'other' || kind === 'folder')
    throw refuse(`there is a ${kind === 'folder' ? 'folder' : 'device or pipe'} ${to} already; name another place`);
  if (kind === 'file' && format === 'folder') throw refuse(`there is a file ${to} already; name another place`);
  return to;
}

async function kindOf(path: string): Promise<'folder' | 'file' | 'other' | undefined> {
  try {
    const stats = await stat(path);
    return stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** The models lie as in a store of their own, where BentoML looks for them. */
const modelFolder = 'models';

/** What an item is made of when it leaves the store. */
export async function* entriesOf({ item, models }: Exported): AsyncGenerator<ArchiveSource> {
  let hasFolder = false;
  for await (const entry of walkTree(item.folder)) {
    const [top, name] = entry.path.split('/');
    hasFolder ||= top === modelFolder;
    const isTwice = top === modelFolder && models.some(({ tag }) => tag.name === name);
    if (!isTwice) yield entry; // other files of models, such as those of a hub, go along as they lie
  }
  if (models.length > 0 && !hasFolder) yield folderEntry(modelFolder);
  const names = new Set<string>();
  for (const { tag, folder } of models) {
    const at = `${modelFolder}/${tag.name}`;
    if (!names.has(tag.name)) {
      yield folderEntry(at);
      yield { kind: 'text', path: `${at}/latest`, text: String(tag.version) };
      names.add(tag.name);
    }
    const own = folderOfModel({ tag });
    yield folderEntry(own);
    for await (const entry of walkTree(folder)) yield { ...entry, path: `${own}/${entry.path}` };
  }
}

/** Where a model lies in a bento that has left the store. */
export const folderOfModel = ({ tag }: Pick<StoreItem<StoreRecord>, 'tag'>) => `${modelFolder}/${tag.toPath()}`;

const folderEntry = (path: string): ArchiveSource => ({
  kind: 'folder',
  path,
  file: '',
  sizeBytes: 0,
  isExecutable: false,
  target: '',
});

async function writeFolder({ item, models }: Exported, to: string, signal: AbortSignal | undefined): Promise<void> {
  await mkdir(to);
  await copyTree(item.folder, to, signal);
  for (const { tag } of models) await rm(join(to, modelFolder, tag.name), { recursive: true, force: true });
  for (const { tag, folder } of models) {
    const at = join(to, modelFolder, tag.name);
    await mkdir(join(at, String(tag.version)), { recursive: true });
    await copyTree(folder, join(at, String(tag.version)), signal);
    await writeFile(join(at, 'latest'), String(tag.version));
  }
}
