/** Makes folders for services that a test writes: inside the package, so that `import … from 'bentots'` finds this very copy. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const parent = fileURLToPath(new URL('./.tmp/', import.meta.url));

/** As in a new project: without a word on `lib` and `types`, types are read in half of the time. */
const tsconfig = join(parent, 'tsconfig.json');

/** Makes an empty folder whose name begins like this; tests in other processes do so at the same time. */
export function createScratchFolder(name: string): string {
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `${name}-`));
  if (existsSync(tsconfig)) return folder; // servers of other tests may watch it
  writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "module": "nodenext" } }\n');
  renameSync(join(folder, 'tsconfig.json'), tsconfig);
  return folder;
}
