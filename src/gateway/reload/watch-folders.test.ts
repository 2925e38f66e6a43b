import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolderWatcher } from './watch-folders.ts';

/** A watcher of folders below one of its own. */
function watching() {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-watch-'));
  const paths: string[] = [];
  let wake = Promise.withResolvers<void>();
  const watcher = createFolderWatcher({
    onEvent(path) {
      paths.push(path);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    onRefused: (_folder, error) => assert.fail(error),
  });
  return {
    folder,
    watcher,
    async until(path: string) {
      while (!paths.includes(path)) await wake.promise;
      paths.length = 0;
    },
    [Symbol.dispose]() {
      watcher.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

test('a change to what is in a folder is told by its path', async () => {
  using watch = watching();
  watch.watcher.watch(new Set([watch.folder]));
  writeFileSync(join(watch.folder, 'a'), '');
  await watch.until(join(watch.folder, 'a'));
  assert.deepEqual([watch.watcher.has(watch.folder), watch.watcher.has('/elsewhere')], [true, false]);
});

test('a folder that was replaced by another one of its name is watched anew', async () => {
  using watch = watching();
  const inner = join(watch.folder, 'inner');
  const all = new Set([watch.folder, inner]);
  mkdirSync(inner);
  mkdirSync(`${inner}.new`);
  watch.watcher.watch(all);
  rmSync(inner, { recursive: true });
  renameSync(`${inner}.new`, inner);
  await watch.until(inner);
  watch.watcher.watch(all);
  writeFileSync(join(inner, 'a'), '');
  await watch.until(join(inner, 'a'));
});

test('a folder that is not there is watched once it is', async () => {
  using watch = watching();
  const inner = join(watch.folder, 'inner');
  const all = new Set([watch.folder, inner]);
  watch.watcher.watch(all);
  mkdirSync(inner);
  await watch.until(inner);
  watch.watcher.watch(all);
  writeFileSync(join(inner, 'a'), '');
  await watch.until(join(inner, 'a'));
});
