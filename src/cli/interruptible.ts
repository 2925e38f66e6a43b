/** Lets Ctrl-C end long work in good order. */
import { constants } from 'node:os';

/**
 * Does something that can be given up; undefined if the user has ended it, which the exit code says, too. A second signal
 * ends the process at once.
 */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const given = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const onSignal = (signal: NodeJS.Signals) => {
    process.exitCode = 128 + constants.signals[signal]; // as shells count
    if (given.signal.aborted) process.exit();
    process.stderr.write('stopping: what was begun is taken away; a second signal ends at once\n');
    given.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await run(given.signal);
  } catch (error) {
    if (!given.signal.aborted) throw error;
    return undefined;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
