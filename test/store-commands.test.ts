/** The stores on the command line. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bento } from './bento.ts';
import { createTestProject } from './project.ts';
import { createHome, type TestHome } from './store/home.ts';

async function run({ home }: TestHome, ...args: readonly string[]) {
  await using running = bento(args, { cwd: home, env: { BENTOML_HOME: home, TZ: 'UTC' } });
  return await running.finished;
}

const bentoYaml = `service: service:X\nname: x\nversion: '1'\ncreation_time: '2024-05-01T10:00:00.000000+00:00'\nservices:\n- name: X\n  models:\n  - tag: iris:v1\n`;
const put = (text: string) => (folder: string) => writeFileSync(join(folder, 'w'), text);

test('models are listed for people, the newest first, and for programs', async () => {
  using stores = createHome();
  const first = await stores.models.create('iris:v1', put('x'.repeat(2000)), {
    module: 'bentoml.onnx',
    labels: { stage: 'test' },
  });
  const second = await stores.models.create('a:1', put(''));
  const [time1, time2] = [first, second].map(({ creationTime }) =>
    creationTime.toISOString().slice(0, 19).replace('T', ' '),
  );
  const size = async (model: typeof first) => (await model.sizeBytes()) / 1024;
  const [size1, size2] = [(await size(first)).toFixed(2), (await size(second)) * 1024];
  const { end, stdout } = await run(stores, 'models', 'list');
  assert.equal(end, 0);
  assert.equal(
    stdout,
    `Tag      Module        Size      Creation Time\na:1                    ${size2.toFixed(2)} B  ${time2}\niris:v1  bentoml.onnx  ${size1} KiB  ${time1}\n`,
  );
  const row = { tag: 'iris:v1', module: 'bentoml.onnx', size: `${size1} KiB`, creation_time: time1 };
  assert.deepEqual(JSON.parse((await run(stores, 'models', 'list', '--label', 'stage=test', '-o', 'json')).stdout), [
    row,
  ]);
  const yaml = (await run(stores, 'models', 'list', 'iris', '-o', 'yaml')).stdout;
  assert.equal(yaml, `- tag: iris:v1\n  module: bentoml.onnx\n  size: ${size1} KiB\n  creation_time: ${time1}\n`);
});

test('what a model from elsewhere says of itself stays in its cell, and no terminal obeys it', async () => {
  using stores = createHome();
  await stores.models.create('iris:v1', put(''), { module: `a\nevil:1  b\u001b[2J\u009b2J\t${'x'.repeat(20_000)}` });
  const { stdout } = await run(stores, 'models', 'list');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
  assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]|^evil/m);
  assert.deepEqual([stdout.split('\n').length, stdout.length < 2000], [3, true]);
  const [row] = JSON.parse((await run(stores, 'models', 'list', '-o', 'json')).stdout) as { module: string }[];
  assert.equal(row?.module.length, 20_019, 'programs get all of it');
});

test('a model is printed as its model.yaml, as JSON, or as the path of its folder', async () => {
  using stores = createHome();
  const { folder } = await stores.models.create('iris:v1', put(''), {
    metadata: { big: 2n ** 70n, when: new Date(0), odd: Number.NaN },
  });
  assert.equal((await run(stores, 'models', 'get', 'iris', '-o', 'path')).stdout, `${folder}\n`);
  assert.match((await run(stores, 'models', 'get', 'iris:v')).stdout, /^name: iris\nversion: v1\n/);
  const { metadata } = JSON.parse((await run(stores, 'models', 'get', 'iris', '-o', 'json')).stdout) as {
    metadata: unknown;
  };
  assert.deepEqual(metadata, { big: String(2n ** 70n), when: '1970-01-01T00:00:00.000Z', odd: 'NaN' });
});

test('what a bento needs is not deleted, and without a terminal nothing is deleted unasked', async () => {
  using stores = createHome();
  for (const tag of ['iris:v1', 'iris:v2', 'a:1']) await stores.models.create(tag, put(''));
  stores.write('bentos/x/1/bento.yaml', bentoYaml);
  const used = await run(stores, 'models', 'delete', 'a', 'iris', '--yes');
  assert.deepEqual([used.end, used.stderr], [1, 'bento: iris:v1 is needed by the bentos x:1; delete them first\n']);
  const unasked = await run(stores, 'models', 'delete', 'a:1');
  assert.deepEqual(
    [unasked.end, unasked.stderr],
    [
      1,
      'bento: bento models delete: --yes is left out, but must be given where nobody can be asked: this is no terminal\n',
    ],
  );
  const start = await run(stores, 'models', 'delete', 'iris:v', '-y');
  assert.match(start.stderr, /iris:v may be any of the models iris:v1, iris:v2/);
  assert.equal((await stores.models.list()).length, 3);
  const { end, stdout } = await run(stores, 'models', 'delete', 'iris:v2,a', '-y');
  assert.deepEqual([end, stdout], [0, 'deleted model iris:v2\ndeleted model a:1\n']);
  assert.equal((await run(stores, 'delete', 'x', '-y')).stdout, 'deleted bento x:1\n');
  assert.equal((await run(stores, 'models', 'delete', 'iris', '-y')).end, 0);
});

test('models are verified, and one that is changed ends with 1', async () => {
  using stores = createHome();
  const model = await stores.models.create('iris:v1', put('x'));
  const none = await run(stores, 'models', 'verify', 'iris');
  assert.deepEqual([none.end, /iris:v1 has no checksums/.test(none.stderr)], [1, true], none.stderr);
  assert.match(
    (await run(stores, 'models', 'verify', 'iris', '--record')).stdout,
    /^iris:v1 {2}2 {6}\d+\.00 B {2}recorded$/m,
  );
  assert.match((await run(stores, 'models', 'verify', 'iris')).stdout, /as recorded$/m);
  writeFileSync(model.pathOf('w'), 'y');
  const changed = await run(stores, 'models', 'verify', 'iris', '-o', 'json');
  assert.equal(changed.end, 1);
  assert.match(changed.stdout, /"result": "\\"w\\" is changed"/);
});

test('a bento goes from one home to another with its model', async () => {
  using here = createHome();
  using there = createHome();
  await here.models.create('iris:v1', put('x'));
  here.write('bentos/x/1/bento.yaml', bentoYaml);
  const { stdout } = await run(here, 'export', 'x');
  assert.equal(stdout, `exported bento x:1 to ${join(here.home, 'x-1.bento')}\n`);
  assert.equal((await run(there, 'import', join(here.home, 'x-1.bento'))).stdout, 'imported bento x:1\n');
  const [row] = JSON.parse((await run(there, 'list', '-o', 'json')).stdout) as Record<string, string>[];
  assert.deepEqual(
    [row?.tag, row?.creation_time, /^\d+\.\d\d B$/.test(String(row?.model_size))],
    ['x:1', '2024-05-01 10:00:00', true],
  );
  assert.match((await run(there, 'get', 'x')).stdout, /^service: service:X\n/);
  await run(there, 'models', 'export', 'iris', 'iris.zip');
  const again = await run(there, 'models', 'import', 'iris.zip');
  assert.deepEqual(
    [again.end, again.stderr.startsWith('bento: there is a model iris:v1 in ')],
    [1, true],
    again.stderr,
  );
  const wrong = await run(there, 'import', 'iris.zip');
  assert.match(wrong.stderr, /it is no bento but a model, which bento models import takes\n/);
});

test('what was deleted, exported and imported is said to programs, too', async () => {
  using stores = createHome();
  for (const tag of ['iris:v1', 'iris:v2', 'a:1']) await stores.models.create(tag, put(''));
  const json = async (...args: readonly string[]) => JSON.parse((await run(stores, ...args, '-o', 'json')).stdout);
  const file = join(stores.home, 'iris.tar');
  assert.deepEqual(await json('models', 'export', 'iris:v1', file), { tag: 'iris:v1', path: file });
  assert.deepEqual(await json('models', 'delete', 'iris', 'a', '--yes'), [
    { tag: 'iris:v1' },
    { tag: 'iris:v2' },
    { tag: 'a:1' },
  ]);
  const { stdout } = await run(stores, 'models', 'import', file, '-o', 'yaml');
  assert.equal(stdout, `tag: iris:v1\nfolder: ${join(stores.home, 'models/iris/v1')}\n`);
});

test('what is broken is a warning, and what is misspelt an error with a hint', async () => {
  using stores = createHome();
  stores.write('models/half/1/x', '');
  const { end, stderr } = await run(stores, 'models', 'list');
  assert.deepEqual(
    [end, /^bento: left out: .*model\.yaml: it is missing, so that this is no model\n$/.test(stderr)],
    [0, true],
    stderr,
  );
  const misspelt = await run(stores, 'models', 'lst');
  assert.deepEqual([misspelt.end, /Did you mean list\?/.test(misspelt.stderr)], [2, true]);
  assert.match((await run(stores, 'models', 'list', '--label', 'x')).stderr, /--label is "x", but must be key=value/);
  assert.match((await run(stores, 'get', 'x')).stderr, /there is no bento x in /);
});

test('a command whose words nobody reads on, as behind a pipe to head, does its work and ends without a word', async () => {
  using project = createTestProject();
  const { home, models } = project.stores;
  for (const version of ['v1', 'v2']) await models.create(`iris:${version}`, put('x'));
  for (const args of [
    ['models', 'list', '-o', 'json'],
    ['models', 'delete', 'iris', '--yes'],
    ['build', project.folder, '--version', 'v1'],
    ['--help'],
  ]) {
    await using running = bento(args, { env: { BENTOML_HOME: home } });
    running.child.stdout?.destroy();
    const { end, stderr } = await running.finished;
    assert.deepEqual([end, stderr], [0, ''], args.join(' '));
  }
  assert.deepEqual([await models.list(), project.stores.ls('bentos/hello').includes('v1')], [[], true]);
});
