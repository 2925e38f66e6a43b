/** What tests of killed and of many processes have in common. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createHome, type TestHome } from './home.ts';

/** The path of a program in this folder. */
export const program = (name: string) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url));

/** Runs one of them; gives how it ended and the lines of JSON that it wrote. */
export async function run(
  name: string,
  ...words: readonly string[]
): Promise<{ end: number | string; lines: unknown[] }> {
  const child = spawn(process.execPath, [...process.execArgv, program(name), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more;
  });
  const [code, signal] = await once(child, 'close');
  const lines = text.split('\n').filter((line) => line !== '');
  return { end: signal ?? code, lines: lines.map((line) => JSON.parse(line) as unknown) };
}

/** A model is there with all of its files, or not at all. */
export async function assertWhole(stores: TestHome): Promise<string[]> {
  const found = await stores.models.list();
  for (const model of found) {
    for (const name of ['first', 'second']) {
      await stat(model.pathOf(name)).catch(async (error) => {
        // Where another process deletes, it may have gone as a whole.
        if (
          await stat(model.folder).then(
            () => true,
            () => false,
          )
        )
          throw error;
      });
    }
  }
  assert.deepEqual(stores.warnings, []);
  return found.map(({ tag }) => String(tag));
}

/** Fills a model with the files that those programs write. */
export const fill = async (folder: string) => {
  for (const name of ['first', 'second']) await writeFile(join(folder, name), name);
};

/** Tests what is left by processes that are killed at every `step`th call to the file system. */
export function testKills(step: number): void {
  for (const action of ['create', 'delete'] as const) {
    test(`killed at any point of ${action}, no half model is seen, and the next one sweeps what is left`, async (t) => {
      let kills = 0;
      for (let number = 0; await isKilled(action, number); number += step) kills++;
      t.diagnostic(`${kills} kills`);
      assert.ok(kills > 12 / step, `${kills} kills`);
    });
  }
}

async function isKilled(action: 'create' | 'delete', number: number): Promise<boolean> {
  using stores = createHome();
  await stores.models.create('a:1', fill);
  if (action === 'delete') await stores.models.create('a:2', fill);
  const { end } = await run('die-at', stores.home, action, String(number));
  const there = await assertWhole(stores);
  assert.ok(['a:1', 'a:1,a:2'].includes(there.join()), `call ${number}: ${there}`);
  assert.ok(there.includes(String((await stores.models.get('a')).tag)), `call ${number}: latest is there`);
  await stores.models.create('a:3', fill);
  assert.equal(String((await stores.models.get('a')).tag), 'a:3');
  assert.deepEqual(stores.ls('tmp'), [], `call ${number}`);
  await stores.models.delete('a');
  assert.deepEqual(stores.ls('models'), [], `call ${number}`);
  assert.ok(end === 0 || end === 'SIGKILL', `call ${number}: ${end}`);
  return end === 'SIGKILL';
}
