/** Creates a model on disks that are full after some files, or read-only; runs as root of its own mounts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { openModels } from 'bentots/models';

const home = String(process.argv[2]);
mkdirSync(home);

function mount(...options: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', [...options, home], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const warnings: string[] = [];
const models = openModels({ home, onWarning: (message) => void warnings.push(message) });
const create = (tag: string) =>
  models.create(tag, (folder) => writeFileSync(`${folder}/x`, 'x'.repeat(5000)), { checksums: true });
const attempt = async (disk: string) => {
  const error = await create('a:1').catch((thrown: unknown) => thrown as { code?: string; message: string });
  const failure = 'message' in error ? { code: error.code, message: error.message } : undefined;
  const listed = await models.list();
  const left = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /bentots_|a.1|\.latest-/.test(path),
  );
  console.log(JSON.stringify({ disk, failure, listed: listed.length, left: failure ? left : [], warnings }));
};

for (let inodes = 2; inodes <= 14; inodes++) {
  mount('-t', 'tmpfs', '-o', `size=1m,nr_inodes=${inodes}`, 'none');
  await attempt(`${inodes} inodes`);
  spawnSync('umount', [home]);
}
for (let pages = 1; pages <= 6; pages++) {
  mount('-t', 'tmpfs', '-o', `size=${pages * 4}k`, 'none');
  await attempt(`${pages} pages`);
  spawnSync('umount', [home]);
}
mount('-t', 'tmpfs', '-o', 'size=1m', 'none');
await create('b:1');
mount('-o', 'remount,ro');
await attempt('read-only');
