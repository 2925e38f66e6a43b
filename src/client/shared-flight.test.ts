import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from './shared-flight.ts';

test('whoever has left already hears nothing of work that fails, and neither does the process', async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const listeners = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  t.after(() => {
    process.off('unhandledRejection', note);
    for (const listener of listeners) process.on('unhandledRejection', listener);
  });
  const left = untilAborted(Promise.reject(new Error('failed')), AbortSignal.abort('left'));
  assert.equal(await left.catch((reason: unknown) => reason), 'left');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unhandled, []);
});
