// Installs the libraries that the loaders load, without the parts for graphics cards, which npm does not have.
import { fileURLToPath } from 'node:url';
import { installBelow } from '../../scripts/install-below.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Gives the folder from which they are found. */
export function install() {
  installBelow(here, { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' });
  return here;
}
