import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { importPeer } from './peer.ts';

test('a package that is not installed is named with the line that installs it', async () => {
  const name: string = 'no-such-package';
  await assert.rejects(
    importPeer(name, 'the loader onnx(…)', () => import(name)),
    {
      code: 'PEER_MISSING',
      message:
        'the loader onnx(…) needs the package no-such-package, which is not installed; run: npm install no-such-package',
    },
  );
});

test('a package that is there, but cannot be loaded, says itself why', async () => {
  const other: string = 'no-such-dependency';
  await assert.rejects(
    importPeer('no-such-package', 'it', () => import(other)),
    { code: 'ERR_MODULE_NOT_FOUND' },
  );
  const broken = new Error('no such GPU');
  await assert.rejects(
    importPeer('no-such-package', 'it', () => Promise.reject(broken)),
    broken,
  );
});

test('a package that is there is given', async () => {
  assert.equal((await importPeer('node:path', 'it', () => import('node:path'))).sep.length, 1);
});

test('a package that only the project in the working folder has is given, too', async () => {
  const project = mkdtempSync(join(tmpdir(), 'bentots-peer-'));
  const before = process.cwd();
  try {
    mkdirSync(join(project, 'node_modules/no-such-package'), { recursive: true });
    writeFileSync(join(project, 'node_modules/no-such-package/index.js'), 'exports.found = true;');
    process.chdir(project);
    const name: string = 'no-such-package';
    assert.equal((await importPeer<{ found: boolean }>(name, 'it', () => import(name))).found, true);
  } finally {
    process.chdir(before);
    rmSync(project, { recursive: true });
  }
});
