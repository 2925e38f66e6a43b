/** Prints an error for a person: one helpful line, or the whole story. */
import { isServiceError } from '../errors.ts';
import { toPlainText } from '../observe/plain-text.ts';

/** Writes to standard error; an error that is not of the error table is always told whole, since it is a fault of ours. */
export function printError(error: unknown, isVerbose: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  say(`bento: ${message}`);
  const known = isServiceError(error) && error.code !== 'INTERNAL';
  if (isVerbose || !known) say(tell(error));
  else if (isServiceError(error) && error.cause !== undefined) say('(--verbose says more)');
}

/** Messages have lines, and words of others, which a terminal shall not obey. */
function say(text: string): void {
  process.stderr.write(`${toPlainText(text)}\n`);
}

function tell(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? error.message;
  return error.cause === undefined || depth === 8 ? own : `${own}\ncaused by: ${tell(error.cause, depth + 1)}`;
}
