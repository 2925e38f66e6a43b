/** Serving bentos that were built: from the store, from a folder, where nothing is there that builds. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'bentots/build';
import { bento, urlIn } from './bento.ts';
import { createTestProject, plainHello, type TestProject } from './project.ts';
import { createHome } from './store/home.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

const buildIn = ({ folder, stores }: TestProject, options: BuildOptions = {}) =>
  build({ service: folder, home: stores.home, onWarning: () => {}, version: 'v1', ...options });

/** Serves what is built, from a folder that has nothing to do with it. */
async function serve(
  target: string,
  { stores }: TestProject,
  options: { program?: string; args?: string[]; env?: NodeJS.ProcessEnv; cwd?: string } = {},
) {
  const { program, args = [], env, cwd = stores.home } = options;
  const words = ['serve', target, '--port', '0', '--log-format', 'json', ...args];
  const running = bento(words, { cwd, env: { BENTOML_HOME: stores.home, ...env }, ...(program ? { program } : {}) });
  const url = await running.says('Ctrl-C stops it').then(urlIn, async (error: unknown) => {
    await running[Symbol.asyncDispose]();
    throw error;
  });
  const post = async (path: string, body: object = {}) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).text();
  };
  return { ...running, post, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

/** An installation of bentots without what is pruned from OCI images. */
function installPruned(folder: string): string {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'bentots'), { recursive: true });
  for (const part of ['dist', 'bin', 'package.json'])
    cpSync(join(root, part), join(modules, 'bentots', part), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const isPruned = name.startsWith('.') || ['typescript', 'tsx', 'esbuild', '@esbuild', 'bentots'].includes(name);
    if (!isPruned) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  return join(modules, 'bentots/bin/bento.js');
}

const typed = `import { api, localFolder, type Model, model, service } from 'bentots';
import { z } from 'zod';
import { Limit } from './lib/limit.ts';

const Word = z.string().min(2).transform((word) => word.toUpperCase());

@service()
export class Typed {
  @model('iris') iris!: Model;
  @model(localFolder('./weights')) weights!: string;
  /** Where the models are. */
  @api() models(): string[] { return [this.iris.pathOf('weights.bin'), this.weights]; }
  @api() count(to: number & import('bentots').Max<10>, word: z.infer<typeof Word>): string[] {
    return Array.from({ length: Math.min(to, new Limit().most) }, () => word);
  }
  @api() where(): string { return import.meta.dirname; }
  @api() fail(): void { throw new Error('on purpose'); }
}
`
  .replace('const Word', 'export const Word')
  .replace('z.infer', 'z.output');

test('a bento is served where there is no compiler, with its models, its types and the stacks of its sources', async () => {
  using project = createTestProject({
    'service.ts': typed,
    'lib/limit.ts': 'export class Limit { accessor most = 2; }\n',
    'weights/a.bin': 'a',
  });
  symlinkSync(join(root, 'node_modules/zod'), join(project.folder, 'node_modules/zod'), 'junction');
  const model = await project.stores.models.create('iris:v1', (folder) =>
    writeFileSync(join(folder, 'weights.bin'), ''),
  );
  const { bento: built } = await buildIn(project);
  await project.stores.models.delete(model.tag);
  rmSync(project.folder, { recursive: true });

  const elsewhere = join(project.stores.home, 'elsewhere');
  const program = installPruned(elsewhere);
  assert.ok(!existsSync(join(elsewhere, 'node_modules/typescript')));
  await using served = await serve('typed:v1', project, { program, cwd: elsewhere });
  assert.deepEqual(JSON.parse(await served.post('/models')), [
    built.pathOf('models/iris/v1/weights.bin'),
    built.pathOf('src/weights'),
  ]);
  assert.equal(await served.post('/count', { to: 5, word: 'ab' }), '["AB","AB"]');
  assert.match(await served.post('/count', { to: 11, word: 'ab' }), /to must be at most 10, but is 11/);
  assert.match(await served.post('/count', { to: 1, word: 'a' }), /word/);
  assert.equal(await served.post('/where'), built.pathOf('src'));
  assert.match(await served.post('/fail'), /METHOD_FAILED/);
  assert.match(await served.logs('on purpose'), /src\/service\.ts:\d+/);

  const env = { BENTOML_HOME: project.stores.home };
  await using described = bento(['schema', built.folder], { cwd: elsewhere, env, program });
  const { stdout, stderr } = await described.finished;
  assert.equal((JSON.parse(stdout) as { name: string }).name, 'Typed', stderr);
});

test('variables of a bento hold unless they are set, and secrets are kept nowhere and must be given', async () => {
  using project = createTestProject({
    'service.js': `import { defineService, secret, useArguments } from 'bentots';
const args = useArguments({ size: { enum: ['s', 'l'] }, key: secret({ type: 'string' }) });
export const Told = defineService(class Told {
  told() { return [args.size, args.key, process.env.LEVEL, process.env.PLACE, process.env.TOKEN].join(); }
}, { apis: { told: { params: {}, output: { type: 'string' } } } });
`,
  });
  const { bento: built, files } = await buildIn(project, {
    args: { size: 'l', key: 'hidden-key' },
    envs: [
      { name: 'LEVEL', value: 'info' },
      { name: 'PLACE', value: 'here', stage: 'runtime' },
      { name: 'TOKEN', secret: true },
    ],
  });
  for (const path of [...files.keys(), 'bento.yaml', 'bentots/build.json']) {
    assert.doesNotMatch(readFileSync(built.pathOf(path), 'utf8'), /hidden-key/, path);
  }
  await assert.rejects(
    serve('told:v1', project),
    /told:v1 cannot be served: it keeps no secrets, and the environment lacks TOKEN/,
  );
  const env = { TOKEN: 't', LEVEL: 'debug' };
  await assert.rejects(serve('told:v1', project, { env }), /the argument key is missing: give it with --arg key=/);
  await using served = await serve('told:v1', project, { env, args: ['--arg', 'key=k'] });
  assert.equal(await served.post('/told'), 'l,k,debug,here,t');
});

test('a bento that is deleted while it is served goes on, and says why no worker comes after one that ends', async () => {
  using project = createTestProject({
    'service.js': plainHello.replace("'Hello, ' + name", "name === 'pid' ? String(process.pid) : 'Hello, ' + name"),
  });
  await buildIn(project);
  await using served = await serve('hello', project);
  await project.stores.bentos.delete('hello:v1');
  assert.equal(await served.post('/hello', { name: 'Ada' }), 'Hello, Ada!');
  process.kill(Number(await served.post('/hello', { name: 'pid' })), 'SIGKILL');
  await served.logs('hello:v1 cannot be served: it is no longer in');
});

test('what is no bento of ours is not served, and says what it is', async () => {
  using project = createTestProject();
  project.stores.write(
    'bentos/summary/v1/bento.yaml',
    "service: service:Svc\nname: summary\nversion: v1\nbentoml_version: 1.4.39\ncreation_time: '2024-05-01T10:00:00.000000+00:00'\n",
  );
  for (const [words, message] of [
    [
      ['serve', 'summary:v1'],
      /summary:v1 cannot be served: BentoML 1\.4\.39 for Python built it, and its service service:Svc is Python; serve it with bentoml serve summary:v1/,
    ],
    [
      ['serve', 'nothing:v1'],
      /nothing:v1: there is no file or folder .*; and there is no bento nothing:v1 in .*; bento list says/,
    ],
    [['schema', './nothing'], /\.\/nothing: there is no file or folder .*nothing; check the path$/m],
  ] as const) {
    const { end, stderr } = await project.run(...words);
    assert.equal(end, 1);
    assert.match(stderr, message);
  }
  await buildIn(project, { version: 'v2' });
  const reload = await project.run('serve', 'hello:v2', '--reload');
  assert.match(reload.stderr, /reload is true, but must be left out: hello:v2 is built/);
});

test('bentos that share a model leave one copy where they are imported, and deleting one keeps it for the other', async () => {
  using project = createTestProject({
    'service.js': `import { bentoModel, defineService } from 'bentots';
export const Iris = defineService(class Iris { size() { return this.iris.pathOf('w'); } },
  { models: { iris: bentoModel('iris') }, apis: { size: { params: {}, output: { type: 'string' } } } });
`,
  });
  using other = createHome();
  await project.stores.models.create('iris:v1', (folder) => writeFileSync(join(folder, 'w'), 'x'.repeat(1000)));
  for (const version of ['v1', 'v2']) {
    await buildIn(project, { version });
    await other.bentos.import(
      await project.stores.bentos.export(`iris:${version}`, `${project.stores.home}/${version}.tar`),
    );
  }
  const weights = other.ls().filter((path) => path.endsWith('/w'));
  assert.deepEqual(weights, ['models/iris/v1/w']);
  await other.bentos.delete('iris:v1');
  await using served = await serve('iris:v2', { ...project, stores: other });
  assert.equal(await served.post('/size'), join(other.home, 'models/iris/v1/w'));
});
