/** How models and bentos lie in a registry: docs/reference/artifacts.md says it for others. */
import { ServiceError } from '../../errors.ts';
import { type Descriptor, digestOf, type Manifest, mediaTypes, readManifest } from '../../registry/manifest.ts';
import type { BlobSource } from '../../registry/registry.ts';
import { Tag } from '../../tag.ts';
import type { StoreKind, StoreRecord } from '../store.ts';

type Noun = StoreKind<StoreRecord>['noun'];

/** What an artifact is, as its manifest says it. */
const artifactTypes: Readonly<Record<Noun, string>> = {
  model: 'application/vnd.bentots.model.v1',
  bento: 'application/vnd.bentots.bento.v1',
};

const configTypes: Readonly<Record<Noun, string>> = {
  model: 'application/vnd.bentots.model.config.v1+json',
  bento: 'application/vnd.bentots.bento.config.v1+json',
};

/** A layer that is one file, byte by byte. */
export const fileType = 'application/vnd.bentots.file.v1';
/** A layer with several. */
export const folderType = mediaTypes.layer;

export const annotations = {
  /** Path of the file of a layer, from the item, with slashes; as others name files, too. */
  file: 'org.opencontainers.image.title',
  /** Folder of the item into which a layer with several files is unpacked; left out for the item itself. */
  folder: 'org.bentots.folder',
  /** `true` for a file that is a program. */
  executable: 'org.bentots.executable',
} as const;

/** What the configuration of an artifact says. */
export interface ArtifactConfig {
  readonly tag: Tag;
  /** As in the marker of the item. */
  readonly creationTime: string;
  /** Of models; empty for bentos. */
  readonly module: string;
}

/** Configuration and manifest, the same bytes for the same item. */
export function printArtifact(
  noun: Noun,
  { tag, creationTime, module }: ArtifactConfig,
  layers: readonly Descriptor[],
): { readonly config: BlobSource; readonly manifest: Buffer } {
  const said = toBytes({ format: 1, kind: noun, name: tag.name, version: tag.version, creationTime, module });
  const config = { mediaType: configTypes[noun], digest: digestOf(said), size: said.length };
  const manifest = toBytes({
    schemaVersion: 2,
    mediaType: mediaTypes.manifests.manifest,
    artifactType: artifactTypes[noun],
    config,
    layers,
    annotations: { [annotations.file]: String(tag), 'org.opencontainers.image.created': creationTime },
  });
  return { config: { descriptor: config, open: (offset) => said.subarray(offset) }, manifest };
}

/** @throws ServiceError `ARCHIVE_INVALID` if it is something else. */
export function readArtifact(bytes: Buffer, noun: Noun, reference: string): Manifest {
  const refuse = (problem: string) => new ServiceError('ARCHIVE_INVALID', { archive: reference, problem });
  const manifest = readManifest(bytes, refuse);
  if ('manifests' in manifest) throw refuse(`it is an OCI image of several platforms, and no ${noun}`);
  // Registries of before 2024 may drop the type of an artifact, but not that of its configuration.
  const { mediaType } = manifest.config;
  const type = manifest.artifactType ?? mediaType;
  if (type === artifactTypes[noun] || mediaType === configTypes[noun]) return manifest;
  const other = noun === 'model' ? 'bento' : 'model';
  if (type === artifactTypes[other] || mediaType === configTypes[other]) {
    throw refuse(`it is a ${other}, which bento ${other === 'model' ? 'models pull' : 'pull'} takes`);
  }
  throw refuse(`it is no ${noun}, but ${JSON.stringify(type.slice(0, 100))}`);
}

/** @throws ServiceError `ARCHIVE_INVALID` */
export function readArtifactConfig(bytes: Buffer, noun: Noun, reference: string): ArtifactConfig {
  const refuse = (problem: string, cause?: unknown) =>
    new ServiceError('ARCHIVE_INVALID', { archive: reference, problem }, { cause });
  try {
    const { format, kind, name, version, creationTime, module } = JSON.parse(bytes.toString('utf8'));
    if (format !== 1)
      throw refuse(`it is in a form (${String(format)}) that this version does not read (1); update bentots`);
    if (
      kind !== noun ||
      typeof version !== 'string' ||
      typeof creationTime !== 'string' ||
      typeof module !== 'string'
    ) {
      throw refuse('its configuration does not say what it is; push it again');
    }
    return { tag: new Tag(name, version), creationTime, module };
  } catch (cause) {
    if (cause instanceof ServiceError && cause.code === 'ARCHIVE_INVALID') throw cause;
    throw refuse(`its configuration cannot be read (${(cause as Error).message}); push it again`, cause);
  }
}

const toBytes = (value: unknown) => Buffer.from(JSON.stringify(value));
