import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Generation } from '../pool/generation.ts';
import { createGenerations } from './generations.ts';

/** A generation of three workers that does what the test says; `steps` says what was asked of it. */
function createGeneration(name: string, steps: string[], more: Partial<Generation> = {}): Generation {
  const note = async (step: string) => void steps.push(`${name} ${step}`);
  return {
    size: 3,
    drainMs: 1000,
    isReady: true,
    addWorker: (index) => note(`adds ${index}`),
    restoreWorker: (index) => note(`restores ${index}`),
    removeWorker: (index) => note(`removes ${index}`),
    retire: () => note('retires'),
    stop: () => note('stops'),
    kill: () => void note('is killed'),
    ...more,
  } as Generation; // the rest is nobody's here
}

/** The newer one fails to start its third worker, so that the older has to get its first two again. */
async function failReload(restoreWorker: (index: number) => Promise<void>) {
  const steps: string[] = [];
  const restoring = Promise.withResolvers<void>();
  const older = createGeneration('older', steps, {
    async restoreWorker(index) {
      steps.push(`older restores ${index}`);
      restoring.resolve();
      await restoreWorker(index);
    },
  });
  const newer = createGeneration('newer', steps, {
    async addWorker(index) {
      if (index === 3) throw new Error('no memory for the third');
    },
  });
  const coming = [older, newer];
  const generations = createGenerations({
    rolls: true,
    start: async () => coming.shift() as Generation,
    onReplaced() {},
  });
  await generations.replace();
  const reload = generations.replace();
  reload.catch(() => {});
  await restoring.promise;
  return { generations, reload, steps, newer };
}

test('where a reload fails, the workers of before come back one after the other', async () => {
  const { reload, steps } = await failReload(async () => {});
  await assert.rejects(reload, /no memory for the third/);
  assert.deepEqual(steps, [
    'older removes 1',
    'older removes 2',
    'older restores 1',
    'newer removes 1',
    'older restores 2',
    'newer retires',
  ]);
});

for (const [how, end] of [
  ['a stop', 'stops'],
  ['a kill', 'is killed'],
] as const) {
  test(`${how} while they come back starts no more of them`, async () => {
    const gate = Promise.withResolvers<void>();
    const { generations, reload, steps } = await failReload(() => gate.promise);
    const over = how === 'a stop' ? generations.stop(1000) : generations.kill();
    gate.resolve(); // the one that was being started is ended, or ready
    await over;
    await assert.rejects(reload, /no memory for the third/);
    assert.deepEqual(
      steps.slice(2).sort(),
      [`newer ${end}`, `older ${end}`, 'newer removes 1', 'older restores 1'].sort(),
    );
  });
}
