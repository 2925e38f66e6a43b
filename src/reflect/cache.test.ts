/** What reflection remembers, and when that no longer holds. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { cacheFileFor, loadCached, saveCache } from './cache.ts';
import { isTrusted, openCacheFolder } from './cache-folder.ts';
import { createProject, type Project, serviceOf } from './reflect.fixture.ts';
import { type Reflection, reflect } from './reflect.ts';

const files = {
  'service.ts': `import type { Item } from './item.ts';\n${serviceOf('@api m(item: Item): void {}')}`,
  'item.ts': 'export interface Item { id: string }',
  'tsconfig.json': '{ "extends": "./base.json" }',
  'base.json': '{ "compilerOptions": { "lib": ["esnext"], "types": [] } }',
  'package-lock.json': '{}',
};

/** Reflected once for all tests: each project gets the answer as its own. */
const template = await (async () => {
  using project = createProject(files);
  return { folder: project.folder, reflection: await reflect(project.path('service.ts')) };
})();

function cachedProject(): Project & { readonly entry: string; readonly reflection: Reflection } {
  const project = createProject(files);
  const moved = JSON.stringify(template.reflection).replaceAll(template.folder, project.folder);
  const reflection = JSON.parse(moved) as Reflection; // the template with other paths
  const entry = project.path('service.ts');
  assert.ok(saveCache(cacheFileFor(entry), reflection));
  return { ...project, entry, reflection };
}

test('what was saved is loaded while nothing has changed', async () => {
  using project = cachedProject();
  assert.deepEqual(await loadCached(project.entry), project.reflection.module);
  assert.match(cacheFileFor(project.entry), /node_modules\/\.cache\/bentots\/types-service\.ts-[0-9a-f]{16}\.json$/);
});

test('a file without a cache has none', async () => {
  using project = createProject(files);
  assert.equal(await loadCached(project.path('service.ts')), undefined);
});

const changes: readonly (readonly [what: string, change: (project: Project) => void])[] = [
  ['the entry file is edited', (project) => project.write('service.ts', `${files['service.ts']}\n`)],
  ['an imported file is edited', (project) => project.write('item.ts', 'export interface Item { id: number }')],
  ['an imported file is deleted', (project) => rmSync(project.path('item.ts'))],
  [
    'an imported file becomes a folder',
    (project) => {
      rmSync(project.path('item.ts'));
      mkdirSync(project.path('item.ts'));
    },
  ],
  ['the tsconfig is edited', (project) => project.write('tsconfig.json', '{}')],
  ['a file that the tsconfig extends is edited', (project) => project.write('base.json', '{}')],
  ['the tsconfig is deleted', (project) => rmSync(project.path('tsconfig.json'))],
  ['the lockfile is edited', (project) => project.write('package-lock.json', '{ }')],
  ['the lockfile is deleted', (project) => rmSync(project.path('package-lock.json'))],
  [
    'a lockfile of another package manager takes its place',
    (project) => {
      rmSync(project.path('package-lock.json'));
      project.write('yarn.lock', '{}');
    },
  ],
];

for (const [what, change] of changes) {
  test(`the cache no longer holds when ${what}`, async () => {
    using project = cachedProject();
    change(project);
    assert.equal(await loadCached(project.entry), undefined);
  });
}

test('the cache no longer holds when a nearer tsconfig appears', async () => {
  using project = createProject({ 'src/service.ts': serviceOf('@api m(): void {}') });
  const entry = project.path('src/service.ts');
  saveCache(cacheFileFor(entry), await reflect(entry));
  assert.ok(await loadCached(entry));
  project.write('src/tsconfig.json', '{}');
  assert.equal(await loadCached(entry), undefined);
});

const edits: readonly (readonly [what: string, edit: (text: string) => string])[] = [
  ['is empty', () => ''],
  ['is cut short', (text) => text.slice(0, -20)],
  ['is not JSON', () => 'hello'],
  ['is null', () => 'null'],
  ['is a list', () => '[]'],
  ['is of another format', (text) => text.replace(/"format":\d+/, '"format":0')],
  ['is of another version of bentots', (text) => text.replace(/"bentots":"[^"]*"/, '"bentots":"0.0.0"')],
  ['is of another version of TypeScript', (text) => text.replace(/"typescript":"[^"]*"/, '"typescript":"0.0.0"')],
  ['has an edited schema', (text) => text.replace('"takesContext":false', '"takesContext":true')],
  ['has no sources', (text) => text.replace(/"sources":\[.*?\]/, '"sources":[]')],
  ['has sources that are no list', (text) => text.replace(/"sources":\[.*?\]/, '"sources":{"length":1}')],
  ['names a source that is no file', (text) => text.replace(/"file":"[^"]*item\.ts"/, '"file":"/dev/zero"')],
  ['has a module without services', (text) => text.replace('"services":', '"servants":')],
  ['has a module of nothing', (text) => text.replace(/"module":.*$/, '"module":null}')],
];

for (const [what, edit] of edits) {
  test(`a cache that ${what} counts as none`, async () => {
    using project = cachedProject();
    const cacheFile = cacheFileFor(project.entry);
    const before = readFileSync(cacheFile, 'utf8');
    assert.notEqual(edit(before), before);
    writeFileSync(cacheFile, edit(before));
    assert.equal(await loadCached(project.entry), undefined);
  });
}

test('a cache that is nested deeper than the stack counts as none', async () => {
  using project = cachedProject();
  const text = readFileSync(cacheFileFor(project.entry), 'utf8');
  const deep = `{"a":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`;
  writeFileSync(cacheFileFor(project.entry), text.replace(/"output":\{[^{}]*\}/, `"output":${deep}`));
  assert.equal(await loadCached(project.entry), undefined);
});

test('a schema with a property named __proto__ comes back as it was', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(a: { __proto__: string }): void {}') });
  const entry = project.path('service.ts');
  const reflection = await reflect(entry);
  saveCache(cacheFileFor(entry), reflection);
  assert.equal(JSON.stringify(await loadCached(entry)), JSON.stringify(reflection.module));
});

test('a cache of another file counts as none', async () => {
  using project = cachedProject();
  using other = createProject(files);
  mkdirSync(dirname(cacheFileFor(other.path('service.ts'))), { recursive: true });
  writeFileSync(cacheFileFor(other.path('service.ts')), readFileSync(cacheFileFor(project.entry)));
  assert.equal(await loadCached(other.path('service.ts')), undefined);
});

test('a folder in the place of the cache counts as none, and cannot be saved over', async () => {
  using project = cachedProject();
  rmSync(cacheFileFor(project.entry));
  mkdirSync(cacheFileFor(project.entry));
  assert.equal(await loadCached(project.entry), undefined);
  assert.equal(saveCache(cacheFileFor(project.entry), project.reflection), false);
  assert.deepEqual(
    readdirSync(dirname(cacheFileFor(project.entry))).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test('where the folder cannot be made, nothing is saved and nothing thrown', () => {
  using project = createProject(files);
  project.write('node_modules/.cache', 'a file, not a folder');
  const moved = { ...template.reflection, module: { ...template.reflection.module, file: project.path('service.ts') } };
  assert.equal(saveCache(cacheFileFor(project.path('service.ts')), moved), false);
});

test('a file outside of packages is remembered in a folder of the user', () => {
  const file = join(tmpdir(), 'no-package-here.ts');
  assert.equal(dirname(cacheFileFor(file)), join(tmpdir(), `bentots-${process.getuid?.() ?? 'user'}`));
});

test('in a shared place a link, a file or an open folder is not trusted', () => {
  const place = mkdtempSync(join(tmpdir(), 'bentots-shared-'));
  try {
    const at = (name: string) => ({ path: join(place, name), isInSharedPlace: true });
    assert.ok(openCacheFolder(at('mine')));
    symlinkSync(at('mine').path, at('link').path);
    writeFileSync(at('file').path, '', { mode: 0o600 });
    mkdirSync(at('open').path);
    chmodSync(at('open').path, 0o777);
    assert.deepEqual(
      ['mine', 'link', 'file', 'open', 'gone'].map((name) => isTrusted(at(name))),
      [true, false, false, false, false],
    );
    assert.equal(openCacheFolder(at('open')), false);
    assert.equal(openCacheFolder(at('link')), false);
  } finally {
    rmSync(place, { recursive: true });
  }
});
