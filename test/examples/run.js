// Installs the examples that are too large for everybody, checks their types, and does what their pages say.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installBelow } from '../../scripts/install-below.js';
import { run } from '../../scripts/system-program.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const repository = fileURLToPath(new URL('../../', import.meta.url));

for (const example of ['ocr', 'transcribe']) installBelow(join(repository, 'examples', example));
run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', here]);
run(process.execPath, [join(repository, 'scripts/run-tests.js'), 'test/examples/*.test.ts'], { cwd: repository });
