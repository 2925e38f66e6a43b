// Restarts servers behind a proxy, which is installed if there is none. `--long` restarts them 20 times and not 3.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureProgram, run } from '../../scripts/system-program.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const isLong = process.argv.includes('--long');

const haproxy = ensureProgram({ names: ['haproxy'], debianPackage: 'haproxy', purpose: 'test:proxy' });
run(
  process.execPath,
  [join(repository, 'scripts/run-tests.js'), ...(isLong ? ['--long'] : []), 'test/proxy/*.test.ts'],
  {
    cwd: repository,
    env: { RESTARTS: isLong ? '20' : '3', ...process.env, HAPROXY: haproxy },
  },
);
