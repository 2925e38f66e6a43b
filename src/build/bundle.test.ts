import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { bundle } from './bundle.ts';

/** A project in a workspace, and a place for its bento. */
function createWorkspace(files: Readonly<Record<string, string>>) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots bundle ')));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const project = join(folder, 'project');
  const load = async (entries: Readonly<Record<string, string>>) => {
    const absolute = Object.entries(entries).map(([name, path]) => [name, join(project, path)]);
    const found = await bundle({
      folder: project,
      entries: Object.fromEntries(absolute),
      tsconfig: join(project, 'tsconfig.json'),
    });
    mkdirSync(join(folder, 'bento/bentots'), { recursive: true });
    for (const { name, contents } of found) writeFileSync(join(folder, 'bento/bentots', name), contents);
    const [first] = Object.keys(entries);
    return { found, module: await import(pathToFileURL(join(folder, `bento/bentots/${first}.mjs`)).href) };
  };
  return { folder, project, load, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const files = {
  'shared/package.json': '{ "name": "@a/shared", "exports": "./index.ts" }',
  'shared/index.ts': 'export const shared: number = 5;',
  'bento/node_modules/words/package.json': '{ "name": "words", "main": "index.js" }',
  'bento/node_modules/words/index.js': "exports.word = 'of the bento';",
  'project/node_modules/words/package.json': '{ "name": "words", "main": "index.js" }',
  'project/node_modules/words/index.js': "exports.word = 'of the project';",
  'project/package.json': '{ "type": "module", "imports": { "#place": "./lib/place #1.ts" } }',
  'project/tsconfig.json': '{ "compilerOptions": { "paths": { "@/*": ["./lib/*"] } } }',
  'project/lib/place #1.ts': 'export const place = [import.meta.url, import.meta.dirname, import.meta.filename];',
  'project/lib/old.cjs': "exports.place = __dirname; exports.word = require('words').word;",
};

test('a bundle has the modules of the project and of its workspace, and finds packages where it runs', async () => {
  using workspace = createWorkspace({
    ...files,
    'project/service.ts': `#!/usr/bin/env node
import { createRequire } from 'node:module';
import { shared } from '@a/shared';
import { place } from '#place';
import old from '@/old.cjs';
import { word } from 'words';
const require = createRequire(import.meta.url);
export const optional = await import('not-there').catch(() => 'left out');
export class Named { static own = Named.name; accessor kept = 1; }
export const all = { shared, place, old, word, own: Named.own, required: typeof require('node:path').join };
`,
    'project/schemas.ts': "import { all } from './service.ts'; export const same = all;",
  });
  mkdirSync(join(workspace.project, 'node_modules/@a'));
  symlinkSync(join(workspace.folder, 'shared'), join(workspace.project, 'node_modules/@a/shared'), 'junction');
  const { module, found } = await workspace.load({ service: 'service.ts', schemas: 'schemas.ts' });
  const source = join(workspace.folder, 'bento/src');
  const file = join(source, 'lib/place #1.ts');
  assert.deepEqual(module.all, {
    shared: 5,
    place: [pathToFileURL(file).href, join(source, 'lib'), file],
    old: { place: join(source, 'lib'), word: 'of the bento' },
    word: 'of the bento',
    own: 'Named',
    required: 'function',
  });
  assert.equal(module.optional, 'left out');
  const other = await import(pathToFileURL(join(workspace.folder, 'bento/bentots/schemas.mjs')).href);
  assert.equal(other.same, module.all, 'two entries share what both import');
  const sources = found
    .filter(({ name }) => name.endsWith('.map'))
    .flatMap(({ contents }) => (JSON.parse(Buffer.from(contents).toString()) as { sources: string[] }).sources);
  assert.deepEqual(
    [...new Set(sources)].sort(),
    [
      '../src/lib/old.cjs',
      '../src/lib/place %231.ts',
      '../src/outside/shared/index.ts',
      '../src/schemas.ts',
      '../src/service.ts',
    ].sort(),
  );
});

test('what cannot be bundled is told with file and line', async () => {
  using workspace = createWorkspace({ ...files, 'project/service.ts': "\nimport './gone.ts';\n" });
  await assert.rejects(workspace.load({ service: 'service.ts' }), {
    code: 'BUILD_FAILED',
    message: /project\/service\.ts:2:8: Could not resolve "\.\/gone\.ts"/,
  });
});
