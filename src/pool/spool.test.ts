import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, watch, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import type { FileOnDisk } from '../io/file-content.ts';
import { createSpool } from './spool.ts';

const fileOf = (path: string): FileOnDisk => ({ path, size: 1, head: new Uint8Array(1) });

test('what a worker left is removed when it has ended, but not what was taken over from it or is of others', async () => {
  const spool = createSpool();
  const own = spool.place();
  const [first, second] = [spool.ofWorker(), spool.ofWorker()];
  const write = ({ place }: typeof first, name: string) => {
    const path = join(place.folder, `${place.prefix}${name}`);
    writeFileSync(path, 'x');
    return path;
  };
  writeFileSync(own, 'x');
  const [taken, left, foreign] = [write(first, '1'), write(first, '2'), write(second, '1')];
  first.claim([fileOf(taken)]);
  await first.sweep();
  assert.deepEqual([taken, left, foreign, own].map(existsSync), [true, false, true, true]);
  await spool.close();
  assert.equal(existsSync(dirname(own)), false);
});

test('a worker cannot give away what is not its own', async () => {
  const spool = createSpool();
  const { place, claim } = spool.ofWorker();
  const other = spool.ofWorker().place;
  for (const path of [
    '/etc/passwd',
    join(place.folder, `${other.prefix}1`),
    join(place.folder, basename(spool.place())),
    join(place.folder, '..', `${place.prefix}1`),
  ]) {
    assert.throws(() => claim([fileOf(path)]), /which is none of its own/);
  }
  await spool.close();
});

test('a file that several need is there until the last one removes it', async () => {
  const spool = createSpool();
  const [shared, own] = [spool.place(), spool.place()];
  for (const path of [shared, own]) writeFileSync(path, 'x');
  const watcher = watch(dirname(own));
  spool.hold([fileOf(shared)]);
  spool.remove([fileOf(shared), fileOf(own)]);
  while (existsSync(own)) await once(watcher, 'change');
  assert.deepEqual([shared, own].map(existsSync), [true, false]);
  spool.remove([fileOf(shared)]);
  while (existsSync(shared)) await once(watcher, 'change');
  watcher.close();
  await spool.close();
});
