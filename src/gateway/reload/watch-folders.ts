/** Hears of what happens in folders: one watch of the operating system for each, not for what is in them. */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Watched folders. */
export interface FolderWatcher {
  /** Watches these and no others; those that are not there are left out, those that came back are found. */
  watch(folders: ReadonlySet<string>): void;
  /** Whether that folder was among them. */
  has(folder: string): boolean;
  close(): void;
}

interface WatcherDeps {
  /** Something happened to what is at this path; it may happen more than once for one save. */
  onEvent(path: string): void;
  /** The operating system refuses to watch a folder, for example because it watches too many. */
  onRefused(folder: string, error: Error): void;
}

/** Creates a watcher of nothing. */
export function createFolderWatcher({ onEvent, onRefused }: WatcherDeps): FolderWatcher {
  const watched = new Map<string, { readonly id: string; readonly watcher: FSWatcher }>();
  let wanted: ReadonlySet<string> = new Set();

  const forget = (folder: string) => {
    watched.get(folder)?.watcher.close();
    watched.delete(folder);
  };
  const begin = (folder: string, id: string) => {
    try {
      const watcher = watch(folder, (_event, name) => onEvent(name === null ? folder : join(folder, name)));
      watcher.on('error', () => {
        forget(folder); // it went; whoever watches the folder above tells when it is back
        onEvent(folder);
      });
      watched.set(folder, { id, watcher });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') onRefused(folder, error as Error);
    }
  };

  return {
    watch(folders) {
      wanted = folders;
      for (const folder of watched.keys()) if (!folders.has(folder)) forget(folder);
      for (const folder of folders) {
        const id = identify(folder);
        if (watched.get(folder)?.id === id) continue;
        forget(folder); // another folder of the same name is not watched
        if (id !== undefined) begin(folder, id);
      }
    },
    has: (folder) => wanted.has(folder),
    close() {
      for (const folder of [...watched.keys()]) forget(folder);
    },
  };
}

function identify(folder: string): string | undefined {
  try {
    const { dev, ino, birthtimeMs } = statSync(folder);
    return `${dev} ${ino} ${birthtimeMs}`; // numbers of files are used again
  } catch {
    return undefined;
  }
}
