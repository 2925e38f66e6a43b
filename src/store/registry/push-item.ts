/** Pushes an item to a registry: only what that has not got yet. */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RegistrySettings } from '../../config/registries.ts';
import { ServiceError } from '../../errors.ts';
import { inLanes } from '../../outbound/in-lanes.ts';
import { sumTransfers, type TransferSum } from '../../outbound/sum-transfers.ts';
import { digestOf, mediaTypes } from '../../registry/manifest.ts';
import { type OciReference, printReference } from '../../registry/reference.ts';
import { openRepository, type Repository } from '../../registry/registry.ts';
import type { Exported } from '../archive/export-item.ts';
import type { ModelRecord } from '../model-record.ts';
import { printMicros } from '../own-marks.ts';
import { openStaging } from '../staging.ts';
import type { StoreKind, StoreRecord } from '../store.ts';
import { printArtifact } from './artifact.ts';
import { type KnownItems, openKnownItems } from './known-items.ts';
import { type Layer, packLayers } from './pack-layers.ts';

/** What can be said of pushing and pulling. */
export interface TransferOptions {
  /** Whether another item that has the name is replaced. @default false */
  readonly force?: boolean | undefined;
  /** Gives it up: nothing half done is to be seen. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how many bytes of all are there. */
  onProgress?(progress: { readonly what: string; readonly bytes: number; readonly totalBytes: number }): void;
}

/** What was pushed. */
export interface Pushed {
  /** In full. */
  readonly reference: string;
  /** Of the manifest, by which it can be pulled for ever. */
  readonly digest: string;
  /** Whether it was not there before. */
  readonly isNew: boolean;
  /** How much was sent: what the registry had already is not. */
  readonly sentBytes: number;
}

/** What pushing needs to know of where it is done. */
export interface TransferPlace {
  readonly home: string;
  readonly root: string;
  nowMs(): number;
  readonly settings: RegistrySettings;
}

const atOnce = 4; // as Docker, which takes 3 down and 5 up

/** @throws ServiceError `REGISTRY_TAG_TAKEN`, `REGISTRY_DENIED`, `REGISTRY_FAILED`, `STORE_ITEM_INVALID` */
export async function pushItem(
  exported: Exported,
  kind: StoreKind<StoreRecord>,
  reference: OciReference,
  place: TransferPlace,
  { force = false, signal = new AbortController().signal, onProgress = () => {} }: TransferOptions,
): Promise<Pushed> {
  const { item } = exported;
  const { noun } = kind;
  const { settings, home } = place;
  const known = openKnownItems(home);
  const failed = new AbortController(); // the first failure ends the rest
  const ended = AbortSignal.any([signal, failed.signal]);
  await using staging = await openStaging(home, place.root, place.nowMs());
  const scratch = join(dirname(staging.folder), 'layers');
  await mkdir(scratch);
  const layers = await packLayers(exported, scratch, ended);
  const { module = '', createdMicros } = item.record as ModelRecord | (StoreRecord & { readonly module?: undefined });
  const said = { tag: item.tag, creationTime: printMicros(createdMicros), module };
  const { config, manifest } = printArtifact(
    noun,
    said,
    layers.map(({ source }) => source.descriptor),
  );
  const mounts = await findMounts(layers, reference, known);
  await using repository = await openRepository(
    reference,
    { settings, signal: ended },
    { isWritten: true, mountsFrom: [...new Set(mounts.values())] },
  );
  const name = printReference(reference);
  const digest = digestOf(manifest);
  const { tag, creationTime } = said;
  const note = () => known.note({ reference: name, digest, noun, tag, creationTime });
  const before = await repository.find(String(reference.tag));
  if (before?.digest === digest) {
    await note();
    return { reference: name, digest, isNew: false, sentBytes: 0 };
  }
  if (before && !force) {
    const remedy = 'choose another tag, or push with --force to replace it';
    throw new ServiceError('REGISTRY_TAG_TAKEN', { reference: name, kind: noun, remedy });
  }
  const sentBytes = await sendBlobs([...layers, { source: config, model: undefined }], {
    repository,
    mounts,
    failed,
    onProgress: ({ bytes, totalBytes }) => onProgress({ what: String(item.tag), bytes, totalBytes }),
  }).finally(() => signal.throwIfAborted());
  await repository.sendManifest(manifest, mediaTypes.manifests.manifest, reference.tag); // before this nobody sees anything
  await note();
  return { reference: name, digest, isNew: true, sentBytes };
}

/** A repository of the same registry that may have the layers of a model, by the tag of that. */
async function findMounts(
  layers: readonly Layer[],
  { registry, repository }: OciReference,
  known: KnownItems,
): Promise<ReadonlyMap<string, string>> {
  const mounts = new Map<string, string>();
  for (const tag of new Set(layers.flatMap(({ model }) => model ?? []))) {
    const [found] = (await known.repositoriesOf(registry, tag)).filter((one) => one !== repository);
    if (found !== undefined) mounts.set(tag, found);
  }
  return mounts;
}

/** @returns how many bytes the registry had not. */
async function sendBlobs(
  layers: readonly Layer[],
  {
    repository,
    mounts,
    failed,
    onProgress,
  }: {
    readonly repository: Repository;
    readonly mounts: ReadonlyMap<string, string>;
    readonly failed: AbortController;
    onProgress(sum: TransferSum): void;
  },
): Promise<number> {
  const once = [...new Map(layers.map((layer) => [layer.source.descriptor.digest, layer])).values()];
  const sizes = once.map(({ source }) => source.descriptor.size);
  const begin = sumTransfers(sizes, onProgress);
  let sentBytes = 0;
  await inLanes(once, atOnce, failed, async ({ source, model }) => {
    const onBytes = begin(source.descriptor.size);
    const sent = await repository.sendBlob(source, { from: mounts.get(model ?? ''), onBytes });
    if (sent === 'sent') sentBytes += source.descriptor.size;
  });
  return sentBytes;
}
