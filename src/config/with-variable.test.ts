import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withVariable } from './with-variable.ts';

const name = 'BENTOTS_TEST_VARIABLE';
const read = () => process.env[name];

test('a variable holds during the call, and then is what it was', () => {
  assert.equal(
    withVariable(name, 'outer', () => `${withVariable(name, 'inner', read)} ${read()}`),
    'inner outer',
  );
  assert.equal(Object.hasOwn(process.env, name), false);
});

test('a call that throws leaves no variable behind', () => {
  const fail = () => {
    throw new RangeError('x');
  };
  assert.throws(() => withVariable(name, 'a', fail), RangeError);
  assert.equal(read(), undefined);
});

test('without a value the environment stays as it is', () => {
  assert.equal(
    withVariable(name, 'kept', () => withVariable(name, undefined, read)),
    'kept',
  );
});
