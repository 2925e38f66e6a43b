/** Looks into a base for what its container will have: who its users are, whether Node is there, and which C library. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findHome } from '../../config/home.ts';
import { readArchive } from '../../store/archive/read-archive.ts';
import { fileNameOf } from '../../store/registry/fetch-blobs.ts';
import { isSystemError } from '../../store/store-error.ts';
import type { BaseImage } from './base-image.ts';

/** What is in a base. */
export interface BaseContent {
  /** The files `etc/passwd` and `etc/group`; empty where there are none. */
  readonly passwd: string;
  readonly group: string;
  readonly hasNode: boolean;
  readonly libc: 'glibc' | 'musl';
}

const longestFileBytes = 1024 * 1024;

/**
 * What was found is noted, since all layers have to be unpacked for it.
 * @param refuse makes the error of a layer that cannot be read.
 */
export async function inspectBase(
  { digest, layers }: BaseImage,
  refuse: (problem: string) => Error,
): Promise<BaseContent> {
  const folder = join(findHome(), 'oci', 'bases');
  const note = join(folder, `${fileNameOf(digest)}.json`);
  const known = await readFile(note, 'utf8').then(JSON.parse, () => undefined);
  if (isContent(known)) return known;
  let content: BaseContent = { passwd: '', group: '', hasNode: false, libc: 'glibc' };
  for (const { descriptor, file } of layers) {
    try {
      content = await inspectLayer(file, content);
    } catch (error) {
      if (isSystemError(error)) throw error;
      throw refuse(`has the layer ${descriptor.digest}, which cannot be read (${(error as Error).message})`);
    }
  }
  await mkdir(folder, { recursive: true });
  await writeFile(note, JSON.stringify(content));
  return content;
}

/** @param before what was in the layers below. */
async function inspectLayer(file: string, before: BaseContent): Promise<BaseContent> {
  let content = before;
  for await (const { kind, path, bytes } of readArchive(file)) {
    const name = path.replace(/^\.?\//, '');
    if (kind === 'file' && (name === 'etc/passwd' || name === 'etc/group')) {
      content = { ...content, [name.slice(4)]: await readText(bytes()) };
      continue;
    }
    if (/^(?:usr\/(?:local\/)?|opt\/[^/]+\/)?bin\/node$/.test(name)) content = { ...content, hasNode: true };
    if (/^(?:usr\/)?lib\/ld-musl-[\w-]+\.so/.test(name)) content = { ...content, libc: 'musl' };
    if (kind === 'file') for await (const _ of bytes()); // it has to be read on
  }
  return content;
}

function isContent(value: unknown): value is BaseContent {
  const { passwd, group, hasNode, libc } = (value ?? {}) as Partial<BaseContent>;
  const isKnown = libc === 'glibc' || libc === 'musl';
  return typeof passwd === 'string' && typeof group === 'string' && typeof hasNode === 'boolean' && isKnown;
}

async function readText(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size <= longestFileBytes) chunks.push(chunk);
  }
  return size <= longestFileBytes ? Buffer.concat(chunks).toString('utf8') : '';
}
