import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openRunFolder } from './run-folder.ts';

const posix = { skip: process.platform === 'win32' };

function createHome() {
  const folder = mkdtempSync(join(tmpdir(), 'bentots-home-'));
  return { folder, run: join(folder, 'run'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test('the folder is made for its user alone, whatever the umask', posix, () => {
  using home = createHome();
  const before = process.umask(0);
  const { path } = openRunFolder(home.folder).create(3000);
  process.umask(before);
  assert.deepEqual([dirname(path), statSync(home.run).mode & 0o777], [home.run, 0o700]);
});

test('two sockets at one port have two names', posix, () => {
  using home = createHome();
  const folder = openRunFolder(home.folder);
  assert.notEqual(folder.create(3000).path, folder.create(3000).path);
});

test('what is listed are sockets by their names; those of other machines are told apart', posix, () => {
  using home = createHome();
  const folder = openRunFolder(home.folder);
  const own = folder.create(3000);
  writeFileSync(own.path, '');
  for (const name of ['abcdef-8080-01234567.sock', 'notes.txt', 'abcdef-8080-01234567.new', 'x-1-2.sock'])
    writeFileSync(join(home.run, name), '');
  const listed = folder.list().map(({ port, isLocal }) => [port, isLocal]);
  assert.deepEqual(new Set(listed.map(String)), new Set(['3000,true', '8080,false']));
  assert.equal(listed.length, 2);
});

test('where there is no folder nothing is listed, and none is made', posix, () => {
  using home = createHome();
  assert.deepEqual(openRunFolder(home.folder).list(), []);
  assert.equal(statSync(home.run, { throwIfNoEntry: false }), undefined);
});

const suspicious: { readonly [what: string]: (run: string) => void } = {
  'a folder that others can read': (run) => mkdirSync(run, { mode: 0o755 }),
  'a folder that a group can write': (run) => {
    mkdirSync(run);
    chmodSync(run, 0o770);
  },
  'a link to a folder of its user': (run) => {
    mkdirSync(`${run}-elsewhere`, { mode: 0o700 });
    symlinkSync(`${run}-elsewhere`, run);
  },
  'a file': (run) => writeFileSync(run, ''),
};
for (const [what, make] of Object.entries(suspicious)) {
  test(`${what} is not used`, posix, () => {
    using home = createHome();
    make(home.run);
    const folder = openRunFolder(home.folder);
    assert.throws(() => folder.create(3000), { code: 'CONTROL_UNAVAILABLE' });
    assert.throws(() => folder.list(), { code: 'CONTROL_UNAVAILABLE' });
  });
}

test('a path that is too long for a socket leads to the folder for temporary files', posix, () => {
  using home = createHome();
  const { path } = openRunFolder(join(home.folder, 'x'.repeat(100))).create(65_535);
  assert.ok(path.startsWith(join(tmpdir(), 'bentots-')) && Buffer.byteLength(path) <= 103, path);
  rmSync(dirname(path), { recursive: true });
});
