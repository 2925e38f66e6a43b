/** Pulls an item from a registry: its files into an empty folder, checked one by one. */
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ServiceError } from '../../errors.ts';
import type { Manifest } from '../../registry/manifest.ts';
import { type OciReference, printReference } from '../../registry/reference.ts';
import { openRepository } from '../../registry/registry.ts';
import type { ArchiveEntry } from '../archive/archive-entry.ts';
import { readArchive } from '../archive/read-archive.ts';
import { unpackEntries } from '../archive/unpack.ts';
import type { StoreKind, StoreRecord } from '../store.ts';
import {
  type ArtifactConfig,
  annotations,
  fileType,
  folderType,
  readArtifact,
  readArtifactConfig,
} from './artifact.ts';
import { fetchBlobs, fileNameOf, forgetIfFull } from './fetch-blobs.ts';
import type { TransferOptions, TransferPlace } from './push-item.ts';

/** An item of a registry, before its files are fetched. */
export interface RemoteItem {
  /** In full. */
  readonly reference: string;
  /** Of its manifest. */
  readonly digest: string;
  readonly config: ArtifactConfig;
  /** Fills an empty folder with its files. */
  fill(folder: string): Promise<void>;
}

type PullPlace = Pick<TransferPlace, 'home' | 'nowMs' | 'settings'> & {
  /** Waits before a next try. @default by the clock */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
};

/** What a reference means now. @throws ServiceError `REGISTRY_ITEM_MISSING`, `REGISTRY_DENIED`, `REGISTRY_FAILED` */
export async function askDigest(
  reference: OciReference,
  { settings, pause }: PullPlace,
  signal: AbortSignal,
): Promise<string> {
  await using repository = await openRepository(reference, { settings, signal, pause });
  const found = await repository.find(reference.digest ?? String(reference.tag));
  if (found) return found.digest;
  const { registry, repository: name, tag } = reference;
  throw new ServiceError('REGISTRY_ITEM_MISSING', { registry, item: `${name}:${tag}` });
}

/**
 * Does something with an item of a registry.
 * @throws ServiceError `REGISTRY_ITEM_MISSING`, `REGISTRY_DENIED`, `REGISTRY_FAILED`; `ARCHIVE_INVALID` if it is
 *   something else, or may do harm.
 */
export async function withRemoteItem<T>(
  reference: OciReference,
  { noun }: Pick<StoreKind<StoreRecord>, 'noun'>,
  { home, nowMs, settings, pause }: PullPlace,
  { signal = new AbortController().signal, onProgress = () => {} }: TransferOptions,
  run: (item: RemoteItem) => Promise<T>,
): Promise<T> {
  const failed = new AbortController(); // the first failure ends the rest
  const ended = AbortSignal.any([signal, failed.signal]);
  const name = printReference(reference);
  await using repository = await openRepository(reference, { settings, signal: ended, pause });
  const { descriptor, bytes } = await repository.fetchManifest(reference.digest ?? String(reference.tag));
  const manifest = readArtifact(bytes, noun, name);
  const config = readArtifactConfig(await repository.fetchBlob(manifest.config), noun, name);
  return await run({
    reference: name,
    digest: descriptor.digest,
    config,
    async fill(folder) {
      const blobs = join(dirname(folder), 'blobs'); // in the temporary folder of this process, which is removed at the end
      await mkdir(blobs);
      const place = { home, into: blobs, nowMs };
      const forget = await fetchBlobs(
        manifest.layers,
        repository,
        place,
        { failed, signal: ended },
        ({ bytes: now, totalBytes }) => onProgress({ what: String(config.tag), bytes: now, totalBytes }),
      ).finally(() => signal.throwIfAborted());
      const packedBytes = manifest.layers.reduce((sum, { size }) => sum + size, 0);
      const unpacking = { called: name, packedBytes, signal: ended };
      await unpackEntries(entriesOf(manifest, blobs, name), folder, unpacking).catch((error) =>
        forgetIfFull(error, forget),
      );
      await forget();
    },
  });
}

/** What is in all of its layers, with paths of the item. */
async function* entriesOf({ layers }: Manifest, blobs: string, name: string): AsyncGenerator<ArchiveEntry> {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('ARCHIVE_INVALID', { archive: name, problem }, { cause });
  for (const { mediaType, digest, annotations: said = {} } of layers) {
    const blob = join(blobs, fileNameOf(digest));
    const path = said[annotations.file];
    if (mediaType === fileType && path !== undefined) {
      const isExecutable = said[annotations.executable] === 'true';
      yield { kind: 'file', path, isExecutable, target: '', own: blob, bytes: () => createReadStream(blob) };
    } else if (mediaType === folderType) {
      const at = said[annotations.folder];
      for await (const entry of readArchive(blob)) {
        if (at === undefined) yield entry;
        else
          yield {
            ...entry,
            path: `${at}/${entry.path}`,
            target: entry.kind === 'hard link' ? `${at}/${entry.target}` : entry.target,
          };
      }
    } else
      throw refuse(
        `it has a layer of the type ${JSON.stringify(mediaType.slice(0, 100))}, which is not read here; update bentots`,
      );
  }
}

/** An item must be the one that its configuration names. */
export function assertSame({ config, reference }: RemoteItem, record: StoreRecord): void {
  if (record.tag.equals(config.tag)) return;
  const problem = `it says that it is ${config.tag}, but its files are those of ${record.tag}; push it again`;
  throw new ServiceError('ARCHIVE_INVALID', { archive: reference, problem });
}
