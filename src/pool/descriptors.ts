/** Sees whether this process may open as many files as it takes to start another one. */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

const needed = 14; // of a worker: both ends of four pipes, /dev/null, the shared memory, and two with which libuv hears of a failure

/**
 * What stands against it, if anything does. Asked beforehand, since Node never closes the pipes that it has made when it
 * finds that there are no descriptors left: with every try there would be fewer.
 */
export function lackOfDescriptors(): string | undefined {
  const opened: number[] = [];
  try {
    while (opened.length < needed) opened.push(openSync(devNull, 'r'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE') return 'this process has as many open files as it may (EMFILE); raise ulimit -n';
    if (code === 'ENFILE') return 'the system has as many open files as it may (ENFILE)';
    // Whatever else may be wrong with that file, it is not what was asked.
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
  return undefined;
}
