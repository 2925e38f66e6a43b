/** Says in one number what is in a folder, the same on every machine and at every time. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { walkTree } from '../store/tree.ts';

/** What is in a folder. */
export interface FolderContent {
  /** In bytes, of each file by its path, with slashes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** SHA-256 over paths, kinds, contents, and who may run what. */
  readonly digest: string;
}

const chunkBytes = 1024 * 1024;

/** @param beside plain data that belongs to it, too. */
export async function digestFolder(folder: string, beside: unknown): Promise<FolderContent> {
  const sizes = new Map<string, number>();
  const all = createHash('sha256').update(`${JSON.stringify(sorted(beside))}\n`);
  for await (const { kind, path, file, sizeBytes, isExecutable, target } of walkTree(folder)) {
    const sum = kind === 'file' ? await digestFile(file) : target;
    if (kind === 'file') sizes.set(path, sizeBytes);
    if (kind !== 'folder') all.update(`${JSON.stringify([path, kind, isExecutable && kind === 'file', sum])}\n`);
  }
  return { sizes, digest: `sha256:${all.digest('hex')}` };
}

async function digestFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Keys in one order, whoever wrote them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
