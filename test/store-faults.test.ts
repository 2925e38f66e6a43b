/** Stores while processes are killed, work at the same time, or have no room left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertWhole, fill, program, run, testKills } from './store/faults.ts';
import { createHome, modelYaml } from './store/home.ts';

testKills(4); // all of them: npm run test:long

test('of several processes that create the same version one wins, and the others are told', async () => {
  using stores = createHome();
  const ends = await Promise.all(Array.from({ length: 4 }, () => run('busy', stores.home, 'create', 'a:1,a:2,a:3')));
  const results = ends.flatMap(({ lines }) => lines as { tag: string; result: string }[]);
  for (const tag of ['a:1', 'a:2', 'a:3']) {
    const of = results.filter((line) => line.tag === tag).map(({ result }) => result);
    assert.deepEqual(of.sort(), ['STORE_ITEM_EXISTS', 'STORE_ITEM_EXISTS', 'STORE_ITEM_EXISTS', 'done'], tag);
  }
  for (const { pathOf } of await stores.models.list()) {
    assert.equal(
      readFileSync(pathOf('first'), 'utf8'),
      readFileSync(pathOf('second'), 'utf8'),
      'both are of one process',
    );
  }
  assert.deepEqual([await assertWhole(stores), stores.ls('tmp')], [['a:1', 'a:2', 'a:3'], []]);
});

test('while two processes create and one deletes, whoever reads sees whole models, and latest is the newest', async () => {
  using stores = createHome();
  const tags = (name: string) => Array.from({ length: 20 }, (_, at) => `a:${name}${at}`);
  const workers = [
    run('busy', stores.home, 'create', tags('x').join()),
    run('busy', stores.home, 'create', tags('y').join()),
    run('busy', stores.home, 'delete', Array.from({ length: 60 }, () => 'a').join()),
  ];
  let isOver = false;
  const ends = Promise.all(workers).finally(() => {
    isOver = true;
  });
  while (!isOver) await assertWhole(stores);
  assert.deepEqual(
    (await ends).map(({ end }) => end),
    [0, 0, 0],
  );
  const [x, y, deleter] = (await ends).map(({ lines }) => lines as { result: string }[]);
  assert.deepEqual(new Set([...(x ?? []), ...(y ?? [])].map(({ result }) => result)), new Set(['done']));
  for (const { result } of deleter ?? []) assert.ok(['done', 'STORE_ITEM_MISSING'].includes(result), result);
  assert.deepEqual(stores.ls('tmp'), []);
  await stores.models.create('a:last', fill);
  const all = await stores.models.list();
  const newest = all.reduce((best, one) => (one.record.createdMicros >= best.record.createdMicros ? one : best));
  assert.equal(String((await stores.models.get('a')).tag), String(newest.tag));
});

test('what a living process makes is not swept, what is a day old or of a dead one is', async () => {
  using stores = createHome();
  const leave = async (name: string, ageHours: number) => {
    await mkdir(join(stores.home, 'tmp', name, 'item'), { recursive: true });
    const then = new Date(Date.now() - ageHours * 3_600_000);
    await utimes(join(stores.home, 'tmp', name), then, then);
  };
  await leave('bentots_elsewhere_1_x', 23);
  await leave('bentots_elsewhere_1_old', 25);
  await leave('bentots_what', 100);
  await leave('bentoml-model-x', 100);
  await stores.models.create('a:1', async (folder) => {
    await stores.models.create('b:1', fill);
    await fill(folder);
  });
  assert.deepEqual(
    stores.ls('tmp').filter((path) => !path.includes('/')),
    ['bentoml-model-x', 'bentots_elsewhere_1_x', 'bentots_what'],
  );
});

test('the disk keeps files before they get their place, and their place before it is said that they have it', async () => {
  using stores = createHome();
  const { end, lines } = await run('flushes', stores.home);
  assert.equal(end, 0);
  const steps: { renamed?: string; flushed: Set<string> }[] = [{ flushed: new Set() }];
  for (const line of lines as string[]) {
    const [, what, rest = ''] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (what === 'rename') steps.push({ renamed: rest, flushed: new Set() });
    else steps.at(-1)?.flushed.add(rest);
  }
  const tree = (folder: string) => ['', '/below', '/below/weights', '/model.yaml'].map((path) => folder + path);
  assert.deepEqual(steps, [
    { flushed: new Set(tree('staging/item')) },
    { renamed: 'item to models/a/1', flushed: new Set(['models/a/.latest-*']) },
    {
      renamed: 'a temporary file to models/a/latest',
      flushed: new Set(['models/a', 'models', '.', ...tree('.bentots-*.tmp')]),
    },
    { renamed: 'a temporary file to a-1', flushed: new Set(['.']) },
  ]);
});

const canMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

test('on a disk that is full or read-only, the error says so, and nothing half done stays', {
  skip: !canMount && 'this system lets nobody mount',
}, async () => {
  using stores = createHome();
  const place = join(stores.home, 'disk');
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-rm', process.execPath, ...process.execArgv, program('full-disk'), place],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  interface Attempt {
    disk: string;
    failure?: { code: string; message: string };
    listed: number;
    left: string[];
    warnings: string[];
  }
  const attempts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Attempt);
  for (const { disk, failure, listed, left, warnings } of attempts) {
    const isReadOnly = disk === 'read-only';
    assert.deepEqual([left, warnings, listed], [[], [], isReadOnly || !failure ? 1 : 0], disk);
    if (!failure) continue;
    const problem = isReadOnly
      ? /: the disk is read-only; let BENTOML_HOME name a folder on another one$/
      : /the disk is full; free some space, or let BENTOML_HOME name a folder on another one$/;
    assert.equal(failure.code, 'STORE_FAILED', disk);
    assert.match(failure.message, /^cannot create the model a:1: /, disk);
    assert.match(failure.message, problem, disk);
  }
  const failed = attempts.filter(({ failure }) => failure).length;
  assert.ok(failed > 8 && failed < attempts.length, `${failed} of ${attempts.length} failed`);
});

test('where a disk has no more room or is read-only, nothing is done by halves, and a full one can be made room on', {
  skip: !canMount && 'this system lets nobody mount',
}, () => {
  using stores = createHome();
  const words = ['-rm', process.execPath, ...process.execArgv, program('no-room'), join(stores.home, 'disk')];
  const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  interface Attempt {
    action: string;
    room: string;
    failure?: { code: string; message: string };
    left: string[];
    old: number | 'gone';
    warnings: string[];
  }
  const attempts = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Attempt);
  for (const { action, room, failure, left, old, warnings } of attempts) {
    assert.deepEqual(
      [left, old, warnings],
      [[], action === 'delete' && !failure ? 'gone' : 9000, []],
      `${action} with ${room}`,
    );
    if (!failure) continue;
    assert.equal(failure.code, 'STORE_FAILED', `${action} with ${room}: ${failure.message}`);
    const problem = room === 'read-only' ? 'the disk is read-only; let' : 'the disk is full; free some space, or let';
    assert.match(failure.message, new RegExp(`^cannot .*: ${problem} BENTOML_HOME name a folder`, 's'));
  }
  for (const action of new Set(attempts.map((attempt) => attempt.action))) {
    const failed = attempts.filter((attempt) => attempt.action === action && attempt.failure).map(({ room }) => room);
    if (action === 'delete') assert.deepEqual(failed, ['read-only']);
    else assert.ok(failed.length > 1 && failed.at(-1) === 'read-only', `${action} failed with ${failed}`);
  }
});

test('what is left of a deletion without room that was killed is no version, and goes with the next one', async () => {
  using stores = createHome();
  for (const tag of ['a:1', 'a:2']) await stores.models.create(tag, fill);
  stores.write('models/a/.deleted-x/model.yaml', modelYaml('a', '3'));
  assert.deepEqual(await assertWhole(stores), ['a:1', 'a:2']);
  await stores.models.delete('a:1');
  assert.deepEqual(stores.ls('models/a').includes('.deleted-x'), false);
  assert.deepEqual(await assertWhole(stores), ['a:2']);
});

test('a store whose folder is mounted works, though a rename does not lead there from its home', {
  skip: !canMount && 'this system lets nobody mount',
}, () => {
  using stores = createHome();
  const words = ['-rm', process.execPath, ...process.execArgv, program('mounted'), stores.home];
  const { stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  assert.deepEqual(JSON.parse(stdout), {
    listed: ['a:1'],
    left: ['models', 'models/a', 'models/a/1', 'models/a/1/model.yaml', 'models/a/1/x', 'models/a/latest'],
  });
});

test('a store whose folder is a link to another disk works', { skip: process.platform !== 'linux' }, async (t) => {
  const other = await stat('/dev/shm').catch(() => undefined);
  using stores = createHome();
  if (!other || other.dev === (await stat(stores.home)).dev) return t.skip('there is no second disk');
  const { mkdtempSync, rmSync, symlinkSync } = await import('node:fs');
  const far = mkdtempSync('/dev/shm/bentots-');
  try {
    await mkdir(join(far, 'models'));
    symlinkSync(join(far, 'models'), join(stores.home, 'models'));
    await stores.models.create('a:1', fill);
    assert.deepEqual(await assertWhole(stores), ['a:1']);
    await stores.models.delete('a:1');
    assert.deepEqual(stores.ls('models'), []);
    assert.deepEqual((await import('node:fs')).readdirSync(far), ['models']);
  } finally {
    rmSync(far, { recursive: true, force: true });
  }
});

test('a thousand versions are listed', async () => {
  using stores = createHome();
  for (let at = 0; at < 1000; at++) stores.write(`models/a/v${at}/model.yaml`, modelYaml('a', `v${at}`));
  assert.equal((await stores.models.list()).length, 1000);
});
