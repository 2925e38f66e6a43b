/** Says in a sentence why a file of a store could not be read or written. */
import { isServiceError, ServiceError } from '../errors.ts';

const full = 'the disk is full; free some space, or let BENTOML_HOME name a folder on another one';
const forbidden = 'it may not be written; give this user the right to, or let BENTOML_HOME name another folder';

const problems: Readonly<Record<string, string>> = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: 'it would be larger than this user may write; raise the limit (ulimit -f)',
  EROFS: 'the disk is read-only; let BENTOML_HOME name a folder on another one',
  EACCES: forbidden,
  EPERM: forbidden,
  ENOENT: 'there is no such file or folder; somebody may have deleted it meanwhile',
  EIO: 'the disk has failed; check it',
  EBUSY: 'another program uses it; stop that and try again',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'a name is longer than the disk can hold',
  ENOTDIR: 'a file is where a folder should be; move it away, or let BENTOML_HOME name another folder',
};

/** Whether an error is one of the system's, with this code if one is given. */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return typeof code === 'string' && typeof syscall === 'string' && (codes.length === 0 || codes.includes(code));
}

/** Whether it is for want of room. */
export const isOfRoom = (error: unknown): boolean => isSystemError(error, 'ENOSPC', 'EDQUOT');

/**
 * Does something with files; what the system has against it becomes a sentence.
 * @param action as it reads after "cannot", for example `create the model iris:v1`.
 * @throws ServiceError `STORE_FAILED`; errors that are not the system's pass as they are.
 */
export async function explained<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isServiceError(error) || !isSystemError(error)) throw error;
    const { code = '', path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
    const where = dest ?? path;
    const problem = `${where === undefined ? '' : `${where}: `}${problems[code] ?? error.message}`;
    throw new ServiceError('STORE_FAILED', { action, problem }, { cause: error });
  }
}
