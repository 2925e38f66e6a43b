// Tries the loaders with the libraries that they load, which are installed below this folder: some 750 MB.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../scripts/system-program.js';
import { install } from './install.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

const folder = install();
// The libraries are found from the working folder, as in a project that has linked bentots.
run(process.execPath, [join(repository, 'scripts/run-tests.js'), join(folder, '*.test.ts')], { cwd: folder });
