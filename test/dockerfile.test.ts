/** The Dockerfile of a bento on the command line, and the folder that it is built in. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bento, urlIn } from './bento.ts';
import { createTestProject } from './project.ts';

const service = `import { defineService, Image } from 'bentots';
const image = new Image({ distro: 'alpine' }).runScript('scripts/voices.sh').npmPackages('ms@2');
export const Hello = defineService(class Hello { hello(name) { return name; } }, {
  image,
  apis: { hello: { params: { name: { type: 'string' } }, output: { type: 'string' } } },
});
`;
const manifest = (more: object) => JSON.stringify({ name: 'project', type: 'module', ...more });

test('bento dockerfile prints the Dockerfile, and writes it and the folder that it is built in', async () => {
  using project = createTestProject({
    'service.js': service,
    'scripts/voices.sh': 'echo voices\n',
    '.bentoignore': 'x\n',
  });
  await project.stores.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'weights'), 'w'));
  assert.equal((await project.run('build', '--version', 'v1', '--model', 'iris:v1')).end, 0);
  const printed = await project.run('dockerfile', 'hello');
  assert.deepEqual([printed.end, printed.stderr], [0, '']);
  assert.match(printed.stdout, /^# Made by bentots.*\nFROM node:\d\d-alpine\nUSER 0:0\n/);

  const written = await project.run('dockerfile', 'hello:v1', '--output', '.', '--context', 'context');
  assert.equal(written.end, 0);
  const read = (path: string) => readFileSync(join(project.folder, path), 'utf8');
  assert.equal(read('hello_v1.dockerfile'), printed.stdout);
  assert.equal(read('context/Dockerfile'), printed.stdout);
  const [script = ''] = readdirSync(join(project.folder, 'context/steps/env/docker'));
  assert.equal(read(`context/steps/env/docker/${script}`), 'echo voices\n');
  assert.match(printed.stdout, new RegExp(`\\./env/docker/${script}`));
  for (const path of ['code/bento.yaml', 'code/src/service.js', 'code/models/iris/latest', 'bentots/bin/bento.js'])
    assert.ok(existsSync(join(project.folder, 'context', path)), path);

  const inStore = join(project.stores.home, 'models/iris/v1/weights');
  const inContext = join(project.folder, 'context/models/0/models/iris/v1/weights');
  assert.equal(statSync(inContext).ino, statSync(inStore).ino, 'a model is not copied');

  const packages = readdirSync(join(project.folder, 'context/bentots/node_modules'));
  assert.ok(packages.includes('fastify'));
  assert.deepEqual(
    ['typescript', 'esbuild', 'tsx'].filter((name) => packages.includes(name)),
    [],
  );
  const again = await project.run('dockerfile', 'hello:v1', '--context', 'context');
  assert.equal(again.end, 1);
  assert.match(
    again.stderr,
    /cannot make an OCI image of hello:v1: context is not empty: it has .*; name a new folder/,
  );
});

test('what bentots brings into an OCI image serves a bento by itself', async () => {
  using project = createTestProject();
  assert.equal((await project.run('build', '--version', 'v1')).end, 0);
  assert.equal((await project.run('dockerfile', 'hello', '--context', 'context')).end, 0);
  const at = (path: string) => join(project.folder, 'context', path);
  const env = { BENTOML_HOME: at('home') };
  const program = at('bentots/bin/bento.js');
  await using server = bento(['serve', at('code'), '--port', '0'], { cwd: at('code'), env, program });
  const url = urlIn(await server.says('Ctrl-C stops it'));
  const answer = await fetch(`${url}/hello`, { method: 'POST', body: '{"name":"you"}' });
  assert.equal(await answer.text(), 'Hello, you!');
  assert.equal((await fetch(`${url}/`)).status, 200, 'and its page');
});

test('packages that are not locked are told; what npm would run in the project is left out, and told', async () => {
  using project = createTestProject({
    'package.json': manifest({
      dependencies: { ms: '2', bentots: '1' },
      scripts: { postinstall: 'patch', prepare: 'x' },
    }),
  });
  assert.equal((await project.run('build')).end, 0);
  const { stderr, stdout } = await project.run('dockerfile', 'hello', '--context', 'context');
  assert.match(stderr, /package\.json of hello:\w+ has postinstall, which the OCI image does not run; let a step/);
  assert.match(stderr, /the packages of hello:\w+ are not locked: the OCI image gets the versions of today/);
  assert.equal(stdout, '');
  const staged = JSON.parse(
    readFileSync(join(project.folder, 'context/install/env/node/package.json'), 'utf8'),
  ) as object;
  assert.deepEqual(staged, { name: 'project', type: 'module', dependencies: { ms: '2' }, scripts: {} });
});

test('a bento that says nothing of its image, or nothing that can be, is refused with what to do', async () => {
  using project = createTestProject();
  await project.run('build', '--version', 'v1');
  const file = join(project.stores.home, 'bentos/hello/v1/bentots/build.json');
  const { image, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as { image: { description: { steps: object[] } } };
  writeFileSync(file, JSON.stringify(rest));
  assert.match(
    (await project.run('dockerfile', 'hello')).stderr,
    /before bentos kept what their images are; build it again/,
  );
  image.description.steps.push({ kind: 'run', command: 'a\nUSER 0' });
  writeFileSync(file, JSON.stringify({ ...rest, image }));
  assert.match((await project.run('dockerfile', 'hello')).stderr, /its description of the image is broken: .*one line/);
});
