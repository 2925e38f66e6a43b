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

const startedMs = performance.now();
if (way === 'cp') spawnSync('cp', ['-r', join(place, 'model'), join(place, 'copy')], { stdio: 'inherit' });
else if (way === 'create' || way === 'checksums') await create(way === 'checksums');
else if (way === 'import-folder') await models.import(join(place, 'model'));
else if (action === 'export') await models.export('large:v1', exported);
else await models.import(exported);
const ms = performance.now() - startedMs;

process.stdout.write(JSON.stringify({ ms, peakMiB: process.resourceUsage().maxRSS / 1024 }));

async function create(checksums: boolean): Promise<void> {
  const copy = (folder: string) => copyFile(join(place, 'model/weights.bin'), join(folder, 'weights.bin'));
  await models.create('large:v1', copy, { checksums });
}
