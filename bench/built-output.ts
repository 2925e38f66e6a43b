/** Makes sure that what is measured is the built output of the sources as they are. */
import { spawnSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds the package unless its output is newer than every source. */
export function ensureBuilt(root: string): void {
  if (isFresh(root)) return;
  console.error('dist is missing or older than src: npm run build');
  const { status } = spawnSync('npm', ['run', 'build', '--silent'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the build failed; benches measure the built output and cannot do without it');
}

function isFresh(root: string): boolean {
  const built = statSync(join(root, 'dist/gateway/index.js'), { throwIfNoEntry: false });
  if (!built) return false;
  const sources = globSync('src/**/*.ts', { cwd: root }).filter((file) => !/\.(test|contract|fixture)\.ts$/.test(file));
  return sources.every((file) => statSync(join(root, file)).mtimeMs <= built.mtimeMs);
}
