/** Writes down what the files of an item are, in a file that `sha256sum --check` reads, and compares them with it. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceError } from '../errors.ts';
import { replaceFile } from './replace-file.ts';
import { isSystemError } from './store-error.ts';
import { walkTree } from './tree.ts';

/** Beside the files of the item; BentoML takes it for one of them. */
export const checksumsName = '.bentots.sha256';

/** What became of the files since their checksums were written. */
export interface Verification {
  readonly files: number;
  readonly bytes: number;
  /** What is no longer as it was; empty if all is well. */
  readonly problems: readonly { readonly path: string; readonly problem: 'changed' | 'missing' | 'new' }[];
}

/** Writes the checksums of all files that are there. */
export async function writeChecksums(folder: string): Promise<Verification> {
  const { sums, ...size } = await sumUp(folder);
  const lines = [...sums].map(([path, sum]) => `${/[\\\n\r]/.test(path) ? '\\' : ''}${sum}  ${escapeName(path)}\n`);
  await replaceFile(join(folder, checksumsName), lines.join(''));
  return { ...size, problems: [] };
}

/** Compares the files with their checksums; undefined if nobody wrote any. @throws ServiceError `STORE_ITEM_INVALID` */
export async function verifyChecksums(folder: string): Promise<Verification | undefined> {
  const text = await readText(join(folder, checksumsName));
  if (text === undefined) return undefined;
  const expected = parse(text);
  const { sums, ...size } = await sumUp(folder);
  const problems = [...new Set([...expected.keys(), ...sums.keys()])].sort().flatMap((path) => {
    const [before, now] = [expected.get(path), sums.get(path)];
    if (before === now) return [];
    return [{ path, problem: before === undefined ? 'new' : now === undefined ? 'missing' : 'changed' } as const];
  });
  return { ...size, problems };
}

const limitBytes = 32 * 1024 * 1024; // an archive has at most 100,000 entries, and brings this file itself

async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size <= limitBytes) return await readFile(file, 'utf8');
    const problem = `it has ${size} bytes, of which ${limitBytes} are allowed`;
    throw new ServiceError('STORE_ITEM_INVALID', { place: checksumsName, problem });
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function sumUp(folder: string): Promise<{ sums: Map<string, string>; files: number; bytes: number }> {
  const sums = new Map<string, string>();
  let bytes = 0;
  for await (const { kind, path, file, sizeBytes } of walkTree(folder)) {
    if (kind !== 'file' || path.startsWith(checksumsName)) continue;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
    sums.set(path, hash.digest('hex'));
    bytes += sizeBytes;
  }
  return { sums, files: sums.size, bytes };
}

// As GNU coreutils writes names with a backslash or a line break in them.
const escapeName = (path: string) =>
  path.replace(/[\\\n\r]/g, (seen) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r' })[seen] ?? seen);
const unescapeName = (path: string) =>
  path.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter);

function parse(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, mark, sum, path] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum === undefined || path === undefined) {
      throw new ServiceError('STORE_ITEM_INVALID', {
        place: checksumsName,
        problem: 'it has a line that is no checksum',
      });
    }
    sums.set(mark === '' ? path : unescapeName(path), sum);
  }
  return sums;
}
