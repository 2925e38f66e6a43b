// Installs what only these tests need, a browser among it, checks their types, and runs them.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));
const browserNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: here });
const browser = find(...browserNames) ?? installBrowser();
run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', here]);
run(process.execPath, [join(repository, 'scripts/run-tests.js'), 'test/browser/*.test.ts'], {
  cwd: repository,
  env: { ...process.env, BROWSER: browser },
});

/** As root on Debian the browser is installed; elsewhere that is for a person to decide. */
function installBrowser() {
  const aptGet = find('apt-get');
  if (aptGet === undefined || process.getuid?.() !== 0) {
    fail('these tests need Chromium; install it, for example with: sudo apt-get install chromium');
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run(aptGet, ['update', '-qq'], { env });
  run(aptGet, ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
  return find(...browserNames) ?? fail('apt-get installed the package chromium, but there is no program of that name');
}

/**
 * The first program on the PATH that has one of the names.
 * @param {...string} names
 */
function find(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

/** @param {string} path */
function isProgram(path) {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // there is one, but not for this user
  }
}

/**
 * @param {string} program
 * @param {string[]} words
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(program, words, options = {}) {
  const { status, signal, error } = spawnSync(program, words, { stdio: 'inherit', ...options });
  if (status === 0) return;
  fail(
    `${program} ${words.join(' ')} ${error ? `could not be run: ${error.message}` : `ended with ${signal ?? status}`}`,
  );
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`test:browser: ${message}`);
  process.exit(1);
}
