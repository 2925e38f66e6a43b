/** Measures how long it takes until the types of a service are known. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BenchOptions, BenchReport } from './bench.ts';
import { ensurePackages } from './packages.ts';
import { createProjects, type Project } from './reflect/projects.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question = 'How long does it take until the types of a service are known?';

const root = resolve(import.meta.dirname, '..');
const modes = ['cold', 'reload', 'warm', 'read'] as const;
type Mode = (typeof modes)[number];

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const rounds = isQuick ? 2 : 12;
  ensurePackages();
  const { cacheFileFor } = (await import(
    join(root, 'dist/reflect/cache.js')
  )) as typeof import('../src/reflect/cache.ts');
  using projects = createProjects();
  const took = new Map(projects.all.map(({ name }) => [name, toRecord(() => [] as Sample[])]));
  for (let round = 0; round < rounds; round++) {
    for (const project of projects.all) {
      const own = took.get(project.name);
      // Cold first: what it leaves behind is what the others start from. Who of the last two goes first takes turns.
      const order: Mode[] = [
        'cold',
        'reload',
        ...(round % 2 === 0 ? (['warm', 'read'] as const) : (['read', 'warm'] as const)),
      ];
      for (const mode of order) {
        if (mode === 'read') writeFileSync(listOf(project), JSON.stringify(filesOf(cacheFileFor(project.file))));
        own?.[mode].push(measure(mode, project));
      }
    }
  }
  const rows = projects.all.map((project) =>
    summarize(project, filesOf(cacheFileFor(project.file)), took.get(project.name) ?? toRecord(() => [])),
  );
  return { text: toText(rows, rounds), data: Object.fromEntries(rows.map(({ name, ...row }) => [name, row])) };
}

function toRecord<T>(make: () => T): Record<Mode, T> {
  return { cold: make(), reload: make(), warm: make(), read: make() };
}

interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
}

/** By a process of its own: a server asks once in its life. */
function measure(mode: Mode, project: Project): Sample {
  const cache = join(project.folder, 'node_modules/.cache');
  if (mode === 'cold') rmSync(cache, { recursive: true, force: true });
  if (mode === 'reload') appendFileSync(project.file, '// changed\n');
  const script = join(import.meta.dirname, 'reflect/measure.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, mode, root, project.file, listOf(project)], {
    cwd: project.folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${mode} of ${project.name} failed:\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Sample; // printed by the script
}

const listOf = ({ folder }: Project) => join(folder, 'files.json');

/** What a warm start has to read: the cache, and what it says that it was made from. */
function filesOf(cacheFile: string): string[] {
  const { sources, lockfile } = JSON.parse(readFileSync(cacheFile, 'utf8')) as {
    sources: { file: string }[];
    lockfile: { file: string } | null;
  };
  return [cacheFile, ...[...sources, ...(lockfile ? [lockfile] : [])].map(({ file }) => file)];
}

interface Row extends Record<Mode, Spread> {
  readonly name: string;
  readonly files: number;
  readonly bytes: number;
  readonly over: Spread;
  readonly overCpu: Spread;
}

function summarize({ name }: Project, files: readonly string[], took: Record<Mode, Sample[]>): Row {
  const of = (mode: Mode) => toSpread(took[mode].map(({ ms }) => ms));
  const over = (pick: (sample: Sample) => number) =>
    toSpread(took.warm.map((sample, round) => pick(sample) - pick(took.read[round] as Sample))); // as many of each
  return {
    name,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + readFileSync(file).length, 0),
    cold: of('cold'),
    reload: of('reload'),
    warm: of('warm'),
    read: of('read'),
    over: over(({ ms }) => ms),
    overCpu: over(({ cpuMs }) => cpuMs),
  };
}

function toText(rows: readonly Row[], rounds: number): string {
  const lines = rows.map(
    ({ name, files, bytes, cold, reload, warm, read, over, overCpu }) =>
      `| ${name} | ${files}, ${(bytes / 1000).toFixed(0)} kB | ${formatSpread(cold, 0)} | ${formatSpread(reload, 0)} | ` +
      `${formatSpread(warm, 1)} | ${formatSpread(read, 1)} | ${formatSpread(over, 1)} | ${formatSpread(overCpu, 1)} |`,
  );
  return `| service | files read warm | first start | after a change | warm start | bare reading | warm over reading | the same in CPU time |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Milliseconds: medians of ${rounds} rounds in which services and starts take turns, with quartiles; each start in a fresh
process, from the question to the answer, with all that is loaded for it. The first start has neither the types nor the
compiled compiler in the cache. After a change of the service's file the compiler is still there. A warm start reads
and hashes the author's own sources, tsconfig and lockfile, and reads one JSON file; bare reading is \`readFile\` of the
very same files at once, in a process as fresh.

*light* is one file. *heavy* imports the types of openai and onnxruntime-node and uses some of each in its signatures.
*wide* is a service of 200 files.
`;
}
