/** Prints an error for a person: one helpful line, or the whole story. */
import { isServiceError } from '../errors.ts';

/** Writes to standard error; an error that is not of the error table is always told whole, since it is a fault of ours. */
export function printError(error: unknown, isVerbose: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`bento: ${message}\n`);
  const known = isServiceError(error) && error.code !== 'INTERNAL';
  if (isVerbose || !known) process.stderr.write(`${tell(error)}\n`);
  else if (isServiceError(error) && error.cause !== undefined) process.stderr.write('(--verbose says more)\n');
}

function tell(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined || depth === 8 ? own : `${own}\ncaused by: ${tell(error.cause, depth + 1)}`;
}
