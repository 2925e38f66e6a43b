/** The process that reflects, started as a server starts it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { fromRecord } from '../errors.ts';
import { cacheFileFor, loadCached } from './cache.ts';
import { createProject, serviceOf } from './reflect.fixture.ts';

const main = fileURLToPath(import.meta.resolve('#reflect-main'));

async function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    [...process.execArgv.filter((arg) => !arg.startsWith('--test')), main, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, output, answer: JSON.parse(output) };
}

test('the process prints what it found on one line, and remembers it', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(text: string): number { return text.length }') });
  const file = project.path('service.ts');
  const { code, output, answer } = await start(file, cacheFileFor(file));
  assert.equal(code, 0);
  assert.equal(output.indexOf('\n'), output.length - 1);
  assert.equal(answer.module.services[0].methods[0].name, 'm');
  assert.deepEqual(await loadCached(file), answer.module);
});

test('processes that run at the same time leave one whole cache', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(text: string): void {}') });
  const file = project.path('service.ts');
  const ended = await Promise.all([1, 2, 3].map(() => start(file, cacheFileFor(file))));
  for (const { code } of ended) assert.equal(code, 0);
  assert.deepEqual(await loadCached(file), ended[0]?.answer.module);
  const left = readdirSync(dirname(cacheFileFor(file)), { withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(left.length, 1);
});

test('a refused type ends the process with 1 and the error as a record', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(when: RegExp): void {}') });
  const file = project.path('service.ts');
  const { code, answer } = await start(file, cacheFileFor(file));
  assert.equal(code, 1);
  const error = fromRecord(answer.error);
  assert.equal(
    error.message,
    `${file}:3:8: parameter "when" of S.m has the type "RegExp", which cannot cross the wire; send its source: when: string
    3 | @api m(when: RegExp): void {}
      |              ^^^^^^`,
  );
  assert.equal(answer.error.code, 'TYPE_UNSUPPORTED');
  assert.equal(await loadCached(file), undefined);
});

test('where no cache can be written the answer is printed all the same', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(): void {}') });
  const file = project.path('service.ts');
  project.write('node_modules/.cache', 'a file, not a folder');
  const { code, answer } = await start(file, cacheFileFor(file));
  assert.equal(code, 0);
  assert.equal(answer.module.file, file);
});

test('loading from the cache does not load the compiler', async () => {
  using project = createProject({ 'service.ts': serviceOf('@api m(): void {}') });
  const file = project.path('service.ts');
  await start(file, cacheFileFor(file));
  const script = `
    const { loadCached } = await import(${JSON.stringify(new URL('./cache.ts', import.meta.url).href)});
    const module = await loadCached(${JSON.stringify(file)});
    const { createRequire } = await import('node:module');
    const loaded = Object.keys(createRequire(import.meta.url).cache).filter((name) => name.endsWith('typescript.js'));
    console.log(JSON.stringify([module !== undefined, loaded]));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: project.folder,
  });
  assert.deepEqual(JSON.parse(await text(child.stdout)), [true, []]);
  rmSync(project.path('service.ts'));
});
