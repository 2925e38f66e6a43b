import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCached } from '../reflect/cache.ts';
import { createProject, serviceOf } from '../reflect/reflect.fixture.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { createTypeReader } from './type-reader.ts';

const { signal } = new AbortController();

/** A reader whose process ends with the test. */
function openReader() {
  const reader = createTypeReader();
  return { reader, [Symbol.dispose]: reader.close };
}

/** Reads the types of a file, and what was read for that. */
async function read(reader: ReturnType<typeof createTypeReader>, file: string) {
  const sources = new Map<string, SourceFile['sha256']>();
  const result = await reader
    .read(file, signal, (source) => sources.set(source.file, source.sha256))
    .then(
      (module) => ({ module }),
      (error: Error) => ({ error }),
    );
  return { ...result, sources };
}

test('a second reading sees what has changed, in the file and in what it imports, and is remembered', async () => {
  using project = createProject({
    'service.ts': `import type { Pair } from './pair.ts';\n${serviceOf('@api m(pair: Pair): void {}')}`,
    'pair.ts': 'export interface Pair { a: string }\n',
  });
  using held = openReader();
  const { reader } = held;
  const file = project.path('service.ts');
  const first = await read(reader, file);
  const hasB = (given: object) => JSON.stringify(given).includes('"b"');
  assert.equal(hasB(first), false);
  project.write('pair.ts', 'export interface Pair { a: string; b: number }\n');
  const second = await read(reader, file);
  assert.equal(hasB(second), true);
  assert.deepEqual(await loadCached(file), 'module' in second && second.module);
  assert.ok(second.sources.has(project.path('pair.ts')));
  assert.notEqual(first.sources.get(project.path('pair.ts')), second.sources.get(project.path('pair.ts')));
  const third = await read(reader, file); // from what was remembered
  assert.deepEqual('module' in third && third.module, 'module' in second && second.module);
  assert.ok(third.sources.has(project.path('pair.ts')));
});

test('a reading that fails tells what it read, and what it looked for in vain', async () => {
  using project = createProject({
    'service.ts': `import type { Pair } from './new/pair.ts';\n${serviceOf('@api m(pair: Pair): void {}')}`,
  });
  using held = openReader();
  const { reader } = held;
  const failed = await read(reader, project.path('service.ts'));
  assert.match('error' in failed ? failed.error.message : '', /Pair/);
  assert.ok(failed.sources.get(project.path('service.ts')));
  assert.ok(failed.sources.has(project.path('new/pair.ts')));
  assert.equal(failed.sources.get(project.path('new/pair.ts')), undefined);
  project.write('new/pair.ts', 'export interface Pair { a: string }\n');
  assert.ok('module' in (await read(reader, project.path('service.ts'))));
});

test('a reading that is given up is over at once, and the next one is answered', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(a: string): void {}') });
  using held = openReader();
  const { reader } = held;
  const givenUp = new AbortController();
  const reading = reader.read(project.path('service.ts'), givenUp.signal, () => {});
  givenUp.abort(new Error('not any more'));
  await assert.rejects(reading, /not any more/);
  assert.ok('module' in (await read(reader, project.path('service.ts'))));
});
