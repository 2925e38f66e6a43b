import assert from 'node:assert/strict';
import { test } from 'node:test';
import { option } from './option.ts';
import { serverOptions } from './options.ts';
import { fromEnvironment, resolveOptions } from './resolve.ts';

const rows = {
  workers: option.count({ default: 1, min: 1, max: 8, doc: '', env: 'APP_WORKERS' }),
  name: option.text({ default: undefined, pattern: /^\w+$/, wanted: 'a word', doc: '', env: 'APP_NAME' }),
  traffic: { timeoutMs: option.ms({ default: 1000, min: 1, doc: '', env: 'APP_TIMEOUT' }) },
};
const resolve = (given: unknown) => resolveOptions(rows, given, '@service of A');

test('what is not said takes its default, group by group', () => {
  assert.deepEqual(resolve({}), { workers: 1, name: undefined, traffic: { timeoutMs: 1000 } });
  assert.deepEqual(resolve({ workers: 2, traffic: {} }), { workers: 2, name: undefined, traffic: { timeoutMs: 1000 } });
});

test('what is said holds, also inside a group', () => {
  assert.deepEqual(resolve({ name: 'x', traffic: { timeoutMs: 5 } }), {
    workers: 1,
    name: 'x',
    traffic: { timeoutMs: 5 },
  });
});

test('undefined counts as not said', () => {
  assert.deepEqual(resolve({ workers: undefined, traffic: undefined }), resolve({}));
});

for (const [what, given, message] of [
  ['an unknown option suggests the nearest', { worker: 2 }, 'there is no option "worker"; did you mean "workers"?'],
  [
    'an unknown option that is near to none lists what there is',
    { elephant: 2 },
    'there is no option "elephant"; there are workers, name, traffic',
  ],
  ['a wrong value is shown', { workers: 0 }, 'workers is 0, but must be a whole number, from 1 to 8'],
  ['a wrong text is shown in quotes', { name: 'a b' }, 'name is "a b", but must be a word'],
  ['null is a value, and a wrong one', { workers: null }, 'workers is null, but must be'],
  ['an array is no value', { workers: [1] }, 'workers is an array, but must be'],
  ['NaN is no value', { workers: Number.NaN }, 'workers is NaN, but must be'],
] as const) {
  test(what, () => {
    assert.throws(
      () => resolve(given),
      (error: Error) => error.message.startsWith(`@service of A: ${message}`),
    );
  });
}

test('an unknown option of a group names the group', () => {
  assert.throws(() => resolve({ traffic: { timeout: 5 } }), {
    code: 'OPTION_UNKNOWN',
    message: '@service of A, traffic: there is no option "timeout"; did you mean "timeoutMs"?',
  });
});

for (const given of [null, undefined, 1, 'workers', [], true]) {
  test(`options that are ${JSON.stringify(given)} are refused`, () => {
    assert.throws(() => resolve(given), { code: 'OPTION_INVALID' });
  });
}

for (const group of [5, 'x', [], null]) {
  test(`a group that is ${JSON.stringify(group)} is refused`, () => {
    assert.throws(() => resolve({ traffic: group }), { code: 'OPTION_INVALID' });
  });
}

test('a key "__proto__" is an unknown option and changes no prototype', () => {
  assert.throws(() => resolve(JSON.parse('{"__proto__":{"workers":4}}')), { code: 'OPTION_UNKNOWN' });
});

test('values that are only inherited were not said', () => {
  assert.equal(resolve(Object.create({ workers: 4 })).workers, 1);
});

test('names that every object has are unknown options', () => {
  for (const name of ['constructor', 'toString', 'kind']) {
    assert.throws(() => resolve({ [name]: 1 }), { code: 'OPTION_UNKNOWN' }, name);
  }
});

test('a long wrong text is cut', () => {
  assert.throws(
    () => resolve({ name: ' '.repeat(10_000) }),
    (error: Error) => error.message.length < 200,
  );
});

test('the environment gives the rows that name a variable', () => {
  assert.deepEqual(fromEnvironment(rows, { APP_WORKERS: '3', APP_NAME: 'x', OTHER: 'y' }), { workers: 3, name: 'x' });
});

test('an empty variable counts as not set', () => {
  assert.deepEqual(fromEnvironment(rows, { APP_WORKERS: '', APP_NAME: undefined }), {});
});

test('a wrong variable is named with what was wanted', () => {
  assert.throws(() => fromEnvironment(rows, { APP_WORKERS: '9' }), {
    code: 'OPTION_INVALID',
    message: 'environment: APP_WORKERS is 9, but must be a whole number, from 1 to 8',
  });
});

test('variables beside the first one say what their texts mean; the first that says something counts', () => {
  const level = serverOptions.logLevel;
  for (const [environment, expected] of [
    [{ BENTOML_VERBOSITY: '2', BENTOML_QUIET: 'true' }, 'debug'],
    [{ BENTOML_VERBOSITY: '-1', BENTOML_DEBUG: 'true' }, 'error'],
    [{ BENTOML_VERBOSITY: '0' }, 'info'],
    [{ BENTOML_DEBUG: 'true' }, 'debug'],
    [{ BENTOML_DEBUG: 'false', BENTOML_QUIET: 'TRUE' }, 'error'],
    [{ BENTOML_LOG_LEVEL: 'warn', BENTOML_VERBOSITY: '2' }, 'warn'],
    [{ BENTOML_DEBUG: '' }, undefined],
  ] as const) {
    assert.equal(fromEnvironment({ level }, environment).level, expected, JSON.stringify(environment));
  }
  assert.throws(() => fromEnvironment({ level }, { BENTOML_VERBOSITY: 'much' }), /BENTOML_VERBOSITY is "much"/);
});
