/** Writes an item as one file or as a folder, whole or not at all. */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ServiceError } from '../../errors.ts';
import type { StoreItem, StoreRecord } from '../store.ts';
import { isSystemError } from '../store-error.ts';
import { copyTree, walkTree } from '../tree.ts';
import { type ExportFormat, endingOf, packingOf, toFormat } from './format.ts';
import { type ArchiveSource, writeArchive } from './write-archive.ts';

/** What is exported: the item, and the models that it needs. */
export interface Exported {
  readonly item: StoreItem<StoreRecord>;
  readonly models: readonly StoreItem<StoreRecord>[];
  readonly extension: 'bento' | 'bentomodel';
}

/**
 * Exports to a path; a folder that is there, or a path that ends with a slash, gets a file named for the item.
 * @returns where it is, absolute.
 */
export async function exportItem(exported: Exported, path: string, asked: string | undefined): Promise<string> {
  const format = toFormat(asked, path, exported.extension);
  const to = await findDestination(exported, path, format);
  const temporary = join(dirname(to), `.${basename(to)}.${randomUUID()}.tmp`); // beside it, for the rename
  try {
    if (format === 'folder') await writeFolder(exported, temporary);
    else
      await writeArchive(
        entriesOf(exported),
        packingOf(format),
        createWriteStream(temporary, { flags: 'wx', highWaterMark: 1024 * 1024 }),
      );
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
    throw error;
  }
  return to;
}

async function findDestination({ item, extension }: Exported, path: string, format: ExportFormat): Promise<string> {
  const refuse = (problem: string) => new ServiceError('ARCHIVE_INVALID', { archive: path, problem });
  const own = `${item.tag.name}-${item.tag.version}`;
  const at = resolve(path); // from the working folder: BentoML of some versions takes a relative path for one from the root
  const isFolder = path === '' || /[/\\]$/.test(path) || (await kindOf(at)) === 'folder';
  const isNamed = format === extension && !at.endsWith(`.${extension}`);
  const to = isFolder
    ? join(at, format === 'folder' ? own : `${own}.${endingOf(format)}`)
    : `${at}${isNamed ? `.${extension}` : ''}`;
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

async function* entriesOf({ item, models }: Exported): AsyncGenerator<ArchiveSource> {
  for await (const entry of walkTree(item.folder)) {
    if (models.length === 0 || entry.path.split('/')[0] !== modelFolder) yield entry;
  }
  if (models.length > 0) yield folderEntry(modelFolder);
  const names = new Set<string>();
  for (const { tag, folder } of models) {
    const at = `${modelFolder}/${tag.name}`;
    if (!names.has(tag.name)) {
      yield folderEntry(at);
      yield { kind: 'text', path: `${at}/latest`, text: String(tag.version) };
      names.add(tag.name);
    }
    yield folderEntry(`${at}/${tag.version}`);
    for await (const entry of walkTree(folder)) yield { ...entry, path: `${at}/${tag.version}/${entry.path}` };
  }
}

const folderEntry = (path: string): ArchiveSource => ({
  kind: 'folder',
  path,
  file: '',
  sizeBytes: 0,
  isExecutable: false,
  target: '',
});

async function writeFolder({ item, models }: Exported, to: string): Promise<void> {
  await mkdir(to);
  await copyTree(item.folder, to);
  if (models.length > 0) await rm(join(to, modelFolder), { recursive: true, force: true });
  for (const { tag, folder } of models) {
    const at = join(to, modelFolder, tag.name);
    await mkdir(join(at, String(tag.version)), { recursive: true });
    await copyTree(folder, join(at, String(tag.version)));
    await writeFile(join(at, 'latest'), String(tag.version));
  }
}
