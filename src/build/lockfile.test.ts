import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { findLockedPackages } from './lockfile.ts';
import { createProject } from './project.fixture.ts';

const manifest = (dependencies: object, more: object = {}) => JSON.stringify({ name: 'a', dependencies, ...more });
const refuse = (message: string) => assert.fail(message);
const npm = (wanted: object, more: object = {}) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: wanted }, ...more } });

const locks = {
  'package-lock.json': npm({ zod: '^4.0.0' }),
  'npm-shrinkwrap.json': npm({ zod: '^4.0.0' }),
  'pnpm-lock.yaml':
    "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      zod:\n        specifier: ^4.0.0\n        version: 4.6.7\n",
  'yarn.lock': '# yarn lockfile v1\n\n"zod@>=3", zod@^4.0.0:\n  version "4.6.7"\n',
};

for (const [name, text] of Object.entries(locks)) {
  test(`${name} goes along if it is of what package.json asks for, and is refused if it is not`, () => {
    using project = createProject({ 'package.json': manifest({ zod: '^4.0.0' }), [name]: text });
    const { manager: _, ...found } = findLockedPackages(project.folder, refuse) ?? assert.fail('none is found');
    assert.deepEqual(found, {
      root: project.folder,
      lockfile: name,
      files: [name, 'package.json'].sort(),
      project: '',
    });
    project.write('package.json', manifest({ zod: '^4.1.0' }));
    assert.throws(() => findLockedPackages(project.folder, refuse), {
      code: 'LOCKFILE_MISMATCH',
      message:
        /package\.json: it has (?:zod for \^4\.0\.0, but|no zod@)\^?.*\^?4\.1\.0.* asked for; run \w+ install, and build again$/,
    });
    project.write('package.json', manifest({ zod: '^4.0.0', more: '1' }));
    assert.throws(() => findLockedPackages(project.folder, refuse), {
      code: 'LOCKFILE_MISMATCH',
      message: /it has no more/,
    });
  });
}

test('older forms of pnpm and newer ones of yarn are read, too', () => {
  for (const [name, text] of [
    ['pnpm-lock.yaml', 'lockfileVersion: 5.4\nspecifiers:\n  zod: ^4.0.0\ndependencies:\n  zod: 4.6.7\n'],
    ['pnpm-lock.yaml', "lockfileVersion: '6.0'\ndependencies:\n  zod:\n    specifier: ^4.0.0\n    version: 4.6.7\n"],
    [
      'yarn.lock',
      '__metadata:\n  version: 8\n\n"a@workspace:.":\n  version: 0\n\n"zod@npm:^4.0.0":\n  version: 4.6.7\n',
    ],
  ] as const) {
    using project = createProject({ 'package.json': manifest({ zod: '^4.0.0' }), [name]: text });
    assert.equal(findLockedPackages(project.folder, refuse)?.lockfile, name);
  }
});

test('what a package.json no longer asks for is a mismatch', () => {
  using project = createProject({ 'package.json': manifest({}), 'package-lock.json': npm({ zod: '^4.0.0' }) });
  assert.throws(() => findLockedPackages(project.folder, refuse), /it has zod, which is no longer asked for/);
});

test('a package of a workspace has the lockfile of the whole, with the manifests of all', () => {
  using project = createProject({
    'package.json': manifest({}, { workspaces: ['packages/*'] }),
    'package-lock.json': npm(
      {},
      { 'packages/a': { dependencies: { zod: '1' } }, 'packages/b': {}, 'node_modules/zod': {} },
    ),
    'packages/a/package.json': manifest({ zod: '1' }),
    'packages/b/package.json': '{}',
    'packages/c/package.json': manifest({ zod: '1' }),
  });
  const found = findLockedPackages(join(project.folder, 'packages/a'), refuse);
  const files = ['package-lock.json', 'package.json', 'packages/a/package.json', 'packages/b/package.json'];
  assert.deepEqual([found?.root, found?.project, found?.files], [project.folder, 'packages/a', files]);
  const warnings: string[] = [];
  assert.equal(
    findLockedPackages(join(project.folder, 'packages/c'), (message) => warnings.push(message)),
    undefined,
  );
  assert.match(
    warnings.join(),
    /^the version of one package is not fixed, since .*package-lock\.json is not of this project/,
  );
});

test('packages without a lockfile that is read are told', () => {
  for (const [files, message] of [
    [{}, /the versions of 2 packages are not fixed, since there is no lockfile; run npm install/],
    [{ 'bun.lock': '' }, /not fixed, since bun\.lock is not read here/],
  ] as const) {
    using project = createProject({ 'package.json': manifest({ zod: '1', ajv: '8' }), ...files });
    const warnings: string[] = [];
    assert.equal(
      findLockedPackages(project.folder, (text) => warnings.push(text)),
      undefined,
    );
    assert.match(warnings.join(), message);
  }
  using silent = createProject({});
  assert.equal(findLockedPackages(silent.folder, refuse), undefined);
});

test('a lockfile or a manifest that cannot be read is told by its name', () => {
  using project = createProject({ 'package.json': manifest({ zod: '1' }), 'package-lock.json': '{' });
  assert.throws(() => findLockedPackages(project.folder, refuse), {
    code: 'BUILD_FAILED',
    message: /package-lock\.json cannot be read/,
  });
});
