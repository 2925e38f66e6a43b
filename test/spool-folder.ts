/** A folder for temporary files that a test has for itself, so that it sees what a server leaves in it. */
import { type FSWatcher, mkdtempSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Temporary files of this process, and of those that it starts, lie in it until the end of the block. */
export interface TemporaryFolder extends Disposable {
  readonly path: string;
  /** Names of the folders that servers have in it. */
  spools(): string[];
  /** Names of the files that servers keep now. */
  files(): string[];
  /** Resolves once there are as many. */
  until(count: number): Promise<void>;
}

/** Makes one. */
export function useTemporaryFolder(): TemporaryFolder {
  const { TMPDIR: before } = process.env;
  const path = mkdtempSync(join(tmpdir(), 'bentots-test-'));
  process.env.TMPDIR = path;
  const spools = () => readdirSync(path).filter((name) => name.startsWith('bentots-files_'));
  const files = () => spools().flatMap((name) => readdirSync(join(path, name)));
  let wake = () => {};
  const watchers = new Map<string, FSWatcher>();
  return {
    path,
    spools,
    files,
    until(count) {
      const changed = Promise.withResolvers<void>();
      const look = () => {
        for (const one of [path, ...spools().map((name) => join(path, name))]) {
          if (!watchers.has(one))
            watchers.set(
              one,
              watch(one, () => wake()),
            );
        }
        if (files().length === count) changed.resolve();
      };
      wake = look;
      look();
      return changed.promise;
    },
    [Symbol.dispose]() {
      for (const watcher of watchers.values()) watcher.close();
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
      rmSync(path, { recursive: true, force: true });
    },
  };
}
