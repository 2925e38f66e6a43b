/** Packages that are installed by whoever needs them, and imported on use. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ServiceError } from './errors.ts';

/**
 * Imports an optional package: as bentots itself would, else as the project in the working folder, which may have linked
 * bentots from elsewhere.
 * @param what as it reads before "needs the package".
 * @throws ServiceError `PEER_MISSING` with the line that installs it; what the package itself throws passes as it is.
 */
export async function importPeer<Module>(name: string, what: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // Not where the package is there, and lacks something itself.
    const isAbsent = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(code ?? '') && message.includes(`'${name}'`);
    if (!isAbsent) throw cause;
    const file = findFrom(process.cwd(), name);
    if (file === undefined) throw new ServiceError('PEER_MISSING', { what, package: name }, { cause });
    return (await import(pathToFileURL(file).href)) as Module; // the same package, from another folder
  }
}

function findFrom(folder: string, name: string): string | undefined {
  try {
    return createRequire(join(folder, 'any.js')).resolve(name); // the file need not be there
  } catch {
    return undefined;
  }
}
