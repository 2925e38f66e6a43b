import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { createProject } from './project.fixture.ts';
import { createFileSelection, type SelectionRules } from './select-files.ts';

/** What is taken of a project with these files, by name. */
async function selected(files: readonly string[] | Record<string, string>, rules: Partial<SelectionRules>) {
  using project = createProject(Array.isArray(files) ? Object.fromEntries(files.map((name) => [name, ''])) : files);
  const selection = createFileSelection(project.folder, { include: ['*'], exclude: [], ...rules });
  const found = await selection.list();
  for (const file of found) assert.ok(selection.takes(file), file);
  return found.map((file) => relative(project.folder, file));
}

test('patterns are those of .gitignore: anchored, for folders, with stars and exceptions', async () => {
  const files = ['a.txt', 'b/a.txt', 'data/x.csv', 'data/deep/y.csv', 'data/deep/z.bin', 'other/data/w.csv'];
  const cases: readonly (readonly [string[], string[]])[] = [
    [['a.txt'], ['a.txt', 'b/a.txt']],
    [['/a.txt'], ['a.txt']],
    [['data/'], ['data/deep/y.csv', 'data/deep/z.bin', 'data/x.csv', 'other/data/w.csv']],
    [['/data/*.csv'], ['data/x.csv']],
    [['data/**/*.csv'], ['data/deep/y.csv', 'data/x.csv']],
    [
      ['*.csv', '!y.csv'],
      ['data/x.csv', 'other/data/w.csv'],
    ],
    [[], []],
  ];
  for (const [include, expected] of cases)
    assert.deepEqual(await selected(files, { include }), expected, String(include));
});

test('letters are told apart by their case, as git does', async () => {
  assert.deepEqual(await selected(['README.md', 'readme.txt'], { include: ['readme*'] }), ['readme.txt']);
});

test('exclude takes away from include, and nothing brings back what it took', async () => {
  const files = ['data/a.csv', 'data/raw/b.csv', 'data/raw/c.csv'];
  assert.deepEqual(await selected(files, { include: ['data/', '!x'], exclude: ['raw/'] }), ['data/a.csv']);
  assert.deepEqual(await selected(files, { exclude: ['data/raw/*', '!data/raw/c.csv'] }), [
    'data/a.csv',
    'data/raw/c.csv',
  ]);
});

test('what never belongs to a bento is not taken', async () => {
  const files = ['.git/HEAD', '.venv/x', 'venv/x', 'a/__pycache__/x', 'a/.DS_Store', 'a/node_modules/p/i.js', 'a/x.ts'];
  assert.deepEqual(await selected(files, {}), ['a/x.ts']);
});

test('a .bentoignore holds for its folder and below, not for siblings', async () => {
  const files = {
    '.bentoignore': '# secrets\n*.key\r\n/top.txt\n',
    'top.txt': '',
    'a.key': '',
    'one/.bentoignore': 'notes/\n!b.key\n',
    'one/b.key': '',
    'one/notes/n.txt': '',
    'one/top.txt': '',
    'two/notes/n.txt': '',
  };
  assert.deepEqual(await selected(files, {}), ['.bentoignore', 'one/.bentoignore', 'one/top.txt', 'two/notes/n.txt']);
});

test('links to files are taken, links to folders are not followed, and a link to itself is no file', async () => {
  using project = createProject({ 'real/a.txt': '' });
  symlinkSync(join(project.folder, 'real/a.txt'), join(project.folder, 'link.txt'));
  symlinkSync(join(project.folder, 'real'), join(project.folder, 'folder'));
  symlinkSync(join(project.folder, 'self'), join(project.folder, 'self'));
  const selection = createFileSelection(project.folder, { include: ['*'], exclude: [] });
  assert.deepEqual(
    (await selection.list()).map((file) => relative(project.folder, file)),
    ['link.txt', 'real/a.txt'],
  );
});

test('folders are named before they are read, and those that are left out are not', async () => {
  using project = createProject({ 'a/b/x': '', 'out/x': '', '.git/x': '' });
  mkdirSync(join(project.folder, 'empty'));
  const folders: string[] = [];
  const selection = createFileSelection(project.folder, { include: ['*'], exclude: ['out/'] });
  await selection.list((folder) => folders.push(relative(project.folder, folder)));
  assert.deepEqual(folders, ['', 'a', 'a/b', 'empty']);
  assert.deepEqual(
    ['a', 'out', '.git', '..'].map((name) => selection.looksInto(join(project.folder, name))),
    [true, false, false, false],
  );
});

test('a path outside of the project is not taken', () => {
  using project = createProject({});
  const selection = createFileSelection(project.folder, { include: ['*'], exclude: [] });
  assert.deepEqual(
    [join(project.folder, '../x'), project.folder, '/x', join(project.folder, '..x')].map(selection.takes),
    [false, false, false, true],
  );
});
