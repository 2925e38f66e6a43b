/** Packages that are installed by whoever needs them, and imported on use. */
import { ServiceError } from './errors.ts';

/**
 * Imports an optional package.
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
    throw isAbsent ? new ServiceError('PEER_MISSING', { what, package: name }, { cause }) : cause;
  }
}
