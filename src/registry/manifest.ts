/** Manifests and indexes: what registries keep of an OCI image or an artifact, read with suspicion. */
import { createHash } from 'node:crypto';
import { isDigest } from './reference.ts';

/** Points to a blob or a manifest. @see https://github.com/opencontainers/image-spec/blob/v1.1.0/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly artifactType?: string | undefined;
  readonly platform?: Platform | undefined;
}

/** What an OCI image runs on, in the words of Go. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}

/** An OCI image, or an artifact. */
export interface Manifest {
  readonly mediaType: string;
  readonly artifactType: string | undefined;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** Manifests of several platforms, or those that are about another one. */
export interface Index {
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
}

const prefix = 'application/vnd.oci.image';

/** Names of formats. */
export const mediaTypes = {
  manifests: {
    manifest: `${prefix}.manifest.v1+json`,
    index: `${prefix}.index.v1+json`,
    dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
    dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  },
  config: `${prefix}.config.v1+json`,
  layer: `${prefix}.layer.v1.tar+gzip`,
  plainLayer: `${prefix}.layer.v1.tar`,
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

const mostEntries = 1000; // of layers or platforms; more is an attack

/**
 * Reads either of the two.
 * @param refuse makes the error of what is not understood.
 */
export function readManifest(bytes: Buffer, refuse: (problem: string) => Error): Manifest | Index {
  const document = parseJson(bytes);
  if (!isRows(document)) throw refuse('it sends a manifest that is no JSON object');
  const { mediaType, manifests, config, layers, artifactType, annotations } = document;
  if (document.schemaVersion !== 2) {
    throw refuse('it sends a manifest of a version that is not read here; push the item again with a newer program');
  }
  const readEach = (list: unknown) => {
    if (!Array.isArray(list) || list.length > mostEntries)
      throw refuse(`it sends a manifest with more than ${mostEntries} entries, or none`);
    return list.map((one) => readDescriptor(one, refuse));
  };
  if (manifests !== undefined)
    return { mediaType: String(mediaType ?? mediaTypes.manifests.index), manifests: readEach(manifests) };
  return {
    mediaType: String(mediaType ?? mediaTypes.manifests.manifest),
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    config: readDescriptor(config, refuse),
    layers: readEach(layers),
    annotations: readTexts(annotations),
  };
}

/** SHA-256, or by the algorithm of another digest. */
export function digestOf(bytes: Uint8Array, like = 'sha256:'): string {
  const algorithm = like.slice(0, like.indexOf(':'));
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** What there is in JSON; undefined if it is none. */
function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function readDescriptor(value: unknown, refuse: (problem: string) => Error): Descriptor {
  const { mediaType, digest, size, annotations, artifactType, platform } = isRows(value) ? value : {};
  if (typeof mediaType !== 'string' || !isDigest(digest) || !Number.isSafeInteger(size) || Number(size) < 0) {
    throw refuse('it sends a manifest with an entry that lacks its type, its digest or its size');
  }
  return {
    mediaType,
    digest,
    size: Number(size),
    annotations: readTexts(annotations),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(isRows(platform) ? { platform: readPlatform(platform) } : {}),
  };
}

function readPlatform({ os, architecture, variant }: Readonly<Record<string, unknown>>): Platform {
  return { os: String(os), architecture: String(architecture), ...(typeof variant === 'string' ? { variant } : {}) };
}

function readTexts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(isRows(value) ? value : {}).filter(([, text]) => typeof text === 'string');
  return Object.fromEntries(entries) as Readonly<Record<string, string>>; // filtered by the line above
}

function isRows(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
