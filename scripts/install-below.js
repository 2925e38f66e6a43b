// Installs what a lockfile in a folder of this repository says, unless that is what lies there already.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './system-program.js';

/**
 * @param {string} folder has a package.json and its lockfile
 * @param {NodeJS.ProcessEnv} [env]
 */
export function installBelow(folder, env = process.env) {
  const lockfile = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const note = join(folder, 'node_modules/.installed-from');
  if (existsSync(note) && readFileSync(note, 'utf8') === lockfile) return;
  const words = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  run('npm', words, { cwd: folder, env });
  writeFileSync(note, lockfile); // npm ci begins by removing node_modules, and this with it
}
