import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { ModelSpec, ServiceSpec } from '../spec/service-spec.ts';
import { resolveModels } from './models.ts';

const resolve = (...models: ModelSpec[]) =>
  resolveModels({ name: 'Demo', models } as unknown as ServiceSpec, { folder: tmpdir() });

test('every model of a known kind is resolved, by its field', async () => {
  const here = { kind: 'localFolder', path: '.' };
  assert.deepEqual(await resolve({ field: 'a', info: here }, { field: 'b', info: here }), {
    a: { gives: 'folder', folder: tmpdir() },
    b: { gives: 'folder', folder: tmpdir() },
  });
});

test("a model of the author's own kind is left to the worker", async () => {
  assert.deepEqual(await resolve({ field: 'a', info: { kind: 'theirs' } }), {});
});

test('a model that is missing is named by service and field', async () => {
  await assert.rejects(resolve({ field: 'a', info: { kind: 'npmPackage', name: 'no-such-package' } }), {
    code: 'MODEL_MISSING',
    message: /^the model of Demo\.a is missing: the npm package no-such-package is not installed/,
  });
});

test('a reference that makes no sense is a missing model, too', async () => {
  await assert.rejects(resolve({ field: 'a', info: { kind: 'localFolder' } }), { code: 'MODEL_MISSING' });
});

test('a field may have any name', async () => {
  const models = await resolve({ field: '__proto__', info: { kind: 'localFolder', path: '.' } });
  assert.deepEqual(Object.keys(models), ['__proto__']);
});
