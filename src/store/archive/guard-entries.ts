/** Says whether an entry of an archive may be unpacked: decides only, and touches nothing. */
import type { ArchiveEntry } from './archive-entry.ts';

/** What is done with an entry. */
export interface AllowedEntry {
  /** The path from the folder that is unpacked into; empty for that folder itself. */
  readonly segments: readonly string[];
  /** The same of the file that a hard link is another name of; else empty. */
  readonly target: readonly string[];
}

/** How much an archive may hold. */
export interface UnpackLimits {
  readonly entries: number;
  /** Whatever its own size, an archive may become that large. */
  readonly freeBytes: number;
  /** And above that, as many times its own size. */
  readonly ratio: number;
}

/** The limits that hold unless a test sets others. */
export const unpackLimits: UnpackLimits = {
  entries: 100_000, // one inode each; models have some ten files, and the largest data sets some ten thousand
  freeBytes: 1024 ** 3,
  ratio: 200, // gzip gives up to 1032, and what is worth keeping less than 20
};

const longestSegmentBytes = 255; // of all file systems that are in use
const longestPathBytes = 4000; // of PATH_MAX, 4096, less than the folder of a store takes
const deepest = 64;

type Seen = 'file' | 'folder' | 'link';

/** Checks entries in the order in which they come. @param isWindows whether the disk is one of Windows. */
export function createEntryGuard(limits: UnpackLimits, isWindows: boolean): (entry: ArchiveEntry) => AllowedEntry {
  const seen = new Map<string, { readonly path: string; readonly kind: Seen }>();
  let entries = 0;

  return (entry) => {
    entries++;
    if (entries > limits.entries) throw refuse(entry, `it is one of more than ${limits.entries} entries`);
    if (entry.kind === 'other') throw refuse(entry, 'it is a device, a pipe or something else that is no file');
    const segments = toSegments(entry, entry.path, isWindows);
    if (segments.length === 0) {
      if (entry.kind === 'folder') return { segments, target: [] };
      throw refuse(entry, 'it has no name');
    }
    for (const [at] of segments.entries()) {
      const path = segments.slice(0, at + 1).join('/');
      const isLast = at === segments.length - 1;
      const kind: Seen = !isLast || entry.kind === 'folder' ? 'folder' : entry.kind === 'link' ? 'link' : 'file';
      const before = seen.get(toKey(path));
      if (before?.kind === 'folder' && kind === 'folder' && before.path === path) continue;
      if (before === undefined) seen.set(toKey(path), { path, kind });
      else if (before.path !== path)
        throw refuse(
          entry,
          `it differs from ${JSON.stringify(before.path)} only in capitals or in how letters are composed, which some disks take for the same`,
        );
      else if (before.kind === 'link') throw refuse(entry, `it goes through or over the link ${JSON.stringify(path)}`);
      else
        throw refuse(
          entry,
          isLast && before.kind === kind
            ? 'it is there twice'
            : `${JSON.stringify(path)} is a ${before.kind} and a ${kind}`,
        );
    }
    if (entry.kind === 'link') checkLink(entry, segments, isWindows);
    return { segments, target: entry.kind === 'hard link' ? findTarget(entry, seen, isWindows) : [] };
  };
}

const toKey = (path: string) => path.normalize('NFC').toUpperCase().toLowerCase();

function toSegments(entry: ArchiveEntry, path: string, isWindows: boolean): string[] {
  if (path.includes('\0')) throw refuse(entry, 'its name has a NUL in it');
  if (path.includes('\\')) throw refuse(entry, 'its name has a backslash in it, which some systems take for a slash');
  if (path.startsWith('/')) throw refuse(entry, 'its path is absolute');
  if (/^[A-Za-z]:/.test(path)) throw refuse(entry, 'its path begins with the letter of a drive');
  if (/[\p{Cc}\ufffd]/u.test(path)) throw refuse(entry, 'its name has control characters in it, or is no UTF-8');
  if (Buffer.byteLength(path) > longestPathBytes)
    throw refuse(entry, `its path is longer than ${longestPathBytes} bytes`);
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) throw refuse(entry, 'its path leads up');
  if (segments.length > deepest) throw refuse(entry, `it is more than ${deepest} folders deep`);
  for (const segment of segments) {
    if (Buffer.byteLength(segment) > longestSegmentBytes)
      throw refuse(entry, `its name is longer than ${longestSegmentBytes} bytes`);
    if (isWindows && isImpossibleOnWindows(segment)) throw refuse(entry, 'Windows has no file of that name');
  }
  return segments;
}

/** https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const isImpossibleOnWindows = (name: string) =>
  /[<>:"|?*]|[ .]$/.test(name) || /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(?:\.|$)/i.test(name);

/** Links are made when all files are written; where they really lead is looked at once more then. */
function checkLink(entry: ArchiveEntry, segments: readonly string[], isWindows: boolean): void {
  const { target } = entry;
  if (target === '' || /^(?:\/|[A-Za-z]:)/.test(target))
    throw refuse(entry, `it is a link to ${JSON.stringify(target)}, which is absolute or empty`);
  const at = segments.slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '' || step === '.') continue;
    if (step !== '..') at.push(step);
    else if (at.pop() === undefined) throw refuse(entry, `it is a link to ${JSON.stringify(target)}, which leads out`);
  }
  toSegments(entry, at.join('/'), isWindows);
}

function findTarget(
  entry: ArchiveEntry,
  seen: ReadonlyMap<string, { readonly path: string; readonly kind: Seen }>,
  isWindows: boolean,
): readonly string[] {
  const segments = toSegments(entry, entry.target, isWindows);
  const path = segments.join('/');
  const found = seen.get(toKey(path));
  const isItself = path === toSegments(entry, entry.path, isWindows).join('/');
  if (found?.kind === 'file' && found.path === path && !isItself) return segments;
  throw refuse(entry, `it is another name of ${JSON.stringify(entry.target)}, which is no file before it`);
}

function refuse({ path }: ArchiveEntry, problem: string): Error {
  const shown = path.length > 200 ? `${path.slice(0, 200)}…` : path;
  return new Error(`${JSON.stringify(shown)} is refused: ${problem}`);
}
