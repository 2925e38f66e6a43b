/** The files that a hub gave, laid out as Hugging Face's library for Python does, which reads and writes them as well. */
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { copyFile, link, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { replaceFile } from '../replace-file.ts';
import { isSystemError } from '../store-error.ts';
import { type HubFile, isCommit } from './hub-model.ts';

/** What is known of a commit, beside its files. */
export interface Commit {
  /** All that it has. */
  readonly files: readonly HubFile[];
  /** ISO 8601. */
  readonly lastModified: string;
}

/** The cache of one model. */
export interface ModelCache {
  /** Where its blobs are. */
  readonly blobs: string;
  /** The commit that a branch or a tag meant when it was last asked for. */
  commitOf(revision: string): string | undefined;
  noteCommit(revision: string, commit: string): Promise<void>;
  /** The folder that shows the files of a commit. */
  snapshot(commit: string): string;
  /** What the hub said of a commit, if it was ever asked. */
  describe(commit: string): Commit | undefined;
  noteDescription(commit: string, description: Commit): Promise<void>;
  /** Whether a file of a commit is there as a whole. */
  has(commit: string, file: HubFile): boolean;
  /** Shows a file, whose blob is there, in the folder of its commit. */
  show(commit: string, file: HubFile): Promise<void>;
}

/** The folder of a model in a cache, or in the `models/` of a bento. */
export function folderOfModel(modelId: string): string {
  return `models--${modelId.replace('/', '--')}`;
}

/** Opens the cache of a model; nothing is made yet. */
export function openModelCache(cacheFolder: string, modelId: string): ModelCache {
  const folder = join(cacheFolder, folderOfModel(modelId));
  const blobs = join(folder, 'blobs');
  const snapshot = (commit: string) => join(folder, 'snapshots', commit);
  const fileOf = (commit: string, { path }: HubFile) => join(snapshot(commit), ...path.split('/'));
  const descriptionOf = (commit: string) => join(folder, '.bentots', `${commit}.json`);

  return {
    blobs,
    snapshot,
    commitOf(revision) {
      const commit = readIfThere(join(folder, 'refs', ...revision.split('/')))?.trim();
      return commit !== undefined && isCommit(commit) ? commit : undefined;
    },
    noteCommit: (revision, commit) => note(join(folder, 'refs', ...revision.split('/')), commit),
    describe(commit) {
      const text = readIfThere(descriptionOf(commit));
      try {
        return text === undefined ? undefined : (JSON.parse(text) as Commit); // written below, whole or not at all
      } catch {
        return undefined; // a disk that lost it: it is asked for again
      }
    },
    noteDescription: (commit, description) => note(descriptionOf(commit), JSON.stringify(description)),
    has: (commit, file) => sizeOf(fileOf(commit, file)) === file.sizeBytes,
    async show(commit, file) {
      const shown = fileOf(commit, file);
      await mkdir(dirname(shown), { recursive: true });
      await linkTo(join(blobs, file.digest), shown);
    },
  };
}

/** Shows a blob under another name: by a link that survives a move of the cache, by a copy where there are no links. */
async function linkTo(blob: string, shown: string): Promise<void> {
  const target = relative(dirname(shown), blob);
  if ((await readlink(shown).catch(() => undefined)) === target) return;
  const temporary = `${shown}.${randomUUID()}`;
  try {
    await symlink(target, temporary).catch(async (error) => {
      if (!isSystemError(error, 'EPERM', 'ENOSYS', 'ENOTSUP')) throw error; // Windows, and disks of its kind
      await link(blob, temporary).catch(() => copyFile(blob, temporary));
    });
    await rename(temporary, shown);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function note(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, text);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) return undefined;
    throw error;
  }
}

/** Undefined where there is no file, or a link that leads nowhere. */
function sizeOf(file: string): number | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : undefined;
}
