// Installs what only these tests need, a browser among it, checks their types, and runs them.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installBelow } from '../../scripts/install-below.js';
import { ensureProgram, run } from '../../scripts/system-program.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));

installBelow(here);
const browser = ensureProgram({
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
  debianPackage: 'chromium',
  purpose: 'test:browser',
});
run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', here]);
run(process.execPath, [join(repository, 'scripts/run-tests.js'), 'test/browser/*.test.ts'], {
  cwd: repository,
  env: { ...process.env, BROWSER: browser },
});
