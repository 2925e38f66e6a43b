/** One piece of work for everyone who waits for it: it starts with the first and is given up with the last. */

/** Work that is running for its waiters. */
export interface SharedFlight<T> {
  /** Waits until it is done, or until the signal aborts for this waiter alone. */
  join(signal: AbortSignal): Promise<T>;
}

/**
 * Starts the work.
 *
 * @param start is given a signal that aborts when the last waiter has left.
 * @param onOver is called once, when the work is done, has failed or was given up.
 */
export function createSharedFlight<T>(start: (signal: AbortSignal) => Promise<T>, onOver: () => void): SharedFlight<T> {
  const controller = new AbortController();
  let waiters = 0;
  let isOver = false;
  const finish = () => {
    if (!isOver) onOver();
    isOver = true;
  };
  const work = start(controller.signal).finally(finish);
  return {
    async join(signal) {
      waiters++;
      try {
        return await untilAborted(work, signal);
      } finally {
        waiters--;
        if (waiters === 0 && !isOver) {
          finish();
          controller.abort(signal.reason);
        }
      }
    },
  };
}

/** Waits until something is done, or until the signal aborts. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    work.catch(() => {}); // once everybody has left there is nobody to tell
    if (signal.aborted) return reject(signal.reason);
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    const stay = () => signal.removeEventListener('abort', leave);
    work.then(resolve, reject).finally(stay);
  });
}
