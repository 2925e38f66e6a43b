/** Hands a command over to the copy of bentots that the service imports, where that is another one than this. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServiceError } from '../errors.ts';
import { findTarget } from '../pool/target.ts';
import { type Copy, copyOf } from '../sdk/copy.ts';
import { findPackageScope } from '../sdk/package-scope.ts';
import { findImported } from './find-imported.ts';

/**
 * Runs `process.argv` with the other copy, in this very process: signals, streams and exit code are its own. Gives
 * false where this copy is the one to go on.
 *
 * @param words What may name the service.
 * @throws ServiceError `COPY_MISMATCH` if there is another copy that cannot be run.
 */
export async function handOver(words: readonly string[], isVerbose: boolean): Promise<boolean> {
  const own = copyOf(import.meta.url);
  const folder = folderOf(words);
  const found = findImported(folder, 'bentots');
  if (found === undefined || found === realpathSync(own.folder)) {
    if (isVerbose) process.stderr.write(`bentots ${own.version} in ${own.folder} runs this\n`);
    return false;
  }
  const other = { ...copyOf(pathToFileURL(join(found, 'package.json'))), folder: found };
  const program = programOf(found);
  if (program === undefined) throw mismatch(own, other, folder, 'which has no command "bento" to hand over to');
  if (isVerbose) {
    process.stderr.write(
      `bentots ${own.version} in ${own.folder} hands over to bentots ${other.version} in ${other.folder}, which services in ${folder} import\n`,
    );
  }
  process.argv[1] = program;
  try {
    // The query tells it that it was handed over, so that it does not look further. See bin/bento.js.
    await import(`${pathToFileURL(program).href}?handed-over`);
  } catch (cause) {
    throw mismatch(
      own,
      other,
      folder,
      `whose command cannot be loaded (${cause instanceof Error ? cause.message : cause})`,
      cause,
    );
  }
  return true;
}

/** The folder from which the service resolves its imports; where no service is found, that of the user. */
function folderOf(words: readonly string[]): string {
  for (const word of [...words, '.']) {
    try {
      return dirname(realpathSync(findTarget(word, process.cwd()).file)); // Node resolves from where a file really lies
    } catch {
      // No service, for this copy at least: whoever runs the command says so.
    }
  }
  return process.cwd();
}

function programOf(folder: string): string | undefined {
  const scope = findPackageScope(folder);
  const bin = scope?.folder === folder ? scope.manifest.bin : undefined; // else its own cannot be read
  const path = typeof bin === 'object' && bin !== null ? (bin as { bento?: unknown }).bento : bin;
  const program = typeof path === 'string' ? join(folder, path) : undefined;
  return program !== undefined && existsSync(program) ? program : undefined;
}

function mismatch(own: Copy, other: Copy, folder: string, problem: string, cause?: unknown): ServiceError {
  return new ServiceError(
    'COPY_MISMATCH',
    {
      ...other,
      what: `services in ${folder} import`,
      problem,
      ownVersion: own.version,
      ownFolder: own.folder,
      remedy: `install one there that can be run: npm install bentots@${own.version}`,
    },
    { cause },
  );
}
