/** Puts the files of an item into layers that its other versions have, too: what is large, and what changes each time, apart. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { describeFile, toSource } from '../../registry/describe-file.ts';
import type { BlobSource } from '../../registry/registry.ts';
import type { ArchiveSource } from '../archive/archive-source.ts';
import { type Exported, entriesOf, folderOfModel } from '../archive/export-item.ts';
import { writeArchive } from '../archive/write-archive.ts';
import { checksumsName } from '../checksums.ts';
import { walkTree } from '../tree.ts';
import { annotations, fileType, folderType } from './artifact.ts';

/** A file from which on it is a layer of its own: less than that is sent in a second. */
const largeBytes = 8 * 1024 * 1024;

/** A layer. */
export interface Layer {
  readonly source: BlobSource;
  /** Whose it is, where it is a model's that goes with a bento: its tag. */
  readonly model: string | undefined;
}

/** @param scratch folder for layers with several files. */
export async function packLayers(exported: Exported, scratch: string, signal: AbortSignal): Promise<readonly Layer[]> {
  const folders = exported.models.map(folderOfModel);
  const isOfModel = ({ path }: ArchiveSource) => folders.some((at) => path === at || path.startsWith(`${at}/`));
  const groups: Group[] = [{ at: '', model: undefined, entries: without(entriesOf(exported), isOfModel) }];
  for (const model of exported.models) {
    groups.push({ at: folderOfModel(model), model: String(model.tag), entries: walkTree(model.folder) });
  }
  const layers: Layer[] = [];
  for (const [number, group] of groups.entries()) {
    for (const source of await packGroup(group, join(scratch, String(number)), signal)) {
      layers.push({ source, model: group.model });
    }
  }
  return layers;
}

interface Group {
  /** Its folder in the item. */
  readonly at: string;
  readonly model: string | undefined;
  readonly entries: AsyncIterable<ArchiveSource>;
}

const ownNames = ['bento.yaml', 'model.yaml', checksumsName]; // other in each version

async function packGroup({ at, entries }: Group, scratch: string, signal: AbortSignal): Promise<readonly BlobSource[]> {
  const [own, rest]: [ArchiveSource[], ArchiveSource[]] = [[], []];
  const large: BlobSource[] = [];
  for await (const entry of entries) {
    signal.throwIfAborted();
    if (ownNames.includes(entry.path)) own.push(entry);
    else if (entry.kind !== 'file' || entry.sizeBytes < largeBytes) rest.push(entry);
    else {
      const { file, path, isExecutable } = entry;
      const said = {
        [annotations.file]: at === '' ? path : `${at}/${path}`,
        ...(isExecutable ? { [annotations.executable]: 'true' } : {}),
      };
      large.push(toSource({ ...(await describeFile(file, fileType, signal)), annotations: said }, file));
    }
  }
  const packed: BlobSource[] = [];
  for (const [name, some] of Object.entries({ rest, own })) {
    if (some.length === 0) continue;
    const file = `${scratch}-${name}`;
    await writeArchive(some, 'gz', createWriteStream(file, { flags: 'wx', signal }));
    const descriptor = await describeFile(file, folderType, signal);
    packed.push(toSource(at === '' ? descriptor : { ...descriptor, annotations: { [annotations.folder]: at } }, file));
  }
  return [...large, ...packed];
}

async function* without<T>(items: AsyncIterable<T>, isOut: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items) if (!isOut(item)) yield item;
}
