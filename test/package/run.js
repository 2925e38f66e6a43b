// Packs the package from a copy of the sources, and has the tests use it as a user does who installs it.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installBelow } from '../../scripts/install-below.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'bentots-package-'));

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {}); // Ctrl-C ends the tests; here it is tidied up
try {
  installBelow(here);
  pack();
  const tests = [join(repository, 'scripts/run-tests.js'), 'test/package/*.test.ts'];
  const env = { ...process.env, PACKAGE_TEST_FOLDER: folder };
  process.exitCode = spawnSync(process.execPath, tests, { stdio: 'inherit', cwd: repository, env }).status ?? 1;
} catch (error) {
  console.error(`test:package: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Packs a copy: the build that belongs to packing empties `dist`, which others may be using. */
function pack() {
  const copy = join(folder, 'sources');
  mkdirSync(copy);
  const left = ['node_modules', 'dist', 'test', 'bench'];
  for (const name of readdirSync(repository)) {
    if (name.startsWith('.') || left.includes(name)) continue;
    cpSync(join(repository, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: copy });
  const names = readdirSync(packed);
  if (names.length !== 1) throw new Error(`npm pack left no single archive but: ${names.join(', ') || 'nothing'}`);
  renameSync(join(packed, String(names[0])), join(folder, 'bentots.tgz'));
}

/**
 * @param {string} program
 * @param {string[]} words
 * @param {import('node:child_process').SpawnSyncOptions} options
 */
function run(program, words, options) {
  const { status, signal, error } = spawnSync(program, words, { stdio: 'inherit', ...options });
  if (status === 0) return;
  const how = error ? `could not be run: ${error.message}` : `ended with ${signal ?? `exit code ${status}`}`;
  throw new Error(`${program} ${words.join(' ')} ${how}`);
}
