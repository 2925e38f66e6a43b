/** The border between reflection and the compiler. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createProject } from './reflect.fixture.ts';
import { openProgram } from './typescript-6.ts';

test('the compiler is reached through at most 15 calls', () => {
  using project = createProject({ 'a.ts': 'export const a = 1;' });
  const compiler = openProgram({
    file: project.path('a.ts'),
    tsconfig: undefined,
    conditions: [],
    hasAllGlobals: false,
    packageOf: () => '',
  });
  assert.ok(Object.keys(compiler).length <= 15, `it has ${Object.keys(compiler).length}`);
});

test('only the files of TypeScript 6 import the compiler', () => {
  const folder = new URL('.', import.meta.url);
  const importers = readdirSync(folder).filter((name) =>
    /from 'typescript'/.test(readFileSync(new URL(name, folder), 'utf8')),
  );
  const strangers = importers.filter((name) => !name.startsWith('typescript-6') && name !== 'compiler.test.ts');
  assert.deepEqual(strangers, []);
});
