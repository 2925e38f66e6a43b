/** Draws the pictures of docs/guide/batching.md from simulations: `node bench/batching/plots.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBatcher } from '../../src/batching/batcher.ts';
import type { Arrival, Dispatcher } from '../../src/batching/simulate.ts';
import { createFixedWindow } from './competitors.ts';
import { drawLineChart, type LineChart } from './line-chart.ts';
import { measureLoop, measureTrace } from './measure.ts';
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

const pictures = { 'batching-sizes': drawSizes, 'batching-loads': drawLoads, 'batching-deadlines': drawDeadlines };
for (const [name, draw] of Object.entries(pictures)) writeFileSync(join(guide, `${name}.svg`), drawLineChart(draw()));
