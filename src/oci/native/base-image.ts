/** Finds the base of an OCI image: in a registry, in a folder or in an archive; what a registry gave is kept for the next time. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { findHome } from '../../config/home.ts';
import { findRegistries } from '../../config/registries.ts';
import type { TransferSum } from '../../outbound/sum-transfers.ts';
import { describeFile } from '../../registry/describe-file.ts';
import {
  type Descriptor,
  digestOf,
  type Manifest,
  mediaTypes,
  type Platform,
  readManifest,
} from '../../registry/manifest.ts';
import { type OciReference, parseReference } from '../../registry/reference.ts';
import { openRepository } from '../../registry/registry.ts';
import { unpack } from '../../store/archive/unpack.ts';
import { fetchBlobs, fileNameOf } from '../../store/registry/fetch-blobs.ts';
import { type ImageConfig, readImageConfig } from './image-config.ts';
import { sweep } from './kept-layers.ts';
import { layerTypeOf } from './layer-type.ts';
import { isSamePlatform, printPlatform } from './platform.ts';

/** A base, of one platform. */
export interface BaseImage {
  /** Digest of its manifest, or of its configuration. */
  readonly digest: string;
  readonly config: ImageConfig;
  readonly layers: readonly { readonly descriptor: Descriptor; readonly file: string }[];
  /** Where it came from, if that is a registry: what goes there need not be sent. */
  readonly from: OciReference | undefined;
}

/** What finding a base needs. */
export interface BaseRequest {
  /** A reference, or `oci:folder[:tag]`, `oci-archive:file[:tag]` or `docker-archive:file`. */
  readonly base: string;
  readonly platform: Platform;
  /** For an archive that is unpacked; its own for each base. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  onProgress(sum: TransferSum): void;
}

/** @throws ServiceError `IMAGE_FAILED` if it is no image for the platform; those of registries. */
export async function findBase(request: BaseRequest, refuse: (problem: string) => Error): Promise<BaseImage> {
  const [, kind, place = ''] = /^(oci|oci-archive|docker-archive):(.+)$/s.exec(request.base) ?? [];
  if (kind === undefined) return fetchBase(parseReference(request.base), request, refuse);
  if (kind === 'docker-archive') return readDockerArchive(place, request, refuse);
  const [, path = place, tag] = /^(.*?)(?::([\w.-]+))?$/s.exec(place) ?? [];
  if (kind === 'oci') return readLayout(resolve(path), tag, request, refuse);
  await unpack(resolve(path), request.scratch, { signal: request.signal });
  return readLayout(request.scratch, tag, request, refuse);
}

async function fetchBase(
  reference: OciReference,
  { base, platform, signal, onProgress }: BaseRequest,
  refuse: (problem: string) => Error,
): Promise<BaseImage> {
  const home = findHome();
  const folder = join(home, 'oci', 'blobs');
  await mkdir(folder, { recursive: true });
  await sweep(folder);
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  await using repository = await openRepository(reference, { settings: findRegistries(), signal: ended });
  const fileOf = ({ digest }: { readonly digest: string }) => join(folder, fileNameOf(digest));
  const first = await repository.fetchManifest(reference.digest ?? reference.tag ?? 'latest');
  const read = readManifest(first.bytes, refuse);
  const chosen =
    'manifests' in read ? await repository.fetchManifest(choose(read.manifests, platform, base, refuse).digest) : first;
  const manifest = readManifest(chosen.bytes, refuse);
  if ('manifests' in manifest) throw refuse(`its base ${base} has an index in its index`);
  const missing: Descriptor[] = [];
  for (const one of [manifest.config, ...manifest.layers]) {
    const stats = await stat(fileOf(one)).catch(() => undefined);
    if (stats?.size !== one.size) missing.push(one);
    else await utimes(fileOf(one), new Date(), new Date()).catch(() => {}); // it is in use
  }
  const place = { home, into: folder, nowMs: Date.now };
  const forget = await fetchBlobs(missing, repository, place, { failed, signal: ended }, onProgress).finally(() =>
    signal.throwIfAborted(),
  );
  await forget();
  const toImage = { manifest, digest: chosen.descriptor.digest, from: reference, fileOf };
  return readImage(toImage, { base, platform }, refuse);
}

function choose(
  all: readonly Descriptor[],
  platform: Platform,
  base: string,
  refuse: (problem: string) => Error,
): Descriptor {
  const found = all.find((one) => one.platform && isSamePlatform(one.platform, platform));
  if (found) return found;
  const known = all.flatMap((one) =>
    one.platform && one.platform.os !== 'unknown' ? printPlatform(one.platform) : [],
  );
  throw refuse(
    `its base ${base} is not there for ${printPlatform(platform)}, but for ${known.join(', ') || 'nothing'}`,
  );
}

async function readLayout(
  folder: string,
  tag: string | undefined,
  { base, platform }: BaseRequest,
  refuse: (problem: string) => Error,
): Promise<BaseImage> {
  if (!existsSync(join(folder, 'index.json'))) throw refuse(`its base ${base} is no OCI layout: it has no index.json`);
  const fileOf = ({ digest }: { readonly digest: string }) => join(folder, 'blobs', ...digest.split(':'));
  const readBlob = async (descriptor: Descriptor) => {
    const bytes = await readFile(fileOf(descriptor)).catch(() => undefined);
    if (bytes && digestOf(bytes, descriptor.digest) === descriptor.digest) return readManifest(bytes, refuse);
    throw refuse(`its base ${base} lacks the manifest ${descriptor.digest}, or has another one`);
  };
  const index = readManifest(await readFile(join(folder, 'index.json')), refuse);
  let found = 'manifests' in index ? index.manifests : [];
  if (tag !== undefined) {
    found = found.filter(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === tag);
    if (found.length === 0) throw refuse(`its base ${base} has nothing that is called ${tag}`);
  }
  found = found.filter(({ artifactType }) => artifactType === undefined);
  for (;;) {
    const [only] = found;
    const one = found.length === 1 && only && !only.platform ? only : choose(found, platform, base, refuse);
    const manifest = await readBlob(one);
    if (!('manifests' in manifest)) {
      const image = await readImage(
        { manifest, digest: one.digest, from: undefined, fileOf },
        { base, platform },
        refuse,
      );
      for (const { descriptor, file } of image.layers) await assertBlob(descriptor, file, base, refuse);
      return image;
    }
    found = manifest.manifests;
  }
}

/** What somebody else has put together is not believed. */
async function assertBlob(
  { digest, mediaType }: Descriptor,
  file: string,
  base: string,
  refuse: (problem: string) => Error,
) {
  const seen = await describeFile(file, mediaType).catch(() => undefined);
  if (seen?.digest !== digest) throw refuse(`its base ${base} lacks the layer ${digest}, or has another one`);
}

/** What `docker save` writes. */
async function readDockerArchive(
  path: string,
  { base, platform, scratch, signal }: BaseRequest,
  refuse: (problem: string) => Error,
): Promise<BaseImage> {
  await unpack(resolve(path), scratch, { signal });
  if (existsSync(join(scratch, 'index.json')))
    return readLayout(scratch, undefined, { base, platform, scratch, signal, onProgress() {} }, refuse);
  const rows = await readFile(join(scratch, 'manifest.json'), 'utf8').then(JSON.parse, () => undefined);
  const { Config, Layers } = (Array.isArray(rows) ? rows[0] : undefined) ?? {};
  const isRight = isInside(Config) && Array.isArray(Layers) && Layers.every(isInside);
  if (!isRight) throw refuse(`its base ${base} is no archive of docker: it has no manifest.json that can be read`);
  const config = await readFile(join(scratch, Config));
  const layers = await Promise.all(
    (Layers as string[]).map(async (name) => {
      const file = join(scratch, name);
      return { descriptor: await describeFile(file, await layerTypeOf(file), signal), file };
    }),
  );
  return toBase({ config, digest: digestOf(config), layers, from: undefined }, { base, platform }, refuse);
}

const isInside = (path: unknown) => typeof path === 'string' && !/^[/\\]|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(path);

async function readImage(
  {
    manifest,
    digest,
    from,
    fileOf,
  }: {
    readonly manifest: Manifest;
    readonly digest: string;
    readonly from: OciReference | undefined;
    fileOf(one: { readonly digest: string }): string;
  },
  request: Pick<BaseRequest, 'base' | 'platform'>,
  refuse: (problem: string) => Error,
): Promise<BaseImage> {
  const config = await readFile(fileOf(manifest.config));
  const layers = manifest.layers.map((one) => ({
    descriptor: toOciType(one, request.base, refuse),
    file: fileOf(one),
  }));
  return toBase({ config, digest, layers, from }, request, refuse);
}

function toBase(
  { config: bytes, ...image }: Omit<BaseImage, 'config'> & { readonly config: Buffer },
  { base, platform }: Pick<BaseRequest, 'base' | 'platform'>,
  refuse: (problem: string) => Error,
): BaseImage {
  const isNone = (problem: string) => refuse(`its base ${base} is no OCI image: ${problem}`);
  const config = readImageConfig(bytes, isNone);
  const [said, there] = [config.rootfs.diff_ids.length, image.layers.length];
  if (said !== there) throw isNone(`its configuration is of ${said} layers, and there are ${there}`);
  if (!isSamePlatform(config, platform)) {
    throw refuse(
      `its base ${base} is for ${printPlatform(config)}, and not for ${printPlatform(platform)}; name one that is, or the platform`,
    );
  }
  return { ...image, config };
}

// The same bytes: https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md#compatibility-matrix
const dockerTypes: Readonly<Record<string, string>> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': mediaTypes.layer,
  'application/vnd.docker.image.rootfs.diff.tar': mediaTypes.plainLayer,
};

function toOciType(
  { mediaType, digest, size }: Descriptor,
  base: string,
  refuse: (problem: string) => Error,
): Descriptor {
  const type = dockerTypes[mediaType] ?? mediaType;
  const isKnown =
    type === mediaTypes.layer || type === mediaTypes.plainLayer || type === `${mediaTypes.plainLayer}+zstd`;
  if (!isKnown)
    throw refuse(`its base ${base} has a layer of the type ${JSON.stringify(mediaType)}, which cannot be passed on`);
  return { mediaType: type, digest, size };
}
