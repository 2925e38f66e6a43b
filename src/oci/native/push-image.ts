/** Pushes images to a registry: layers that it has, also in the repository of the base, are not sent. */
import { findRegistries } from '../../config/registries.ts';
import { inLanes } from '../../outbound/in-lanes.ts';
import { toSource } from '../../registry/describe-file.ts';
import { mediaTypes } from '../../registry/manifest.ts';
import { parseReference } from '../../registry/reference.ts';
import { type BlobSource, openRepository } from '../../registry/registry.ts';
import { blobsOf, type ImageBlob, type ImageSet } from './write-image.ts';

const atOnce = 4; // as Docker, which takes 3 down and 5 up

/** @param onProgress is told how many bytes of all are there. */
export async function pushImages(
  set: ImageSet,
  name: string,
  { signal, onProgress }: { readonly signal: AbortSignal; onProgress(bytes: number, totalBytes: number): void },
): Promise<{ readonly sentBytes: number }> {
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
  const totalBytes = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  let [bytes, sentBytes] = [0, 0];
  await inLanes(blobs, atOnce, failed, async (blob) => {
    let before = 0;
    const onBytes = (now: number) => {
      bytes += now - before;
      before = now;
      onProgress(bytes, totalBytes);
    };
    const { digest, size } = blob.descriptor;
    const sent = await repository.sendBlob(toBlobSource(blob), { from: sources.get(digest), onBytes });
    if (sent === 'sent') sentBytes += size;
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
  return { sentBytes };
}

function toBlobSource({ descriptor, content }: ImageBlob): BlobSource {
  if ('file' in content) return toSource(descriptor, content.file);
  return { descriptor, open: (offset) => content.bytes.subarray(offset) };
}
