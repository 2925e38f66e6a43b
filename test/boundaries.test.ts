/** Keeps the arrows between folders, and what each folder may reach, as docs/architecture/boundaries.md draws them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/** An import may only point to a lower number. */
const levels: Readonly<Record<string, number>> = {
  errors: 0,
  io: 1, config: 1, observe: 1, tag: 1, peer: 1, 'external-memory': 1, outbound: 1,
  spec: 2, batching: 2, registry: 2,
  store: 3,
  sdk: 4, reflect: 4, loaders: 4, tasks: 4, client: 4,
  worker: 5, build: 5, oci: 5, deploy: 5,
  pool: 6,
  gateway: 7,
  cli: 8, testing: 8,
}; // biome-ignore format: a table reads as a table

/** Index files that may take a name from wherever it is made. */
const doors = [
  'index.ts',
  'build/index.ts',
  'client/index.ts',
  'gateway/index.ts',
  'loaders/index.ts',
  'oci/index.ts',
  'store/index.ts',
  'testing/index.ts',
];

/** Folders that run anywhere: in a browser, in a test of microseconds. */
const runsAnywhere = ['errors', 'io', 'spec', 'batching', 'client'];

/** Who may start other programs, and who may listen on a port that others can see. */
const startsPrograms = ['pool', 'build', 'oci', 'registry', 'deploy', 'testing'];
const listens = ['gateway'];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => file.endsWith('.ts') && !/\.(test|fixture|contract)\.ts$/.test(file));

const imports: readonly Import[] = files.flatMap((from) => {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(source, from), 'utf8'));
  return importedFiles.map(({ fileName }) => ({ from, to: fileName }));
});

const inside = imports.filter(({ to }) => to.startsWith('.'));
const target = ({ from, to }: Import) =>
  relative(source, resolve(source, dirname(from), to))
    .split(sep)
    .join('/');
const folderOf = (file: string) => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const isBuiltin = (to: string) => to.startsWith('node:') || builtinModules.includes(to);

test('the check sees the imports of every file', () => {
  assert.ok(files.length > 80 && inside.length > 200, `${files.length} files, ${inside.length} imports`);
  assert.ok(
    inside.every((one) => files.includes(target(one))),
    'every import inside ends at a file',
  );
});

test('an import points to a lower level, never sideways or up, not even for a type', () => {
  const wrong = inside.flatMap((one) => {
    const [from, to] = [folderOf(one.from), folderOf(target(one))];
    if (from === to || doors.includes(one.from)) return [];
    const [high, low] = [levels[from], levels[to]];
    if (high === undefined || low === undefined)
      return [`${one.from}: ${high === undefined ? from : to} has no level; give it one in this table`];
    if (low < high) return [];
    return [
      `${one.from} imports ${target(one)}, but ${to} (level ${low}) is not below ${from} (level ${high}); pass what it needs as an argument`,
    ];
  });
  assert.deepEqual(wrong, []);
});

test('no file takes part in a circle of imports', () => {
  const edges = new Map(files.map((file) => [file, inside.filter(({ from }) => from === file).map(target)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file) || path.includes(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
  assert.deepEqual(circles, []);
});

test('what must run anywhere imports nothing of Node', () => {
  const wrong = imports
    .filter(({ from, to }) => runsAnywhere.includes(folderOf(from)) && from !== 'client/node.ts' && isBuiltin(to))
    .map(({ from, to }) => `${from} imports ${to}, but ${folderOf(from)} also runs where there is no Node`);
  assert.deepEqual(wrong, []);
});

test('other programs are started, and ports opened, only where that is the task', () => {
  const wrong = imports.flatMap(({ from, to }) => {
    const folder = folderOf(from);
    if (to === 'node:child_process' && !startsPrograms.includes(folder))
      return [`${from} starts programs, which is for ${startsPrograms.join(', ')}`];
    const opens = ['node:http', 'node:https', 'node:http2', 'fastify'].includes(to);
    if (opens && !listens.includes(folder))
      return [`${from} imports ${to}, but ports are opened only in ${listens.join(', ')}`];
    return [];
  });
  assert.deepEqual(wrong, []);
});

test('only config reads the environment', () => {
  const wrong = files.filter((file) => {
    const text = readFileSync(join(source, file), 'utf8');
    // A command hands the environment to config, which reads it.
    return (
      text.includes('process.env') &&
      folderOf(file) !== 'config' &&
      !text.includes('fromEnvironment(serverOptions, process.env)')
    );
  });
  assert.deepEqual(wrong, []);
});

test('every file opens with a sentence that says what it is for', () => {
  const wrong = files.filter((file) => !/^\/\*\*\s/.test(readFileSync(join(source, file), 'utf8')));
  assert.deepEqual(wrong, []);
});

test('folders are named for what the program does, not for a kind of code', () => {
  const wrong = files.filter((file) =>
    /(?:^|\/)(?:utils?|helpers?|types|interfaces|classes|common|misc|lib)(?:\/|\.ts$)/.test(file),
  );
  assert.deepEqual(wrong, []);
});
