/** Collects rejections that nobody handles, which would else end the test's process. */
import type { TestContext } from 'node:test';

/** Gives the list that they are put on until the test is over. */
export function collectUnhandled(t: TestContext): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  t.after(() => {
    process.off('unhandledRejection', note);
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });
  return unhandled;
}
