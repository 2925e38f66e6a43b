import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { DecoratedService } from '../spec/decorated.ts';
import { chooseService, findTarget } from './target.ts';

/** A folder with empty files, or with the text that is given. */
function files(contents: Readonly<Record<string, string>>) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'bentots-target-')));
  for (const [name, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

for (const name of ['service.ts', 'src/service.ts', 'service.mts', 'service.js', 'src/service.js', 'service.mjs']) {
  test(`a folder is served by its ${name}`, () => {
    using made = files({ [name]: '' });
    assert.deepEqual(findTarget('.', made.folder), { file: join(made.folder, name), choice: undefined });
  });
}

test('service.ts goes before src/service.ts, and both before JavaScript', () => {
  using made = files({ 'service.js': '', 'src/service.ts': '', 'service.ts': '' });
  assert.equal(findTarget('.', made.folder).file, join(made.folder, 'service.ts'));
});

test('the key in package.json goes before the usual names, and may name a class', () => {
  using made = files({
    'package.json': '{"bentots":{"service":"lib/main.ts:Demo"}}',
    'lib/main.ts': '',
    'service.ts': '',
  });
  assert.deepEqual(findTarget('.', made.folder), { file: join(made.folder, 'lib/main.ts'), choice: 'Demo' });
  assert.equal(findTarget(`${made.folder}:Other`, '/').choice, 'Other');
});

test('a file that package.json names and that is not there is told', () => {
  using made = files({ 'package.json': '{"bentots":{"service":"gone.ts"}}' });
  assert.throws(() => findTarget('.', made.folder), {
    code: 'TARGET_MISSING',
    message: /^gone\.ts of .*: there is no file .*gone\.ts; check the path$/,
  });
});

for (const text of ['null', '{}', '{"bentots":null}', '{"bentots":{"service":null}}', '[]']) {
  test(`a package.json of ${text} names no service`, () => {
    using made = files({ 'package.json': text, 'service.ts': '' });
    assert.equal(findTarget('.', made.folder).file, join(made.folder, 'service.ts'));
  });
}

test('a package.json that is no JSON is told', () => {
  using made = files({ 'package.json': '{' });
  assert.throws(() => findTarget('.', made.folder), { code: 'BENTOFILE_INVALID', message: /it is no valid JSON/ });
});

test('bentofile.yaml names a service as a file, or as Python names modules, and goes before package.json', () => {
  for (const [named, file] of Object.entries({
    'lib/a.ts:Demo': 'lib/a.ts',
    'lib.a:Demo': 'lib/a.ts',
    'bb:Demo': 'bb.mjs',
  })) {
    using made = files({
      'bentofile.yaml': `service: "${named}"`,
      'package.json': '{"bentots":{"service":"other.ts"}}',
      'lib/a.ts': '',
      'bb.mjs': '',
      'other.ts': '',
    });
    assert.deepEqual(findTarget('.', made.folder), { file: join(made.folder, file), choice: 'Demo' });
  }
  using silent = files({
    'bentofile.yaml': 'labels: {}',
    'package.json': '{"bentots":{"service":"other.ts"}}',
    'other.ts': '',
  });
  assert.equal(findTarget('.', silent.folder).file, join(silent.folder, 'other.ts'));
});

test('a file may be followed by the class to serve', () => {
  using made = files({ 'a.ts': '' });
  for (const choice of ['Demo', '_x', '$', 'my-service.v1']) {
    assert.deepEqual(findTarget(`a.ts:${choice}`, made.folder), { file: join(made.folder, 'a.ts'), choice });
  }
});

test('a colon in the name of a file or a folder belongs to it', () => {
  using made = files({ 'odd:name/a.ts': '' });
  assert.equal(findTarget('odd:name/a.ts', made.folder).file, join(made.folder, 'odd:name/a.ts'));
  assert.deepEqual(findTarget(`${made.folder}/odd:name/a.ts:Demo`, '/').choice, 'Demo');
});

test('a file whose name ends like a class is found from the folder that it is named in', () => {
  using made = files({ 'a.ts:b.ts': '', 'a.ts': '' });
  assert.deepEqual(findTarget('a.ts:b.ts', made.folder), { file: join(made.folder, 'a.ts:b.ts'), choice: undefined });
});

test('the letter of a Windows drive is no file', () => {
  for (const text of ['C:\\x\\service.ts', 'C:/x/service.ts', 'C:service.ts']) {
    assert.throws(
      () => findTarget(text, '/'),
      (error: Error) => error.message.startsWith(`${text}: there is no file or folder`),
    );
  }
  assert.throws(() => findTarget('C:\\x\\service.ts:Demo', '/'), /C:\\x\\service\.ts; check the path$/);
});

test('a folder whose name ends like a file is a folder', () => {
  using made = files({ 'odd.ts/service.ts': '' });
  assert.equal(findTarget('odd.ts', made.folder).file, join(made.folder, 'odd.ts/service.ts'));
});

test('a folder that has the name of a service file is not taken for it', () => {
  using made = files({ 'service.ts/readme.txt': '', 'src/service.ts': '' });
  assert.equal(findTarget('.', made.folder).file, join(made.folder, 'src/service.ts'));
});

test('a folder that package.json names is told to be no file', () => {
  using made = files({ 'package.json': '{"bentots":{"service":"odd.ts"}}', 'odd.ts/x': '' });
  assert.throws(() => findTarget('.', made.folder), { code: 'TARGET_MISSING' });
});

test('a file that is no source is refused', () => {
  using made = files({ 'notes.txt': '', 'a.tsx': '', 'a.cjs': '' });
  assert.throws(() => findTarget('notes.txt', made.folder), /is no TypeScript or JavaScript file/);
  assert.deepEqual(
    ['a.tsx', 'a.cjs'].map((name) => findTarget(name, made.folder).file),
    ['a.tsx', 'a.cjs'].map((name) => join(made.folder, name)),
  );
});

const service = (className: string, exportName = className, options = {}): DecoratedService => ({
  className,
  exportName,
  options,
  apis: [],
  models: [],
  startupHooks: [],
  shutdownHooks: [],
  aliveHooks: [],
  readyHooks: [],
  arguments: [],
  deploymentHooks: [],
});
const choose = (choice: string | undefined, ...services: DecoratedService[]) =>
  chooseService({ file: 'a.ts', choice }, services);

test('the only service of a file needs no name', () => {
  assert.equal(choose(undefined, service('A')).className, 'A');
});

test('a service is chosen by its class, its export or its name', () => {
  const services = [service('A'), service('B', 'default', { name: 'second' })];
  assert.deepEqual(
    ['A', 'B', 'default', 'second'].map((choice) => choose(choice, ...services).className),
    ['A', 'B', 'B', 'B'],
  );
});

test('of several services one has to be chosen, and a wrong choice lists them', () => {
  const services = [service('A'), service('', 'default')];
  assert.throws(() => choose(undefined, ...services), {
    code: 'SERVICE_AMBIGUOUS',
    message: 'a.ts has several services: A, default; choose one, for example a.ts:A',
  });
  assert.throws(() => choose('C', ...services), { code: 'SERVICE_MISSING', message: /it has A, default, not C$/ });
  assert.throws(() => choose('C'), /put @service\(\) on a class and export it$/);
});
