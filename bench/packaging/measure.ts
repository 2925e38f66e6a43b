/** One way of a large model into the store or out of it: prints how long it took, and the memory that it took. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';

const [root = '', way = '', place = ''] = process.argv.slice(2);
const { openModels } = (await import(join(root, 'dist/store/index.js'))) as typeof import('../../src/store/index.ts');

const models = openModels({ home: join(place, 'home') });
const [action = '', ending = ''] = way.split('-');
const exported = join(place, `exported.${ending}`);

// What the round before left is removed first, and is no part of the time.
if (action === 'cp') rmSync(join(place, 'copy'), { recursive: true, force: true });
else if (action !== 'export') rmSync(join(place, 'home'), { recursive: true, force: true });

spawnSync('sync'); // nor is what was written before and has not reached the disk

const startedMs = performance.now();
if (action === 'cp') copy(ending === 'sync');
else if (way === 'create' || way === 'checksums') await create(way === 'checksums');
else if (way === 'import-folder') await models.import(join(place, 'model'));
else if (action === 'export') await models.export('large:v1', exported);
else await models.import(exported);
const ms = performance.now() - startedMs;

const peakMiB = action === 'cp' ? null : process.resourceUsage().maxRSS / 1024; // of `cp` it is not known
process.stdout.write(JSON.stringify({ ms, peakMiB }));

function copy(isFlushed: boolean): void {
  const to = join(place, 'copy');
  spawnSync('cp', ['-r', join(place, 'model'), to], { stdio: 'inherit' });
  if (isFlushed) spawnSync('sync', ['-f', to], { stdio: 'inherit' });
}

async function create(checksums: boolean): Promise<void> {
  const copy = (folder: string) => copyFile(join(place, 'model/weights.bin'), join(folder, 'weights.bin'));
  await models.create('large:v1', copy, { checksums });
}
