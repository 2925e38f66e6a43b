// Has BentoML for Python and bentots share stores, and compares their servers and clients. Installs what requirements.txt says into test/python/.venv first.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install } from '../loaders/install.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));
const python = `${here}.venv/${process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'}`;

try {
  const wanted = readFileSync(`${here}requirements.txt`, 'utf8').trim();
  const freeze = existsSync(python) ? spawnSync(python, ['-m', 'pip', 'freeze'], { encoding: 'utf8' }).stdout : '';
  const isThere = (line) => line.includes(';') || freeze.split('\n').includes(line); // what is not for every system is not counted
  if (!wanted.split('\n').every(isThere)) {
    run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', '--clear', `${here}.venv`]);
    run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', `${here}requirements.txt`]);
  }
  install(); // onnxruntime-node
  const env = { ...process.env, TEST_PYTHON: python };
  const tests = [`${repository}scripts/run-tests.js`, 'test/python/*.test.ts'];
  process.exitCode = spawnSync(process.execPath, tests, { stdio: 'inherit', cwd: repository, env }).status ?? 1;
} catch (error) {
  console.error(`test:python: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

/**
 * @param {string} program
 * @param {string[]} words
 */
function run(program, words) {
  const { status, signal, error } = spawnSync(program, words, { stdio: 'inherit' });
  if (status === 0) return;
  const how = error ? `could not be run: ${error.message}` : `ended with ${signal ?? `exit code ${status}`}`;
  throw new Error(`${program} ${words.join(' ')} ${how}; these tests need Python 3.9 or newer with venv and pip`);
}
