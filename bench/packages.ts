/** Installs what a bench reads, beside it: a fresh `npm ci` stays small without it. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/** The folder with their package.json, lockfile and `node_modules`. */
export const packagesFolder = join(import.meta.dirname, 'packages');

/** Installs them unless what is installed is newer than the lockfile. No script of a package runs. */
export function ensurePackages(): void {
  const installed = statSync(join(packagesFolder, 'node_modules/.package-lock.json'), { throwIfNoEntry: false });
  if (installed && installed.mtimeMs >= statSync(join(packagesFolder, 'package-lock.json')).mtimeMs) return;
  console.error('installing openai and onnxruntime-node into bench/packages (330 MB)');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: packagesFolder,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the installation failed; it needs the npm registry');
}
