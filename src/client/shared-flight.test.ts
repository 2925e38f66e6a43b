import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untilAborted } from './shared-flight.ts';
import { collectUnhandled } from './unhandled.fixture.ts';

test('whoever has left already hears nothing of work that fails, and neither does the process', async (t) => {
  const unhandled = collectUnhandled(t);
  const left = untilAborted(Promise.reject(new Error('failed')), AbortSignal.abort('left'));
  assert.equal(await left.catch((reason: unknown) => reason), 'left');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(unhandled, []);
});
