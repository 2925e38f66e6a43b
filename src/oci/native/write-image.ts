/** Writes images into a folder, an OCI layout, or into an archive that docker, podman and skopeo load, too. */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ServiceError } from '../../errors.ts';
import { type Descriptor, mediaTypes } from '../../registry/manifest.ts';
import type { ArchiveSource } from '../../store/archive/archive-source.ts';
import { writeArchive } from '../../store/archive/write-archive.ts';
import { nameOwnFolder, removeLeftovers } from '../../store/leftover.ts';
import { copyTree, linkFile, walkTree } from '../../store/tree.ts';
import type { AssembledImage } from './assemble.ts';

/** A blob of an image: a file, or bytes of ours. */
export interface ImageBlob {
  readonly descriptor: Descriptor;
  readonly content: { readonly file: string } | { readonly bytes: Buffer };
}

/** Images as they leave this machine. */
export interface ImageSet {
  readonly images: readonly AssembledImage[];
  /** Of several platforms; else the only manifest. */
  readonly top: { readonly descriptor: Descriptor; readonly bytes: Buffer };
  /** What is attached to the images: a manifest, and its blobs. */
  readonly attached: readonly {
    readonly subject: Descriptor;
    readonly manifest: ImageBlob;
    readonly blobs: readonly ImageBlob[];
  }[];
}

/** All blobs that are no manifests, each once. */
export function blobsOf({ images, attached }: ImageSet): readonly ImageBlob[] {
  const all = [
    ...images.flatMap(({ base, layers, config }) => [
      ...[...base.layers, ...layers].map(({ descriptor, file }) => ({ descriptor, content: { file } })),
      { descriptor: config.descriptor, content: { bytes: config.bytes } },
    ]),
    ...attached.flatMap(({ blobs }) => blobs),
  ];
  return [...new Map(all.map((blob) => [blob.descriptor.digest, blob])).values()];
}

const prefix = '.bentots';

/**
 * @param place a path that ends with `.tar` is an archive, any other a folder; nothing is there yet.
 * @param scratch an empty folder of ours.
 * @returns the absolute path.
 */
export async function writeImages(
  set: ImageSet,
  place: string,
  {
    references,
    scratch,
    bento,
    signal,
  }: {
    readonly references: readonly string[];
    readonly scratch: string;
    readonly bento: string;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const to = assertFree(place, bento); // once more: it may have come meanwhile
  await mkdir(scratch, { recursive: true });
  await fillLayout(set, references, scratch);
  await removeLeftovers(prefix, dirname(to), Date.now()).catch(() => {}); // a folder may be one that nobody can list
  const own = join(dirname(to), nameOwnFolder(prefix)); // beside it, for the rename
  const temporary = join(own, 'image');
  try {
    await mkdir(own);
    signal.throwIfAborted();
    if (to.endsWith('.tar')) {
      const stream = createWriteStream(temporary, { flags: 'wx', flush: true, signal });
      await writeArchive(archiveEntries(set, references, scratch), 'tar', stream);
    } else {
      await mkdir(temporary);
      await copyTree(scratch, temporary, signal);
    }
    await rename(temporary, to);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await rm(own, { recursive: true, force: true }).catch(() => {}); // the first error is the one to tell
  }
  return to;
}

/** @returns the absolute path. @throws ServiceError `IMAGE_FAILED` if nothing can be made there. */
export function assertFree(place: string, bento: string): string {
  const to = resolve(place);
  const refuse = (problem: string) => new ServiceError('IMAGE_FAILED', { bento, problem });
  if (existsSync(to)) throw refuse(`there is ${to} already; name another place, or remove it`);
  if (!existsSync(dirname(to))) throw refuse(`there is no folder ${dirname(to)}; make it first`);
  return to;
}

const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`;

/** https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md */
async function fillLayout(set: ImageSet, references: readonly string[], to: string): Promise<void> {
  await mkdir(join(to, 'blobs/sha256'), { recursive: true });
  for (const { descriptor, content } of [...blobsOf(set), ...manifestsOf(set)]) {
    const file = join(to, blobPath(descriptor.digest));
    if (existsSync(file)) continue;
    if ('file' in content) await linkFile(content.file, file);
    else await writeFile(file, content.bytes);
  }
  const named = references.map((reference) => {
    const [tag = 'latest'] = /:([^:/]+)$/.exec(reference)?.slice(1) ?? [];
    return {
      ...set.top.descriptor,
      annotations: { 'org.opencontainers.image.ref.name': tag, 'io.containerd.image.name': reference },
    };
  });
  const others = set.attached.map(({ manifest }) => manifest.descriptor);
  const index = { schemaVersion: 2, mediaType: mediaTypes.manifests.index, manifests: [...named, ...others] };
  await writeFile(join(to, 'index.json'), JSON.stringify(index));
  await writeFile(join(to, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

function manifestsOf({ images, top, attached }: ImageSet): readonly ImageBlob[] {
  const all = [...images.map(({ manifest }) => manifest), top];
  return [
    ...all.map(({ descriptor, bytes }) => ({ descriptor, content: { bytes } })),
    ...attached.map(({ manifest }) => manifest),
  ];
}

/** The layout, with the list that `docker load` of all versions reads, where there is one image only. */
async function* archiveEntries(
  { images }: ImageSet,
  references: readonly string[],
  layout: string,
): AsyncGenerator<ArchiveSource> {
  yield* walkTree(layout);
  const [only] = images;
  if (!only || images.length !== 1) return;
  const Layers = [...only.base.layers, ...only.layers].map(({ descriptor }) => blobPath(descriptor.digest));
  const row = { Config: blobPath(only.config.descriptor.digest), RepoTags: references, Layers };
  yield { kind: 'text', path: 'manifest.json', text: JSON.stringify([row]) };
}
