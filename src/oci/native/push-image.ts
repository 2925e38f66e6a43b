/** Pushes images to a registry: layers that it has, also in the repository of the base, are not sent. */
import { findRegistries } from '../../config/registries.ts';
import { inLanes } from '../../outbound/in-lanes.ts';
import { sumTransfers, type TransferSum } from '../../outbound/sum-transfers.ts';
import { toSource } from '../../registry/describe-file.ts';
import { mediaTypes } from '../../registry/manifest.ts';
import { parseReference } from '../../registry/reference.ts';
import { type BlobSource, openRepository } from '../../registry/registry.ts';
import { blobsOf, type ImageBlob, type ImageSet } from './write-image.ts';

const atOnce = 4; // as Docker, which takes 3 down and 5 up

/** What a push has sent. */
export interface PushedImages {
  readonly sentBytes: number;
  /** How many layers and configurations were sent, and how many there are. */
  readonly sent: number;
  readonly all: number;
}

export async function pushImages(
  set: ImageSet,
  name: string,
  { signal, onProgress }: { readonly signal: AbortSignal; onProgress(sum: TransferSum): void },
): Promise<PushedImages> {
  const reference = parseReference(name);
  const failed = new AbortController(); // the first failure ends the rest
  const ended = AbortSignal.any([signal, failed.signal]);
  const sources = new Map<string, string>(); // which repository has a layer
  for (const { base } of set.images) {
    if (base.from?.registry !== reference.registry) continue;
    for (const { descriptor } of base.layers) sources.set(descriptor.digest, base.from.repository);
  }
  const mountsFrom = [...new Set(sources.values())].filter((one) => one !== reference.repository);
  const access = { settings: findRegistries(), signal: ended };
  await using repository = await openRepository(reference, access, { isWritten: true, mountsFrom });
  const blobs = blobsOf(set);
  const sizes = blobs.map(({ descriptor }) => descriptor.size);
  const begin = sumTransfers(sizes, onProgress);
  const sent: number[] = [];
  await inLanes(blobs, atOnce, failed, async (blob) => {
    const { digest, size } = blob.descriptor;
    const options = { from: sources.get(digest), onBytes: begin(size) };
    if ((await repository.sendBlob(toBlobSource(blob), options)) === 'sent') sent.push(size);
  }).finally(() => signal.throwIfAborted());
  for (const { manifest } of set.images) await repository.sendManifest(manifest.bytes, mediaTypes.manifests.manifest);
  for (const { subject, manifest } of set.attached) {
    const { artifactType = '' } = manifest.descriptor;
    if ('bytes' in manifest.content) {
      await repository.attach(manifest.content.bytes, mediaTypes.manifests.manifest, subject, artifactType);
    }
  }
  const { top } = set;
  await repository.sendManifest(top.bytes, top.descriptor.mediaType, reference.tag ?? 'latest'); // last: now it is seen
  return { sentBytes: sent.reduce((sum, size) => sum + size, 0), sent: sent.length, all: blobs.length };
}

function toBlobSource({ descriptor, content }: ImageBlob): BlobSource {
  if ('file' in content) return toSource(descriptor, content.file);
  return { descriptor, open: (offset) => content.bytes.subarray(offset) };
}
