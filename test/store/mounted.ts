/** Creates and deletes models where the folder of the store is mounted; runs as root of its own mounts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModels } from 'bentots/models';

const home = String(process.argv[2]);
const models = openModels({ home });
for (const folder of ['models', 'elsewhere']) mkdirSync(join(home, folder), { recursive: true });

const { status, stderr } = spawnSync('mount', ['--bind', join(home, 'elsewhere'), join(home, 'models')], {
  encoding: 'utf8',
});
if (status !== 0) throw new Error(stderr);
for (const tag of ['a:1', 'a:2']) await models.create(tag, (folder) => writeFileSync(join(folder, 'x'), 'x'));
await models.delete('a:2');
const left = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) => path.startsWith('models'));
console.log(JSON.stringify({ listed: (await models.list()).map(({ tag }) => String(tag)), left: left.sort() }));
