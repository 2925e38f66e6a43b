import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { localFolder, localFolderKind } from './local-folder.ts';
import { npmPackage, npmPackageKind } from './npm-package.ts';

let folder = '';
before(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-models-')));
  mkdirSync(join(folder, 'weights'));
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  writeFileSync(join(folder, 'file'), '');
  for (const name of ['plain', '@scope/scoped']) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), '{"exports":{}}');
  }
  mkdirSync(join(folder, 'node_modules/empty'));
  symlinkSync(join(folder, 'node_modules/plain'), join(folder, 'node_modules/linked'), 'junction');
});
after(() => rmSync(folder, { recursive: true }));

test('a relative folder starts at the served file, an absolute one and a URL at themselves', async () => {
  const place = { folder: join(folder, 'deep') };
  const weights = join(folder, 'weights');
  for (const path of ['../weights', weights, pathToFileURL(weights)]) {
    assert.equal(await localFolder(path).resolve(place), weights);
    assert.equal(localFolder(path).find(place), weights);
  }
});

test('a folder that is missing, or is a file, is named with what to do', async () => {
  for (const path of ['./nowhere', './file', './file/below']) {
    await assert.rejects(localFolder(path).resolve({ folder }), {
      message: `there is no folder ${join(folder, path)}; put the model there or change the path`,
    });
    assert.equal(localFolder(path).find({ folder }), undefined);
  }
});

test('a folder has to be named by a path, or by a URL of a file', () => {
  for (const path of ['', undefined, null, 5, {}]) assert.throws(() => localFolder(path as string), TypeError);
  assert.throws(() => localFolder(new URL('https://example.com/weights')), TypeError);
});

test('a package is found in its folder, from any folder below, whatever it exports', async () => {
  for (const name of ['plain', '@scope/scoped']) {
    const place = { folder: join(folder, 'deep/er') };
    assert.equal(await npmPackage(name).resolve(place), join(folder, 'node_modules', name));
    assert.equal(npmPackage(name).find(place), join(folder, 'node_modules', name));
  }
});

test('a package that is a link is found where it really lies', async () => {
  assert.equal(await npmPackage('linked').resolve({ folder }), join(folder, 'node_modules/plain'));
});

test('a package that is not installed, or is an empty folder, is named with the command that installs it', async () => {
  for (const name of ['absent', 'empty', '@scope/absent']) {
    await assert.rejects(npmPackage(name).resolve({ folder }), {
      message: `the npm package ${name} is not installed; run: npm install ${name}`,
    });
    assert.equal(npmPackage(name).find({ folder }), undefined);
  }
});

for (const name of [
  '../x',
  '..',
  '.',
  './x',
  '/etc',
  'a/b',
  '@a/../b',
  '@../a',
  '@a/..',
  '@a',
  '@/a',
  'a\\..\\b',
  'C:\\x',
  'a b',
  'a;b',
  'A',
  'a\n',
  '',
  '$(x)',
  'file:x',
]) {
  test(`${JSON.stringify(name)} is no name of a package`, () => {
    assert.throws(() => npmPackage(name), /is no name of an npm package/);
  });
}

test('a name that is no text is no name of a package', () => {
  for (const name of [undefined, null, 5, ['a']])
    assert.throws(() => npmPackage(name as never), TypeError, String(name));
});

test('a reference can be made again from what it says of itself', async () => {
  const local = localFolderKind.fromInfo(JSON.parse(JSON.stringify(localFolder('./weights').toInfo())));
  assert.equal(await local.resolve({ folder }), join(folder, 'weights'));
  const installed = npmPackageKind.fromInfo(JSON.parse(JSON.stringify(npmPackage('plain').toInfo())));
  assert.equal(await installed.resolve({ folder }), join(folder, 'node_modules/plain'));
});

test('what is no reference of its kind is refused', () => {
  for (const info of [{ kind: 'localFolder' }, { kind: 'localFolder', path: 5 }]) {
    assert.throws(() => localFolderKind.fromInfo(info), TypeError);
  }
  for (const info of [{ kind: 'npmPackage' }, { kind: 'npmPackage', name: '../x' }]) {
    assert.throws(() => npmPackageKind.fromInfo(info), TypeError);
  }
});
