/** Knows what the running code came from, and tells whether that has changed since. */
import { lstatSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bentofileName, findProjectFolder, readBentofile } from '../../build/bentofile.ts';
import { createFileSelection, type FileSelection, ignoreFileName } from '../../build/select-files.ts';
import { findLockfile, findTsconfig } from '../../reflect/tsconfig.ts';
import type { SourceFile } from '../../spec/source-file.ts';
import { type Fingerprint, takeFingerprint } from './fingerprint.ts';

/** What one start reads. */
export interface Reading {
  /** Says which file is served: with it come its project's manifest, bentofile and what that includes. */
  open(entry: string): Promise<void>;
  /** Adds a file that was loaded as code, or read for its types, or looked for in vain. */
  add(source: SourceFile): void;
  /** Says how the start ended. After a failure everything of before counts, too: the cure may lie there. */
  end(outcome: 'succeeded' | 'failed'): Promise<void>;
}

/** What is otherwise now. */
interface Changes {
  /** Files that say something else than when they were read, with those that came and went. */
  readonly files: readonly string[];
  /** Says that they have been told: until a start reads them they are no change any more. */
  note(): void;
}

/** What counts as a change. */
export interface Tracker {
  /** Begins to note what a start reads. */
  begin(): Promise<Reading>;
  /** Looks at all files. */
  changed(): Promise<Changes>;
  /** Whether something at that path, in one of the folders, may be a change. */
  mayMatter(path: string): boolean;
  /** Folders in which a change can happen: those of the files, and what leads to them. */
  folders(): ReadonlySet<string>;
}

interface TrackerDeps {
  /** Told what is wrong with a bentofile; what it includes is then not known. */
  onProblem(error: unknown): void;
  /** Told that there is one more file, perhaps in a folder that is not watched yet. */
  onMore(): void;
}

/** By path. The content is `mixed` where two processes read different ones. */
type Contents = Map<string, string | undefined>;

const openAtOnce = 32; // far below what a process may have open

// While bentots itself is worked on its files are not installed, and the author's import them.
const ownFolder = fileURLToPath(new URL('../../', import.meta.url));

/** Creates a tracker that knows nothing yet. */
export function createTracker({ onProblem, onMore }: TrackerDeps): Tracker {
  let code: Contents = new Map();
  let data: Contents = new Map();
  let savedAtMs: ReadonlyMap<string, number> | undefined; // while the last start is a failure
  let project: { readonly folder: string; readonly selection: FileSelection | undefined } | undefined;
  let dataFolders = new Set<string>();
  let reading:
    | { readonly code: Contents; readonly before: ReadonlyMap<string, Fingerprint>; readonly isOpened: boolean }
    | undefined;
  let noticed: ReadonlyMap<string, Fingerprint> | undefined; // what was told as changed, until a start reads it
  let opening: Promise<unknown> = Promise.resolve();

  const listData = async (): Promise<readonly string[]> => {
    const folders = new Set<string>();
    const files = (await project?.selection?.list((folder) => folders.add(folder))) ?? [];
    dataFolders = folders;
    return files;
  };

  const look = async (): Promise<Map<string, Fingerprint>> => {
    const codeFiles = new Set([...code.keys(), ...(reading?.code.keys() ?? [])]);
    const files = new Set([...codeFiles, ...data.keys(), ...(await listData())]);
    const found = new Map<string, Fingerprint>();
    const rest = files.values(); // shared by all who look
    const lookOn = async () => {
      for (const file of rest) found.set(file, await takeFingerprint(file, codeFiles.has(file)));
    };
    await Promise.all(Array.from({ length: openAtOnce }, lookOn));
    return found;
  };

  const open = async (entry: string, found: Contents): Promise<void> => {
    const folder = findProjectFolder(entry);
    let selection: FileSelection | undefined;
    try {
      const { include, exclude } = readBentofile(folder);
      if (include) selection = createFileSelection(folder, { include, exclude });
    } catch (error) {
      onProblem(error);
    }
    project = { folder, selection };
    for (const file of settingsOf(entry, folder)) found.set(file, (await takeFingerprint(file, true)).content);
    const files = await listData();
    data = new Map();
    for (const file of files) data.set(file, (await takeFingerprint(file, false)).content);
  };

  const isChanged = (file: string, { content, savedAtMs: savedMs }: Fingerprint): boolean => {
    if (reading?.code.has(file)) return reading.code.get(file) !== content;
    if (reading?.isOpened && data.has(file)) return data.get(file) !== content;
    const seen = reading?.before ?? noticed;
    if (seen) return seen.get(file)?.content !== content;
    const known = code.has(file) ? code : data;
    if (!known.has(file) || known.get(file) !== content) return true;
    // The reason may lie outside of the files, such as a package that is there now: to save again is to try again.
    return (savedAtMs?.get(file) ?? savedMs) !== savedMs;
  };

  return {
    async begin() {
      const begun = look();
      opening = begun;
      const before = await begun;
      noticed = undefined;
      const found: Contents = new Map();
      const mine = { code: found, before, isOpened: false };
      let isOver = false;
      reading = mine;
      return {
        async open(entry) {
          const opened = open(entry, found).then(() => {
            mine.isOpened = true;
          });
          opening = opened;
          await opened;
        },
        add({ file, sha256 }) {
          if (file.startsWith(ownFolder) || (isOver && code !== found)) return; // of a version that was replaced
          const isNew = !found.has(file);
          found.set(file, isNew || found.get(file) === sha256 ? sha256 : 'mixed');
          if (isNew) onMore();
        },
        async end(outcome) {
          isOver = true;
          if (reading === mine) reading = undefined;
          if (outcome === 'succeeded') {
            code = found;
            savedAtMs = undefined;
            return;
          }
          for (const [file, { content }] of before) {
            if (code.has(file) && !found.has(file)) found.set(file, content);
            else if (!mine.isOpened && !code.has(file)) data.set(file, content);
          }
          code = found;
          savedAtMs = new Map([...(await look())].map(([file, { savedAtMs }]) => [file, savedAtMs]));
        },
      };
    },

    async changed() {
      let now: Map<string, Fingerprint>;
      let settled: Promise<unknown>;
      do {
        settled = opening;
        await settled.catch(() => {});
        now = await look();
      } while (settled !== opening); // what is known has changed in the meantime
      const files = [...now].filter(([file, fingerprint]) => isChanged(file, fingerprint)).map(([file]) => file);
      return {
        files,
        note() {
          noticed = now;
        },
      };
    },

    mayMatter(path) {
      if (code.has(path) || data.has(path) || reading?.code.has(path)) return true;
      const { selection } = project ?? {};
      if (!selection) return false;
      if (selection.takes(path) || path.endsWith(`${sep}${ignoreFileName}`)) return true;
      return selection.looksInto(path) && !isFile(path); // a folder that came, or something that went
    },

    folders() {
      const folders = new Set(dataFolders);
      for (const file of [...code.keys(), ...(reading?.code.keys() ?? [])]) {
        for (const folder of upTo(project?.folder, file)) folders.add(folder);
      }
      return folders;
    },
  };
}

/** What decides how the code is loaded; those that are not there may come. */
function settingsOf(entry: string, folder: string): readonly string[] {
  const inBetween = [...upTo(folder, entry)].flatMap((at) => [join(at, 'package.json'), join(at, 'tsconfig.json')]);
  const nearest = [findTsconfig(entry), findLockfile(entry)].filter((file) => file !== undefined);
  return [...inBetween, join(folder, bentofileName), ...nearest];
}

/** The folders from that of a file up to the first that holds the project, too; never the root of the system. */
function* upTo(projectFolder: string | undefined, file: string): Generator<string> {
  for (let at = dirname(file); dirname(at) !== at; at = dirname(at)) {
    yield at;
    if (projectFolder === undefined || `${projectFolder}${sep}`.startsWith(`${at}${sep}`)) return;
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
