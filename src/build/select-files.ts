/** Says which files of a project a bento takes: `include` minus `exclude`, `.bentoignore` and what never belongs to one. */
import { readFileSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** Patterns as in a `.gitignore`; a file must match one list and not the other. */
export interface SelectionRules {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** A link to a folder; a socket, pipe or device, or a link that leads nowhere; a folder that cannot be read. */
export type SkippedKind = 'folder link' | 'no file' | 'unreadable';

/** The files of a project that its bento takes. */
export interface FileSelection {
  /**
   * Absolute paths of the files, in an order that does not depend on the system. Reads each folder's `.bentoignore`
   * on the way; folders that are links are not followed.
   *
   * @param onFolder is told of every folder before it is read.
   * @param onSkipped is told of what matches, and cannot be taken.
   */
  list(
    onFolder?: (folder: string) => void,
    onSkipped?: (path: string, what: SkippedKind) => void,
  ): Promise<readonly string[]>;
  /** Whether it would take a file of that path, by what the last `list` read. */
  takes(file: string): boolean;
  /** Whether it would look for files in a folder of that path. */
  looksInto(folder: string): boolean;
}

export const ignoreFileName = '.bentoignore';

// The first five as BentoML's. Packages are installed from the lockfile, never copied.
const never = ['.git/', '.venv/', 'venv/', '__pycache__/', '.DS_Store', 'node_modules/'];

/** Creates the selection of the files in and below a folder. */
export function createFileSelection(root: string, rules: SelectionRules): FileSelection {
  const included = parse(rules.include);
  const refusals: readonly Ignore[] = [parse(never), parse(rules.exclude)];
  const ignoreFiles = new Map<string, Ignore>();

  // Each list is asked by itself: what one excludes no other brings back.
  const isRefused = (path: string, suffix: '' | '/'): boolean => {
    const inRoot = relativeTo(root, path);
    if (inRoot === undefined) return true;
    if (refusals.some((refusal) => refusal.ignores(inRoot + suffix))) return true;
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      if (ignoreFiles.get(folder)?.ignores(`${relativeTo(folder, path)}${suffix}`)) return true;
      if (folder === root || dirname(folder) === folder) return false;
    }
  };
  const takes = (file: string) => {
    const path = relativeTo(root, file);
    return path !== undefined && included.ignores(path) && !isRefused(file, '');
  };
  const looksInto = (folder: string) => folder === root || !isRefused(folder, '/');

  const walk = async (folder: string, found: string[], { onFolder, onSkipped }: Listeners): Promise<void> => {
    onFolder(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') onSkipped(folder, 'unreadable');
      return []; // gone, or not ours to read
    });
    if (entries.some(({ name }) => name === ignoreFileName)) {
      ignoreFiles.set(folder, parse(readLines(join(folder, ignoreFileName))));
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (looksInto(path)) await walk(path, found, { onFolder, onSkipped });
      } else if (takes(path)) {
        const kind = entry.isFile() ? 'file' : kindOf(path);
        if (kind === 'file') found.push(path);
        else onSkipped(path, kind);
      }
    }
  };

  return {
    async list(onFolder = () => {}, onSkipped = () => {}) {
      ignoreFiles.clear();
      const found: string[] = [];
      await walk(root, found, { onFolder, onSkipped });
      return found;
    },
    takes,
    looksInto,
  };
}

interface Listeners {
  readonly onFolder: (folder: string) => void;
  readonly onSkipped: (path: string, what: SkippedKind) => void;
}

function parse(patterns: readonly string[]): Ignore {
  return ignore({ ignorecase: false }).add(patterns);
}

/** With slashes, as patterns are written; undefined for a path that is not below the folder. */
function relativeTo(folder: string, path: string): string | undefined {
  const way = relative(folder, path);
  const isBelow = way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !/^[A-Za-z]:/.test(way);
  return isBelow ? way.split(sep).join('/') : undefined;
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .replace(/^\ufeff/, '')
      .split(/\r?\n/);
  } catch {
    return []; // gone in the meantime, or not ours to read
  }
}

/** Of what is no plain file. */
function kindOf(path: string): 'file' | SkippedKind {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? 'file' : stats?.isDirectory() ? 'folder link' : 'no file';
  } catch {
    return 'no file'; // a link to itself
  }
}
