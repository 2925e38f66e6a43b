// Finds programs that tests need beside Node, and installs them where that is nobody else's decision.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first program on the PATH that has one of the names; as root on Debian it is installed if there is none.
 * @param {object} wanted
 * @param {readonly string[]} wanted.names
 * @param {string} wanted.debianPackage that has one of them
 * @param {string} wanted.purpose what is not done without it, as it reads before "needs"
 */
export function ensureProgram({ names, debianPackage, purpose }) {
  return find(...names) ?? install(names, debianPackage, purpose);
}

/**
 * @param {readonly string[]} names
 * @param {string} debianPackage
 * @param {string} purpose
 */
function install(names, debianPackage, purpose) {
  const aptGet = find('apt-get');
  if (aptGet === undefined || process.getuid?.() !== 0) {
    fail(`${purpose} needs ${names[0]}; install it, for example with: sudo apt-get install ${debianPackage}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run(aptGet, ['update', '-qq'], { env });
  run(aptGet, ['install', '-y', '-qq', '--no-install-recommends', debianPackage], { env });
  return (
    find(...names) ??
    fail(`apt-get installed the package ${debianPackage}, but there is no program ${names.join(', ')}`)
  );
}

/** @param {...string} names */
function find(...names) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']; // where Debian puts servers
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
 * Runs a program to its end; ends this one, too, if it fails.
 * @param {string} program
 * @param {readonly string[]} words
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
export function run(program, words, options = {}) {
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
  console.error(message);
  process.exit(1);
}
