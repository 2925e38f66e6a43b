/** Pauses that can be left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from './client.fixture.ts';
import { pause } from './clock.ts';

test('a pause whose signal has aborted already rejects with its reason and sets no timer', async () => {
  const clock = createManualClock();
  const reason = new Error('enough');
  await assert.rejects(pause(clock, 10, AbortSignal.abort(reason)), reason);
  assert.equal(clock.pending, 0);
});
