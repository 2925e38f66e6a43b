/** Which files near a source hold for it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { createProject } from './reflect.fixture.ts';
import { findLockfile, findTsconfig } from './tsconfig.ts';

test('the nearest tsconfig from the file upward holds', () => {
  using project = createProject({ 'a/tsconfig.json': '{}', 'a/b/service.ts': '', 'c/service.ts': '' });
  assert.equal(findTsconfig(project.path('a/b/service.ts')), project.path('a/tsconfig.json'));
  assert.equal(findTsconfig(project.path('c/service.ts')), project.path('tsconfig.json'));
});

test('a folder named tsconfig.json is passed over', () => {
  using project = createProject({ 'a/service.ts': '' });
  mkdirSync(project.path('a/tsconfig.json'));
  assert.equal(findTsconfig(project.path('a/service.ts')), project.path('tsconfig.json'));
});

test('the nearest lockfile of any package manager holds', () => {
  using project = createProject({
    'package-lock.json': '{}',
    'a/yarn.lock': '',
    'a/b/service.ts': '',
    'c/service.ts': '',
  });
  assert.equal(findLockfile(project.path('a/b/service.ts')), project.path('a/yarn.lock'));
  assert.equal(findLockfile(project.path('c/service.ts')), project.path('package-lock.json'));
});
