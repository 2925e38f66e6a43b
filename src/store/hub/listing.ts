/** The files of a commit, as a hub lists them: believed only where they cannot do harm. */
import type { ListFileEntry } from '@huggingface/hub';
import type { HubFile } from './hub-model.ts';

const most = 100_000; // more is no model but an attack on memory
const deepest = 32;
const longestPathBytes = 1024;

/** Reads a listing. @throws Error with a sentence for names that lead elsewhere, and for what is no listing. */
export async function readListing(entries: AsyncIterable<ListFileEntry>): Promise<readonly HubFile[]> {
  const files = new Map<string, HubFile>();
  for await (const entry of entries) {
    if (entry?.type === 'directory') continue;
    const { path, size, oid, lfs } = entry;
    const problem = findProblem(path);
    if (problem !== undefined)
      throw new Error(`the hub lists the file ${shorten(path)}, ${problem}; nothing was fetched`);
    const [digest, sizeBytes] = lfs ? [lfs.oid, lfs.size] : [oid, size];
    const isDigest = (lfs ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{40}$/).test(String(digest));
    const isRight = isDigest && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0;
    if (!isRight)
      throw new Error(`the hub lists ${shorten(path)} without its size or its checksum; nothing was fetched`);
    if (files.has(path)) throw new Error(`the hub lists ${shorten(path)} twice; nothing was fetched`);
    files.set(path, { path, sizeBytes, digest: String(digest) });
    if (files.size > most) throw new Error(`the hub lists more than ${most} files; nothing was fetched`);
  }
  for (const path of files.keys()) {
    const folders = path.split('/').slice(0, -1);
    const within = folders.map((_, at) => folders.slice(0, at + 1).join('/')).find((folder) => files.has(folder));
    if (within !== undefined)
      throw new Error(`the hub lists ${shorten(within)} as a file and as a folder; nothing was fetched`);
  }
  return [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a name would do that the name of a file must not do, on any system. */
function findProblem(path: unknown): string | undefined {
  if (typeof path !== 'string' || path === '') return 'which is no name';
  const parts = path.split('/');
  if (Buffer.byteLength(path) > longestPathBytes || parts.length > deepest) return 'whose name is too long';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'with characters that have no place in a name';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'which leads elsewhere';
  const isElsewhere = process.platform === 'win32' ? path.includes(':') : parts.some((part) => /^[A-Za-z]:/.test(part));
  if (isElsewhere) return 'which leads elsewhere on Windows';
  return undefined;
}

function shorten(path: unknown): string {
  return JSON.stringify(String(path).slice(0, 200));
}
