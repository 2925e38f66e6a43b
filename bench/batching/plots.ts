/** Draws the pictures of docs/guide/batching.md, from simulations and from the last results: `node bench/batching/plots.ts`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBatcher } from '../../src/batching/batcher.ts';
import type { Arrival, Dispatcher } from '../../src/batching/simulate.ts';
import type { Spread } from '../statistics.ts';
import { createFixedWindow } from './competitors.ts';
import { drawLineChart, type LineChart } from './line-chart.ts';
import type { Live } from './live.ts';
import { measureLoop, measureTrace, ownName } from './measure.ts';
import type { Cost } from './models.ts';
import { createTrace } from './traffic.ts';

const guide = join(import.meta.dirname, '../../docs/guide');
const endMs = 4000;

const createOurs = (maxBatchSize: number): Dispatcher => createBatcher<Arrival>({ maxBatchSize, maxWaitMs: 0 });

/** What larger batches bring, and to whom they bring nothing. */
function drawSizes(): LineChart {
  const sizes = [1, 2, 4, 8, 16, 32, 64, 128];
  const models: Readonly<Record<string, Cost>> = {
    '5 ms + 0.1 ms an item': (items) => 5 + 0.1 * items,
    '5 ms + 0.5 ms an item': (items) => 5 + 0.5 * items,
    '0.5 ms + 2 ms an item': (items) => 0.5 + 2 * items,
  };
  return {
    title: '256 callers: what larger batches bring',
    x: { label: 'maxBatchSize', marks: sizes, isLogarithmic: true },
    y: { label: 'answers per second', marks: [0, 2000, 4000, 6000, 8000] },
    lines: Object.entries(models).map(([name, cost]) => ({
      name,
      points: sizes.map((size) => [size, measureLoop(createOurs(size), 256, cost, endMs, 1).perSecond] as const),
    })),
  };
}

/** What waiting costs where nobody comes, and batches save where many do. */
function drawLoads(): LineChart {
  const cost: Cost = (items) => 5 + 0.1 * items;
  const rates = [25, 50, 100, 200, 400, 800, 1600, 3200, 5000];
  const ways: Readonly<Record<string, () => Dispatcher>> = {
    'maxBatchSize 1': () => createOurs(1),
    'maxBatchSize 8': () => createOurs(8),
    'maxBatchSize 64': () => createOurs(64),
    'a window of 20 ms': () => createFixedWindow(64, 20),
  };
  return {
    title: 'Batches form under load, and only then',
    x: { label: 'requests per second', marks: [25, 50, 100, 200, 400, 800, 1600, 3200, 6400], isLogarithmic: true },
    y: { label: 'mean time of an answer, ms', marks: [0, 10, 20, 30, 40, 50] },
    lines: Object.entries(ways).map(([name, create]) => {
      const points = rates.map((perSecond) => {
        const trace = createTrace('poisson', perSecond / 1000, endMs, 10_000, 1);
        return [perSecond, measureTrace(create(), trace, cost, 1).meanMs] as const;
      });
      const isTooMuch = points.findIndex(([, meanMs]) => meanMs > 50);
      return { name, points: isTooMuch < 0 ? points : points.slice(0, isTooMuch + 1) }; // beyond, it cannot do so many
    }),
  };
}

/** What patience brings where traffic comes in bursts. */
function drawDeadlines(): LineChart {
  const cost: Cost = (items) => 5 + 0.1 * items;
  const deadlines = [12.5, 25, 50, 100, 200, 400, 800];
  return {
    title: 'Bursts of three times the mean: who is answered in time',
    x: { label: 'maxLatencyMs', marks: deadlines, isLogarithmic: true },
    y: { label: '% of requests', marks: [0, 20, 40, 60, 80, 100] },
    lines: [0.3, 0.5, 0.7, 0.9].map((load) => ({
      name: `${100 * load} % of capacity`,
      points: deadlines.map((timeMs) => {
        const trace = createTrace('bursts', (load * 64) / cost(64), endMs, timeMs, 1);
        const { inTime, came } = measureTrace(createOurs(64), trace, cost, 1);
        return [timeMs, (100 * inTime) / came] as const;
      }),
    })),
  };
}

const results = join(import.meta.dirname, '../results');

interface EncoderRow {
  readonly texts: string;
  readonly size: number;
  readonly tookMs: Spread;
}

/** Where a larger batch of a real model gains nothing any more: what `npm run bench -- embeddings` has measured last. */
function drawSentences(): LineChart {
  const { rows } = JSON.parse(readFileSync(join(results, 'embeddings.json'), 'utf8')) as { rows: EncoderRow[] }; // as it wrote it
  const points = rows
    .filter(({ texts }) => texts === 'short')
    .map(({ size, tookMs }) => [size, tookMs.median] as const);
  const best = Math.max(...points.map(([size, ms]) => size / ms));
  const longestMs = Math.max(...points.map(([, ms]) => ms));
  const top = 20 * Math.ceil(Math.max(100, longestMs) / 20);
  return {
    title: 'A sentence encoder: what larger batches bring, and what they cost',
    x: { label: 'sentences in a call', marks: points.map(([size]) => size), isLogarithmic: true },
    y: { label: '% and ms', marks: Array.from({ length: 6 }, (_, at) => (at * top) / 5) },
    lines: [
      { name: 'sentences/s, % of best', points: points.map(([size, ms]) => [size, (100 * size) / ms / best] as const) },
      { name: 'ms a call', points },
    ],
  };
}

/** What servers make of the same model: what `npm run bench -- batching` has measured last. */
function drawServers(): LineChart {
  const { live } = JSON.parse(readFileSync(join(results, 'batching.json'), 'utf8')) as { live: Live }; // as it wrote it
  const { rows } = live;
  const others = Object.keys(rows[0]?.by ?? {}).filter((name) => name !== ownName && name !== 'oracle');
  return {
    title: 'The same model in servers: 5 ms a batch, 0.1 ms an item',
    x: { label: 'callers', marks: rows.map(({ clients }) => clients), isLogarithmic: true },
    y: { label: '% of what the bare model does', marks: [0, 20, 40, 60, 80, 100] },
    lines: [ownName, ...others].map((name) => ({
      name,
      points: rows.map(
        ({ clients, ideal, by }) => [clients, (100 * (by[name]?.perSecond.median ?? 0)) / ideal] as const,
      ),
    })),
  };
}

const pictures = {
  'batching-sizes': drawSizes,
  'batching-loads': drawLoads,
  'batching-deadlines': drawDeadlines,
  'batching-sentences': drawSentences,
  ...(existsSync(join(results, 'batching.json')) && { 'batching-servers': drawServers }),
};
for (const [name, draw] of Object.entries(pictures)) writeFileSync(join(guide, `${name}.svg`), drawLineChart(draw()));
