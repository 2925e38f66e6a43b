import assert from 'node:assert/strict';
import { cpSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serve } from 'bentots/serve';
import { createNote } from './start.ts';
import { versionSource } from './versions.ts';
import { createFolder, watchFolder } from './watched.ts';

/** A service that says what a module of its own says. */
const importing = (line: string) => `import { api, service } from 'bentots';
${line}
@service() export class Imports { @api() async says(): Promise<string> { return String(word); } }
`;

test('a save serves the new code, and no request fails while saves go on', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('0') }, { workers: 2 });
  const gate = join(watched.folder.path, 'gate');
  mkdirSync(gate);
  const stream = await fetch(`${watched.server.url}/lines`, {
    method: 'POST',
    body: JSON.stringify({ folder: gate, count: 2 }),
  });
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await reader?.read())?.value, '0 1\n');
  let isOver = false;
  const seen = new Set<string>();
  const clients = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const response = await fetch(`${watched.server.url}/version`, { method: 'POST', body: '{}' });
      const body = await response.text();
      assert.equal(response.status, 200, body);
      seen.add(body);
    }
  });
  watched.folder.save('service.ts', versionSource('1'));
  assert.deepEqual(await watched.reloaded(), ['service.ts']);
  assert.equal(await watched.ask('/version'), '1');
  writeFileSync(join(gate, '2'), '');
  assert.equal((await reader?.read())?.value, '0 2\n'); // the stream that began before has gone on
  assert.equal((await reader?.read())?.done, true);
  for (const version of ['2', '3']) {
    watched.folder.save('service.ts', versionSource(version));
    await watched.until('reloaded');
    assert.equal(await watched.ask('/version'), version);
    while (!seen.has(version)) await watched.ask('/version'); // each client finishes what it asked before
  }
  isOver = true;
  await Promise.all(clients);
  assert.deepEqual([...seen].sort(), ['0', '1', '2', '3']);
});

test('whatever is wrong with a save is said, the old version goes on, and the next good save serves', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('one') });
  const one = versionSource('x');
  for (const [source, problem] of [
    ['export class {', /service\.ts could not be loaded: .*service\.ts:1:13: /],
    [
      versionSource('x', { more: '  @api() bad(name: symbol): void {}\n' }),
      /parameter "name" of Versioned\.bad has the type "symbol".*\n.*@api\(\) bad\(name: symbol\)/,
    ],
    [
      one.replace('@service()', '@service({ worker: 2 } as object)'),
      /there is no option "worker"; did you mean "workers"/,
    ],
    [one.replace("say('starting')", "throw new Error('no weights')"), /start-up hook wait threw: no weights/],
  ] as const) {
    watched.folder.save('service.ts', source);
    assert.match((await watched.failed()).message, problem);
    assert.equal(await watched.ask('/version'), 'one');
  }
  watched.folder.save('service.ts', versionSource('two'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/version'), 'two');
});

test('a file that is renamed over, or deleted and made again, or linked to another one, is a save', async () => {
  const module = (word: string) => `export const word = '${word}';\n`;
  await using watched = await watchFolder({
    'service.ts': importing("import { word } from './lib/word.ts';"),
    'lib/word.ts': module('one'),
  });
  const { path, save } = watched.folder;
  const file = join(path, 'lib/word.ts');
  assert.equal(await watched.ask('/says'), 'one');

  save('lib/word.ts.tmp', module('two'));
  renameSync(`${file}.tmp`, file);
  assert.deepEqual(await watched.reloaded(), ['lib/word.ts']);
  assert.equal(await watched.ask('/says'), 'two');

  unlinkSync(file);
  assert.match((await watched.failed()).message, /Cannot find module/);
  save('lib/word.ts', module('three'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), 'three');

  cpSync(join(path, 'lib'), join(path, 'other'), { recursive: true });
  save('other/word.ts', module('four'));
  rmSync(join(path, 'lib'), { recursive: true });
  await watched.failed();
  renameSync(join(path, 'other'), join(path, 'lib'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), 'four');
  save('lib/word.ts', module('five')); // the folder is another one than before
  assert.deepEqual(await watched.reloaded(), ['lib/word.ts']);

  save('real.ts', module('six'));
  symlinkSync(join(path, 'real.ts'), `${file}.tmp`);
  renameSync(`${file}.tmp`, file);
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), 'six');
  save('real.ts', module('seven'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), 'seven');
  save('new.ts', module('eight'));
  symlinkSync(join(path, 'new.ts'), `${file}.tmp`);
  renameSync(`${file}.tmp`, file);
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), 'eight');
});

test('what is only read for its types, JSON, the tsconfig and what it extends, and the lockfile are watched', async () => {
  await using watched = await watchFolder({
    'service.ts': `import { api, service } from 'bentots';
import type { Pair } from './pair.ts';
import data from './data.json' with { type: 'json' };
@service() export class Reads { @api() async says(pair?: Pair): Promise<string> { return data.word; } }
`,
    'pair.ts': 'export interface Pair { a: string }\n',
    'data.json': '{ "word": "one" }',
    'base.json': '{}',
    'tsconfig.json': '{ "extends": "./base.json" }',
    'package-lock.json': '{}',
  });
  const { save } = watched.folder;
  save('pair.ts', 'export interface Pair { a: number }\n');
  assert.deepEqual(await watched.reloaded(), ['pair.ts']);
  assert.match(await watched.ask('/says', { pair: { a: 'x' } }), /"a" must be a number|a must be/);
  save('data.json', '{ "word": "two" }');
  assert.deepEqual(await watched.reloaded(), ['data.json']);
  assert.equal(await watched.ask('/says'), 'two');
  for (const [name, text] of [
    ['base.json', '{ "compilerOptions": {} }'],
    ['tsconfig.json', '{ "extends": "./base.json", "compilerOptions": {} }'],
    ['package-lock.json', '{ "name": "x" }'],
    ['bentofile.yaml', 'service: service.ts\n'],
    ['package.json', '{ "type": "module" }'],
  ] as const) {
    save(name, text);
    assert.deepEqual(await watched.reloaded(), [name]);
  }
});

test('a module that is imported late is watched from then on', async () => {
  await using watched = await watchFolder({
    'service.ts': importing('let word = 0;').replace(
      'return String(word)',
      "return String(word) + (await import('./late/' + 'late.ts')).word",
    ),
    'late/late.ts': 'export const word = 1;\n',
    'other.ts': 'export const word = 1;\n',
  });
  assert.equal(await watched.ask('/says'), '01');
  watched.folder.save('other.ts', 'export const word = 2;\n'); // is no part of it
  watched.folder.save('late/late.ts', 'export const word = 2;\n');
  assert.deepEqual(await watched.reloaded(), ['late/late.ts']);
  assert.equal(await watched.ask('/says'), '02');
});

test('a file that an import waits for is noticed when it comes', async () => {
  await using watched = await watchFolder({ 'service.ts': importing('const word = 1;') });
  const { save } = watched.folder;
  save('service.ts', importing("import { word } from './new/folder/word.js';"));
  assert.match((await watched.failed()).message, /Cannot find module/);
  save('new/folder/word.ts', 'export const word = 2;\n');
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), '2');

  save('tsconfig.json', '{ "compilerOptions": { "paths": { "@/*": ["./src/*"] } } }');
  await watched.until('reloaded');
  save('service.ts', importing("import { word } from '@/word.ts';"));
  assert.match((await watched.failed()).message, /Cannot find package/);
  save('src/word.ts', 'export const word = 3;\n');
  await watched.until('reloaded');
  assert.equal(await watched.ask('/says'), '3');
});

test('what the bentofile includes is watched, but not what it excludes nor what .bentoignore names', async () => {
  await using watched = await watchFolder({
    'service.ts': versionSource('one'),
    'bentofile.yaml': 'include: ["prompts/**", "*.txt"]\nexclude: ["prompts/drafts/"]\n',
    'prompts/system.md': 'one',
    'prompts/.bentoignore': '*.bak\n',
    'unrelated.csv': '1',
  });
  const { path, save } = watched.folder;
  save('unrelated.csv', '2');
  save('prompts/drafts/a.md', 'new');
  save('prompts/system.bak', 'new');
  save('node_modules/p/prompts/x.txt', 'new');
  save('output.log', 'written by the service');
  save('prompts/system.md', 'two');
  assert.deepEqual(await watched.reloaded(), ['prompts/system.md']);
  save('prompts/deep/er/new.md', 'a file in a new folder');
  assert.deepEqual(await watched.reloaded(), ['prompts/deep/er/new.md']);
  save('prompts/deep/er/new.md', 'once more');
  assert.deepEqual(await watched.reloaded(), ['prompts/deep/er/new.md']);
  rmSync(join(path, 'prompts/deep'), { recursive: true });
  assert.deepEqual(await watched.reloaded(), ['prompts/deep/er/new.md']);
  save('bentofile.yaml', 'include: ["*.csv"]\n');
  assert.deepEqual(await watched.reloaded(), ['bentofile.yaml']);
  save('prompts/system.md', 'three'); // not any more
  save('unrelated.csv', '3');
  assert.deepEqual(await watched.reloaded(), ['unrelated.csv']);
});

test('without a bentofile that includes them only files that are loaded count', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('one'), 'data.txt': '1' });
  watched.folder.save('data.txt', '2');
  watched.folder.save('other.ts', 'export {}');
  watched.folder.save('service.ts', versionSource('two'));
  assert.deepEqual(await watched.reloaded(), ['service.ts']);
});

test('a malformed bentofile is told with its line, and what is loaded is watched all the same', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('one') });
  watched.folder.save('bentofile.yaml', 'service: x\ninclude: data\n');
  const passed = await watched.until('reloaded');
  const [problem] = passed.filter((event) => event.kind === 'problem');
  assert.match(String(problem?.error), /bentofile\.yaml:2:10: include must be a list of patterns/);
  watched.folder.save('service.ts', versionSource('two'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/version'), 'two');
});

test('a save that changes nothing does nothing, but after a failure it tries again', async () => {
  using note = createNote();
  const gate = join(note.path, '../may-start');
  const needy = (version: string) =>
    versionSource(version).replace(
      "say('starting')",
      `if (!existsSync(${JSON.stringify(gate)})) throw new Error('not yet')`,
    );
  await using watched = await watchFolder({
    'service.ts': versionSource('one'),
    'bentofile.yaml': 'include: ["*.txt"]',
  });
  const { save } = watched.folder;
  save('service.ts', versionSource('one'));
  save('bentofile.yaml', 'include: ["*.txt"]');
  save('data.txt', '1');
  assert.deepEqual(await watched.reloaded(), ['data.txt']);
  save('service.ts', needy('two'));
  assert.match((await watched.failed()).message, /not yet/);
  writeFileSync(gate, '');
  save('service.ts', needy('two'));
  assert.deepEqual(await watched.reloaded(), ['service.ts']);
  assert.equal(await watched.ask('/version'), 'two');
});

test('a save in the middle of a reload gives it up and begins again, once', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('one') });
  using note = createNote();
  const { path, save } = watched.folder;
  save('service.ts', versionSource('two', { note: note.path, gate: join(path, 'never') }));
  const given = Number(/starting two (\d+)/.exec(await note.until('starting two'))?.[1]);
  assert.equal(await watched.ask('/version'), 'one');
  save('service.ts', versionSource('three'));
  const passed = await watched.until('reloaded');
  assert.deepEqual(
    passed.map(({ kind }) => kind),
    ['changed', 'changed', 'reloaded'],
  );
  assert.equal(await watched.ask('/version'), 'three');
  assert.throws(() => process.kill(given, 0));
});

test('files can be looked at instead of being told of', async () => {
  await using watched = await watchFolder({ 'service.ts': versionSource('one') }, { reloadPollMs: 100 });
  watched.folder.save('service.ts', versionSource('two'));
  await watched.until('reloaded');
  assert.equal(await watched.ask('/version'), 'two');
});

test('without a listener the log says what happens', async () => {
  using folder = createFolder({ 'service.ts': versionSource('one') });
  const log: { level: string; message: string }[] = [];
  let wake = Promise.withResolvers<void>();
  const logTo = {
    write(line: string) {
      log.push(JSON.parse(line));
      wake.resolve();
      wake = Promise.withResolvers();
    },
  };
  const until = async (words: string) => {
    while (!log.some(({ message }) => message.includes(words))) await wake.promise;
  };
  await using _server = await serve(join(folder.path, 'service.ts'), {
    port: 0,
    reload: true,
    logTo,
    logFormat: 'json',
  });
  folder.save('service.ts', versionSource('two'));
  await until('reloaded in');
  folder.save('service.ts', 'oops(');
  await until('still serving');
  assert.deepEqual(
    log.map(({ level, message }) => [level, message.replace(/\d+ ms|[^ ]*service.ts.*/, '…').split('\n')[0]]),
    [
      ['info', '…'],
      ['info', 'reloaded in …'],
      ['info', '…'],
      ['error', '…'],
    ],
  );
});

test('a first start that does not end gives way to the next save', async () => {
  using note = createNote();
  using folder = createFolder({});
  folder.save('service.ts', versionSource('one', { note: note.path, gate: join(folder.path, 'never') }));
  const starting = serve(join(folder.path, 'service.ts'), { port: 0, reload: true, logTo: { write() {} } });
  await note.until('starting one');
  folder.save('service.ts', versionSource('two'));
  await using server = await starting;
  assert.equal(await (await fetch(`${server.url}/version`, { method: 'POST', body: '{}' })).text(), 'two');
});
