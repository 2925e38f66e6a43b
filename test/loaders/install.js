// Installs the libraries that the loaders load, without the parts for graphics cards, which npm does not have.
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/system-program.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Gives the folder from which they are found. */
export function install() {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: here, env });
  return here;
}
