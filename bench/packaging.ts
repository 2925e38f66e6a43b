/** How fast a large model goes into the store and out of it, beside `cp`, and how long a build takes. */
import { spawnSync } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BenchOptions, BenchReport } from './bench.ts';
import { measureBuilds } from './packaging/builds.ts';
import { createRandomBlocks } from './packaging/random-blocks.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

export const question =
  'How fast does a large model go into the store and out of it, beside cp, and how long is a build?';

const root = resolve(import.meta.dirname, '..');
const marker = `name: large\nversion: v1\ncreation_time: '2026-01-01T00:00:00.000000+00:00'\n`;

/** The ways, in the order in which each round takes them; what one writes another reads. */
const ways = [
  ['cp', '`cp -r`, which leaves it to the system when the bytes reach the disk'],
  ['cp-sync', '`cp -r` and `sync -f`'],
  ['create', '`models.create`, which copies the files'],
  ['checksums', 'the same with `checksums: true`'],
  ['import-folder', '`models.import` of a folder'],
  ['export-bentomodel', '`models.export` to .bentomodel'],
  ['import-bentomodel', '`models.import` of that'],
  ['export-tar.zst', '`models.export` to .tar.zst'],
  ['import-tar.zst', '`models.import` of that'],
] as const;

interface Sample {
  readonly ms: number;
  readonly peakMiB: number | null;
}

/** Runs the bench. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const sizeMiB = isQuick ? 256 : 2048;
  const rounds = isQuick ? 1 : 3;
  const place = mkdtempSync(join(tmpdir(), 'bentots-packaging-'));
  try {
    mkdirSync(join(place, 'model'));
    const blocks = Readable.from(createRandomBlocks(sizeMiB)); // as weights: nothing to squeeze
    await pipeline(blocks, createWriteStream(join(place, 'model/weights.bin')));
    writeFileSync(join(place, 'model/model.yaml'), marker);
    const samples = new Map<string, Sample[]>(ways.map(([name]) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const [name] of ways) samples.get(name)?.push(measure(name, place));
    }
    const rows = ways.map(([name, what]) => summarize(name, what, samples, sizeMiB));
    measure('create', place); // once more: what was there last was imported
    const builds = measureBuilds(root, place, isQuick ? 2 : 5).map(({ what, ms }) => ({ what, ms: toSpread(ms) }));
    return {
      text: `${toText(rows, sizeMiB, rounds)}\n${buildsToText(builds)}`,
      data: { sizeMiB, rounds, rows, builds },
    };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** Each in a process of its own, so that the memory is its own, too. */
function measure(name: string, place: string): Sample {
  const script = join(import.meta.dirname, 'packaging/measure.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, root, name, place], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Sample;
}

function summarize(name: string, what: string, samples: ReadonlyMap<string, readonly Sample[]>, sizeMiB: number) {
  const own = samples.get(name) ?? [];
  // Of the same round, since the disk is shared and its speed changes.
  const beside = (base: string) =>
    toSpread(own.map(({ ms }, round) => (samples.get(base)?.[round]?.ms ?? Number.NaN) / ms));
  const speed = toSpread(own.map(({ ms }) => (sizeMiB / ms) * 1000));
  const peaks = own.flatMap(({ peakMiB }) => peakMiB ?? []);
  const peakMiB = peaks.length > 0 ? Math.max(...peaks) : null;
  return { name, what, speed, ratio: beside('cp'), flushedRatio: beside('cp-sync'), peakMiB };
}

function buildsToText(builds: readonly { readonly what: string; readonly ms: Spread }[]): string {
  const lines = builds.map(({ what, ms }) => `| ${what} | ${formatSpread(ms, 0)} |`);
  return `How long \`bento build\` takes, with everything that it starts.

| what | ms |
| --- | --- |
${lines.join('\n')}
`;
}

function toText(rows: readonly ReturnType<typeof summarize>[], sizeMiB: number, rounds: number): string {
  const lines = rows.map(
    ({ what, speed, ratio, flushedRatio, peakMiB }) =>
      `| ${what} | ${formatSpread(speed, 0)} | ${formatSpread(ratio, 2)} | ${formatSpread(flushedRatio, 2)} | ` +
      `${peakMiB?.toFixed(0) ?? ''} |`,
  );
  return `A model of one file of ${sizeMiB} MiB of random bytes, ${rounds} rounds in turn, each way in a process of its own. Medians with
quartiles; the memory is the most that the process held at once. All but the first flush what they wrote, and the disk is
at rest when each begins.

| way | MiB/s | beside cp | beside cp and sync | MiB of memory |
| --- | --- | --- | --- | --- |
${lines.join('\n')}
`;
}
