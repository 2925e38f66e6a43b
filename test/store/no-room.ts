/** Uses stores on disks that have room for a few more files only, or for a few bytes; runs as root of its own mounts. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isServiceError, openBentos, openModels } from 'bentots/models';
import { startRegistry } from '../registry/registry.ts';

const home = String(process.argv[2]);
mkdirSync(home);

function mount(...words: readonly string[]): void {
  const { status, stderr } = spawnSync(words[0] ?? '', words.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

const warnings: string[] = [];
const options = { home, onWarning: (message: string) => void warnings.push(message) };
const [models, bentos] = [openModels(options), openBentos(options)];
const here = () => readdirSync(home, { recursive: true, encoding: 'utf8' }).sort();
const bytesOf = (path: string) => readFileSync(join(home, path), 'utf8');

/** Elsewhere, where there is room: a model and a bento with a model, as archives. */
const outside = mkdtempSync(join(tmpdir(), 'bentots-archives-'));
const elsewhere = { home: join(outside, 'home'), onWarning: options.onWarning };
for (const tag of ['a:1', 'needed:1']) {
  await openModels(elsewhere).create(tag, (folder) => writeFileSync(`${folder}/x`, 'x'.repeat(5000)));
}
mkdirSync(join(elsewhere.home, 'bentos/b/1'), { recursive: true });
writeFileSync(
  join(elsewhere.home, 'bentos/b/1/bento.yaml'),
  "service: service:X\nname: b\nversion: '1'\nmodels:\n- tag: needed:1\n",
);
const model = await openModels(elsewhere).export('a:1', join(outside, 'a.tar.gz'));
const bento = await openBentos(elsewhere).export('b:1', join(outside, 'b.zip'));
const registry = await startRegistry();
const bytes = randomBytes(30_000); // which do not shrink
await openModels(elsewhere).create('pulled:1', (folder) => writeFileSync(`${folder}/x`, bytes));
const { reference } = await openModels(elsewhere).push('pulled:1', `${registry.host}/pulled`);

const actions: Readonly<Record<string, () => Promise<unknown>>> = {
  import: () => models.import(model),
  'import of a bento': () => bentos.import(bento),
  pull: () => models.pull(reference),
  export: () => models.export('old:1', `${home}/`, { format: 'tar' }),
  'export of a folder': () => models.export('old:1', `${home}/`, { format: 'folder' }),
  verify: () => models.verify('old:1', { record: true }),
  delete: () => models.delete('old:1'),
};

for (const [action, run] of Object.entries(actions)) {
  for (const room of ['0 inodes', '1 inodes', '3 inodes', '5 inodes', '0k', '4k', '12k', '20k', 'read-only']) {
    mount('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', home);
    await models.create('old:1', (folder) => writeFileSync(`${folder}/x`, 'old'.repeat(3000)));
    const inodes = here().length + 1;
    if (room === 'read-only') mount('mount', '-o', 'remount,ro', home);
    else if (room.endsWith('inodes'))
      mount('mount', '-o', `remount,nr_inodes=${inodes + Number.parseInt(room, 10)}`, home);
    else {
      const { stdout } = spawnSync('stat', ['-f', '-c', '%b %f', home], { encoding: 'utf8' });
      const [blocks = 0, free = 0] = stdout.split(' ').map(Number);
      const used = blocks - free; // of 4 KiB
      mount('mount', '-o', `remount,size=${used * 4 + Number.parseInt(room, 10)}k`, home);
    }
    const before = here();
    const failure = await run().then(
      () => undefined,
      (error: unknown) => ({
        code: isServiceError(error) ? error.code : 'none',
        message: String((error as Error).message),
      }),
    );
    const after = here();
    // What a bento brought before there was no room for more may stay: it is whole.
    const left = after.filter(
      (path) => !before.includes(path) && !/^(?:models|bentos|models.needed)$|^tmp(?:.bentots-blobs)?$/.test(path),
    );
    const whole = left.filter((path) => !/^models.needed/.test(path));
    const old = action === 'delete' && !failure ? 'gone' : bytesOf('models/old/1/x').length;
    console.log(
      JSON.stringify({ action, room, failure, left: failure ? whole : [], old, warnings: warnings.splice(0) }),
    );
    spawnSync('umount', [home]);
  }
}
await registry[Symbol.asyncDispose]();
rmSync(outside, { recursive: true, force: true });
