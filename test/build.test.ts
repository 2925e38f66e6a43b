/** Building bentos: what goes in, what comes out, and what is refused. */
import assert from 'node:assert/strict';
import { lstatSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BuildOptions, build } from 'bentots/build';
import { parse } from 'yaml';
import { createTestProject, hello, plainHello, type TestProject } from './project.ts';

interface BentoYaml extends Readonly<Record<string, unknown>> {
  readonly services: readonly { readonly models: readonly { readonly tag: string }[] }[];
}

/** Builds what is in the project, with what it warns of. */
async function buildIn({ folder, stores }: TestProject, options: BuildOptions = {}) {
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  const result = await build({ service: folder, home: stores.home, onWarning, ...options });
  const read = (path: string) => readFileSync(result.bento.pathOf(path), 'utf8');
  return { ...result, warnings, read, yaml: parse(read('bento.yaml')) as BentoYaml };
}

const put = (text: string) => (folder: string) => writeFileSync(join(folder, 'weights.bin'), text);

/** A service that says what it got. */
const withModels = (models: string) => `import { bentoModel, defineService, localFolder, npmPackage } from 'bentots';
export const Models = defineService(class Models {
  where(field) { const value = this[field]; return typeof value === 'string' ? value : value.folder; }
}, { models: ${models}, apis: { where: { params: { field: { type: 'string' } }, output: { type: 'string' } } } });
`;

test('a project becomes a bento: its files, plain JavaScript, documents, and what Python reads', async () => {
  using project = createTestProject({ 'service.ts': hello, 'prompts/größe one.txt': 'x', 'README.md': '# Mine\n' });
  const { bento, read, files, yaml } = await buildIn(project, { labels: { stage: 'test', number: 1 } });
  assert.match(String(bento.tag), /^hello:[a-z2-7]{16}$/);
  assert.deepEqual(
    [...files.keys()].sort(),
    [
      'README.md',
      'apis/openapi.yaml',
      'apis/schema.json',
      'bentots/service.mjs',
      'bentots/service.mjs.map',
      'bentots/types.json',
      'src/README.md',
      'src/package.json',
      'src/prompts/größe one.txt',
      'src/service.ts',
    ].sort(),
  );
  assert.equal(read('README.md'), '# Mine\n');
  assert.equal(read('src/service.ts'), hello);
  assert.match(read('bentots/service.mjs'), /from "bentots"/);
  assert.equal((parse(read('apis/openapi.yaml')) as { openapi: string }).openapi, '3.1.0');
  assert.equal((JSON.parse(read('apis/schema.json')) as { name: string }).name, 'Hello');
  const keys = ['service', 'name', 'version', 'bentoml_version', 'creation_time', 'labels', 'models', 'entry_service'];
  assert.deepEqual(Object.keys(yaml), [...keys, 'services', 'envs', 'schema', 'args', 'spec', 'image']);
  assert.deepEqual([yaml.service, yaml.labels], ['service.ts:Hello', { stage: 'test', number: '1' }]);
  assert.doesNotMatch(
    [...files.keys()].map(read).join(),
    new RegExp(project.folder),
    'nothing says where it was built',
  );
});

test('the same input has the same digest, wherever and whenever it is built; another input has another', async () => {
  const files = {
    'service.js': `import { say } from './lib/say.js';\n${plainHello.replace('return', 'say(); return')}`,
    'lib/say.js': 'export const say = () => import.meta.url;',
  };
  using one = createTestProject(files);
  using two = createTestProject(files);
  const [first, second] = [await buildIn(one), await buildIn(two, { version: 'v2' })];
  assert.match(first.digest, /^sha256:[0-9a-f]{64}$/);
  assert.equal(second.digest, first.digest);
  assert.equal(JSON.parse(first.read('bentots/build.json')).digest, first.digest);
  two.write('prompt.txt', 'x');
  assert.notEqual((await buildIn(two)).digest, first.digest);
  assert.notEqual((await buildIn(one, { labels: { a: 'b' } })).digest, first.digest);
});

test('include, exclude and .bentoignore say which files belong to it; packages, keys and the store never do', async () => {
  using project = createTestProject({
    'data/a.txt': '',
    'data/raw/b.txt': '',
    'notes/c.txt': '',
    '.bentoignore': 'notes/\n',
    '.env': 'HF_TOKEN=secret',
    '.npmrc': '//registry/:_authToken=secret',
    'node_modules/x/index.js': '',
    'store/bentos/x/1/y': '',
  });
  const sourcesOf = ({ files }: { readonly files: ReadonlyMap<string, number> }) =>
    [...files.keys()].filter((path) => path.startsWith('src/')).map((path) => path.slice(4));
  const home = join(project.folder, 'store');
  const all = await buildIn(project, { home, exclude: ['raw/'] });
  assert.deepEqual(sourcesOf(all).sort(), ['.bentoignore', 'data/a.txt', 'package.json', 'service.js']);
  assert.deepEqual(all.warnings.map((warning) => warning.split(' may')[0]).sort(), [
    'left out: .env',
    'left out: .npmrc',
  ]);
  const some = await buildIn(project, { home, include: ['*.js', '.env'] });
  assert.deepEqual(sourcesOf(some), ['.env', 'service.js']);
});

test('links inside stay links, and what is no file is left out', { skip: process.platform === 'win32' }, async () => {
  using project = createTestProject({ 'data/a.txt': 'x' });
  symlinkSync('data/a.txt', join(project.folder, 'link.txt'));
  symlinkSync(join(project.folder, 'data'), join(project.folder, 'folder'));
  await using server = createServer().listen(join(project.folder, 'app.sock'));
  const { bento, read, warnings } = await buildIn(project);
  assert.ok(server.listening);
  assert.deepEqual(
    ['link.txt', 'folder'].map((name) => readlinkSync(bento.pathOf(`src/${name}`))),
    ['data/a.txt', 'data'],
  );
  assert.equal(read('src/folder/a.txt'), 'x');
  assert.match(warnings.join(), /^left out: .*app\.sock is no file/);
});

for (const [what, target] of [
  ['out of the project', '/etc/hostname'],
  ['to a folder outside', '/etc'],
  ['to what is excluded', 'secret.txt'],
] as const) {
  test(`a link that leads ${what} is refused`, { skip: process.platform === 'win32' }, async () => {
    using project = createTestProject({ 'secret.txt': 'x' });
    symlinkSync(target, join(project.folder, 'link'));
    await assert.rejects(buildIn(project, { exclude: ['secret.txt'] }), {
      code: 'BUILD_FAILED',
      message: /link is a link to .*, which does not come into the bento; put the file itself there, include/,
    });
    assert.deepEqual(project.stores.ls('bentos'), []);
    assert.deepEqual(project.stores.ls('tmp'), []);
  });
}

test('a service that cannot be imported is told with the stack of its author, and nothing is built', async () => {
  using project = createTestProject({ 'service.ts': '', 'lib/broken.ts': '\nthrow new Error("no weights");\n' });
  project.write('service.ts', `import './lib/broken.ts';\n${hello}`);
  const { end, stderr, stdout } = await project.run('build', '--verbose');
  assert.deepEqual([end, stdout], [1, '']);
  assert.match(stderr, /bento: .*service\.ts could not be loaded: no weights/);
  assert.match(stderr, /broken\.ts:2:7/);
  assert.deepEqual(project.stores.ls('bentos'), []);
});

test('two builds at once are two bentos; a version that is there is not built again', async () => {
  using project = createTestProject();
  const [one, two] = await Promise.all([buildIn(project), buildIn(project)]);
  assert.notEqual(String(one.bento.tag), String(two.bento.tag));
  const same = await Promise.allSettled([buildIn(project, { version: 'v1' }), buildIn(project, { version: 'v1' })]);
  assert.deepEqual(same.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await assert.rejects(buildIn(project, { version: 'v1' }), { code: 'STORE_ITEM_EXISTS' });
  await assert.rejects(buildIn(project, { version: 'latest' }), { code: 'TAG_INVALID' });
  await assert.rejects(buildIn(project, { name: 'not a name' }), { code: 'TAG_INVALID' });
  assert.deepEqual(project.stores.ls('tmp'), []);
});

test('models of the store lie in it under a second name, of the version that there was, and stay when the store loses them', async () => {
  using project = createTestProject({ 'service.js': withModels("{ iris: bentoModel('iris:latest') }") });
  await project.stores.models.create('iris:v1', put('one'));
  const extra = await project.stores.models.create('extra:v1', put('two'));
  const { bento, yaml } = await buildIn(project, { models: [{ tag: 'extra', alias: 'more' }] });
  assert.equal(yaml.services[0]?.models[0]?.tag, 'iris:v1');
  assert.deepEqual(yaml.models, [
    {
      tag: 'extra:v1',
      module: '',
      creation_time: extra.creationTime.toISOString().replace('Z', '000+00:00'),
      alias: 'more',
    },
  ]);
  const own = bento.pathOf('models/extra/v1/weights.bin');
  assert.equal(statSync(own).ino, statSync(extra.pathOf('weights.bin')).ino);
  await project.stores.models.delete('extra:v1');
  assert.equal(readFileSync(own, 'utf8'), 'two');
  await assert.rejects(buildIn(project, { models: ['extra'] }), { code: 'STORE_ITEM_MISSING' });
});

test('a folder with a model comes in, also if it is excluded or lies elsewhere', async () => {
  using elsewhere = createTestProject({ 'weights/a.bin': 'elsewhere' });
  const models = `{ here: localFolder('./weights'), there: localFolder(${JSON.stringify(join(elsewhere.folder, 'weights'))}) }`;
  using project = createTestProject({
    'service.js': withModels(models),
    'weights/b.bin': 'here',
    '.bentoignore': 'weights/\n',
  });
  const { bento, files } = await buildIn(project);
  assert.ok(files.has('src/weights/b.bin') && files.has('bentots/models/1/a.bin'));
  assert.ok(lstatSync(bento.pathOf('bentots/models/1/a.bin')).isFile());
});

test('flags go over what the bentofile says, and the result is printed for people, for programs and for scripts', async () => {
  using project = createTestProject({
    'bentofile.yaml': 'name: from_file\nlabels: { a: file, b: file }\nexclude: ["*.md"]\n',
    'notes.md': '',
  });
  const words = ['build', '--name', 'named', '--version', 'v1', '--label', 'a=flag', '--env', 'A=1', '--env', 'TOKEN'];
  const { end, stdout, stderr } = await project.run(...words, '-o', 'json');
  assert.equal(end, 0, stderr);
  const result = JSON.parse(stdout) as { readonly tag: string; readonly folder: string; readonly digest: string };
  assert.deepEqual([result.tag, result.folder], ['named:v1', join(project.stores.home, 'bentos/named/v1')]);
  const { record } = await project.stores.bentos.get('named:v1');
  assert.deepEqual(record.labels, { a: 'flag', b: 'file' });
  assert.deepEqual(record.document.envs, [
    { name: 'A', value: '1', stage: 'all' },
    { name: 'TOKEN', value: '', stage: 'all' },
  ]);
  const tag = await project.run('build', '-o', 'tag', '--exclude', '*.txt');
  assert.match(tag.stdout, /^__tag__:from_file:[a-z2-7]{16}\n$/);
  assert.ok(project.stores.ls(`bentos/${tag.stdout.trim().split(':').slice(1).join('/')}`).includes('src/notes.md'));
  const text = await project.run('build', 'service.js:Hello', '--version', 'v3', '--name', 'named');
  assert.match(text.stdout, /^built named:v3 in [\d.]+ s: .*\ncontent sha256:[0-9a-f]{64}\n {2}README\.md .*\n/);
  assert.match(text.stdout, /\n {2}in all +\d+ files +[\d.]+ KiB\nserve it: bento serve named:v3\n$/);
  assert.deepEqual(
    [(await project.run('build', '--label', 'x')).end, (await project.run('build', '--lable', 'x')).end],
    [1, 2],
  );
});

test('what does not fit is refused before anything is made', async () => {
  using project = createTestProject({
    'package.json': '{ "type": "module", "dependencies": { "zod": "4.0.0" } }',
    'package-lock.json': '{ "lockfileVersion": 3, "packages": { "": { "dependencies": { "zod": "3.0.0" } } } }',
    '.hidden/about.md': '',
  });
  await assert.rejects(buildIn(project), {
    code: 'LOCKFILE_MISMATCH',
    message:
      /package-lock\.json does not fit .*package\.json: it has zod for 3\.0\.0, but 4\.0\.0 is asked for; run npm install/,
  });
  project.write(
    'package-lock.json',
    '{ "lockfileVersion": 3, "packages": { "": { "dependencies": { "zod": "4.0.0" } } } }',
  );
  for (const [path, problem] of [
    ['/etc/hostname', /is an absolute path/],
    ['../outside.md', /is not in the project|leads out/],
    ['.hidden/about.md', /is hidden, or in a hidden folder/],
    ['node_modules', /is no file/],
  ] as const) {
    await assert.rejects(buildIn(project, { description: `file:${path}` }), { code: 'BUILD_FAILED', message: problem });
  }
  await assert.rejects(buildIn(project, { nmae: 'x' } as BuildOptions), {
    code: 'BENTOFILE_INVALID',
    message: 'build(): "nmae" is no option of build(); did you mean "name"?',
  });
  assert.deepEqual(project.stores.ls('bentos'), []);
  const { files } = await buildIn(project);
  assert.ok(files.has('env/node/package.json') && files.has('env/node/package-lock.json'));
});
