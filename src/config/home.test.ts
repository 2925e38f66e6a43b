import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { findHome } from './home.ts';

for (const [given, expected] of [
  [undefined, join(homedir(), 'bentoml')],
  ['', join(homedir(), 'bentoml')],
  ['/data/bentoml', resolve('/data/bentoml')],
  ['~', homedir()],
  ['~/models', join(homedir(), 'models')],
  ['~other/models', resolve('~other/models')],
  ['$DISK/a', resolve('/mnt/a')],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a user writes
  ['/x/${DISK}_/a', resolve('/x/mnt_/a')],
  ['$NESTED', join(homedir(), 'mnt')],
  ['$MISSING/a', resolve('$MISSING/a')],
  ['relative', resolve('relative')],
] as const) {
  test(`BENTOML_HOME ${given} is ${expected}`, () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is what a user writes
    const environment = { BENTOML_HOME: given, DISK: given?.includes('{') ? 'mnt' : '/mnt', NESTED: '~${DISK}' };
    assert.equal(findHome(environment), expected);
  });
}

test('a variable that names itself ends', () => {
  assert.equal(findHome({ BENTOML_HOME: '/$A', A: '$A' }), resolve('/$A'));
  assert.match(findHome({ BENTOML_HOME: '/$A', A: 'x$A' }), /^\/x+\$A$/);
});
