/** Metrics of the author's code: what all workers sent of them, merged; counts outlive the workers that made them. */
import type { Family, Labels, Sample } from './family.ts';

/** What a gauge shows where several workers have set it. */
export type MergeMode = 'sum' | 'min' | 'max' | 'latest' | 'perWorker';

/** A metric as the author declared it. */
export type MetricDefinition = {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
} & (
  | { readonly kind: 'counter' }
  | { readonly kind: 'gauge'; readonly mergeMode: MergeMode }
  | { readonly kind: 'histogram'; readonly buckets: readonly number[] }
  | { readonly kind: 'summary'; readonly quantiles: readonly number[] }
);

/** What happened to the series of one set of label values since this was told last. */
export type MetricChange = {
  readonly metric: MetricDefinition;
  /** In the order of the metric's label names. */
  readonly labelValues: readonly string[];
} & (
  | { readonly kind: 'added'; readonly by: number }
  | { readonly kind: 'set'; readonly to: number }
  /** Values by bucket, the last of which has no end; or by size in steps of a hundredth. */
  | {
      readonly kind: 'observed';
      readonly sum: number;
      readonly counts: readonly (readonly [at: number, count: number])[];
    }
);

/** Most sets of label values of one metric. */
const mostSeries = 1000;

/** The merged metrics of one service. */
export interface AuthorMetrics {
  /** @param worker stands for one process; gauges of it are forgotten with it. */
  take(worker: object, workerIndex: number, changes: readonly MetricChange[]): void;
  forget(worker: object): void;
  families(): Iterable<Family>;
}

interface Series {
  readonly labels: Labels;
  total: number;
  readonly counts: Map<number, number>;
  /** Of gauges. */
  readonly byWorker: Map<object, { readonly workerIndex: number; readonly value: number }>;
}

interface Merged {
  readonly definition: MetricDefinition;
  readonly key: string;
  readonly series: Map<string, Series>;
  isFull: boolean;
}

/** Creates an empty collection. @param warn is told once of each metric that has too many series. */
export function createAuthorMetrics(warn: (problem: string) => void): AuthorMetrics {
  const metrics = new Map<string, Merged>();

  /** A metric that is declared in another way, as after a reload, begins anew. */
  const mergedOf = (definition: MetricDefinition): Merged => {
    const key = JSON.stringify(definition);
    const known = metrics.get(definition.name);
    if (known?.key === key) return known;
    const merged: Merged = { definition, key, series: new Map(), isFull: false };
    metrics.set(definition.name, merged);
    return merged;
  };
  const seriesOf = (merged: Merged, values: readonly string[]): Series | undefined => {
    const key = JSON.stringify(values);
    const known = merged.series.get(key);
    if (known) return known;
    const { name, labelNames } = merged.definition;
    if (merged.series.size >= mostSeries) {
      if (!merged.isFull)
        warn(`the metric ${name} has more than ${mostSeries} sets of labels; the others are left out`);
      merged.isFull = true;
      return undefined;
    }
    const labels = Object.fromEntries(labelNames.map((label, at) => [label, values[at] ?? '']));
    const series: Series = { labels, total: 0, counts: new Map(), byWorker: new Map() };
    merged.series.set(key, series);
    return series;
  };

  return {
    take(worker, workerIndex, changes) {
      for (const change of changes) {
        const series = seriesOf(mergedOf(change.metric), change.labelValues);
        if (!series) continue;
        if (change.kind === 'added') series.total += change.by;
        else if (change.kind === 'set') {
          series.total = change.to; // the latest
          series.byWorker.set(worker, { workerIndex, value: change.to });
        } else {
          series.total += change.sum;
          for (const [at, count] of change.counts) series.counts.set(at, (series.counts.get(at) ?? 0) + count);
        }
      }
    },
    forget(worker) {
      for (const { series } of metrics.values()) for (const { byWorker } of series.values()) byWorker.delete(worker);
    },
    *families() {
      for (const { definition, series } of metrics.values()) {
        const { name, help, kind } = definition;
        yield {
          name,
          help,
          type: kind,
          *samples() {
            for (const one of series.values()) yield* samplesOf(definition, one);
          },
        };
      }
    },
  };
}

function* samplesOf(definition: MetricDefinition, series: Series): Generator<Sample> {
  const { labels, total } = series;
  if (definition.kind === 'counter') yield { labels, value: total };
  else if (definition.kind === 'gauge') yield* gaugeSamples(definition.mergeMode, series);
  else yield* observedSamples(definition, series);
}

function* gaugeSamples(mode: MergeMode, { labels, total, byWorker }: Series): Generator<Sample> {
  const values = Array.from(byWorker.values(), ({ value }) => value);
  if (mode === 'latest') yield { labels, value: total };
  else if (mode === 'perWorker') {
    for (const { workerIndex, value } of byWorker.values()) yield { labels: { ...labels, worker: workerIndex }, value };
  } else if (values.length > 0) {
    const value = mode === 'sum' ? values.reduce((sum, one) => sum + one, 0) : Math[mode](...values);
    yield { labels, value };
  }
}

function* observedSamples(
  definition: Extract<MetricDefinition, { kind: 'histogram' | 'summary' }>,
  { labels, total, counts }: Series,
): Generator<Sample> {
  const { name } = definition;
  let count = 0;
  for (const own of counts.values()) count += own;
  if (definition.kind === 'histogram') {
    let below = 0;
    for (const [at, le] of [...definition.buckets, '+Inf'].entries()) {
      below += counts.get(at) ?? 0;
      yield { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
    }
  } else {
    const sizes = [...counts].sort(([a], [b]) => a - b);
    for (const quantile of definition.quantiles) {
      yield { labels: { ...labels, quantile }, value: quantileOf(sizes, quantile * count) };
    }
  }
  yield { metricName: `${name}_sum`, labels, value: total };
  yield { metricName: `${name}_count`, labels, value: count };
}

/** The size of the value in that place, counted from the smallest. */
function quantileOf(sizes: readonly (readonly [size: number, count: number])[], place: number): number {
  let passed = 0;
  for (const [size, count] of sizes) {
    passed += count;
    if (passed >= place) return size;
  }
  return Number.NaN; // of nothing
}
