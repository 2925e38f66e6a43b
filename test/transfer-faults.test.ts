/** Transfers that run out of room, or are ended in the middle: what is left hurts nobody. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestProject } from './project.ts';
import { putBase } from './registry/base-image.ts';
import { testEnds } from './registry/ended.ts';
import { runLimited } from './registry/limited.ts';
import { startRegistry } from './registry/registry.ts';
import { run } from './store/faults.ts';
import { createHome } from './store/home.ts';

const megabyte = 1_000_000;

test('a pull and an image without room say so and leave nothing, and the next ones go well', {
  skip: process.platform === 'win32' && 'there are no such limits',
}, async () => {
  await using registry = await startRegistry();
  using from = createHome();
  using project = createTestProject();
  const { home } = project.stores;
  const env = { BENTOML_HOME: home, DOCKER_CONFIG: home };
  const weights = randomBytes(9 * megabyte);
  await from.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'weights'), weights));
  const { reference } = await from.models.push('iris:v1', `${registry.host}/iris`);
  const base = await putBase(registry);
  assert.equal((await project.run('build', '--version', 'v1')).end, 0);
  const place = join(home, 'hello.tar');
  const image = ['containerize', 'hello:v1', '--backend', 'native', '--base', base, '-o', place];
  for (const [args, action] of [
    [['models', 'pull', reference], 'create the model'],
    [image, 'make an OCI image of hello:v1'],
  ] as const) {
    const { end, stderr } = await runLimited(megabyte, args, env);
    assert.equal(end, 1, stderr);
    const problem = `bento: cannot ${action}: it would be larger than this user may write; raise the limit (ulimit -f)`;
    assert.ok(stderr.includes(problem), stderr);
  }
  assert.deepEqual(
    [project.stores.ls('models'), readdirSync(home).filter((name) => name.includes('hello.tar'))],
    [[], []],
  );
  assert.deepEqual(
    project.stores.ls('tmp').filter((name) => !name.startsWith('bentots-blobs')),
    [],
  );
  registry.asked.length = 0;
  assert.equal((await project.run('models', 'pull', reference)).end, 0);
  assert.ok(
    registry.asked.some(({ range }) => range !== undefined),
    'it went on where it was',
  );
  assert.equal((await project.run(...image)).end, 0);
});

test('a pull that cannot take the place of what is there leaves that as it was', async () => {
  await using registry = await startRegistry();
  using from = createHome();
  using to = createHome();
  const put = (text: string) => (folder: string) => writeFileSync(join(folder, 'note.txt'), text);
  await from.models.create('iris:v1', put('theirs'));
  await to.models.create('iris:v1', put('mine'));
  const { reference } = await from.models.push('iris:v1', `${registry.host}/iris`);
  const { end, lines } = await run('fail-rename', to.home, reference);
  assert.equal(end, 0);
  const attempts = lines as { failure?: string; note: string; listed: number; left: string[] }[];
  assert.ok(attempts.length > 2, String(attempts.length));
  for (const [number, { failure, note, listed, left }] of attempts.entries()) {
    const isLast = number === attempts.length - 1;
    assert.deepEqual([note, listed, left.sort()], [isLast ? 'theirs' : 'mine', 1, ['latest', 'v1']], String(number));
    if (!isLast) assert.match(String(failure), /^cannot .*the disk is full; free some space/);
  }
});

testEnds([
  ['pull', 'SIGKILL'],
  ['base', 'SIGKILL'],
  ['pull', 'SIGINT'],
]);
