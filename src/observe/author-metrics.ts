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

/** Where the workers of one generation of a service are merged. */
export interface GenerationMetrics {
  /** @param worker stands for one process; gauges of it are forgotten with it. */
  take(worker: object, workerIndex: number, changes: readonly MetricChange[]): void;
  forget(worker: object): void;
}

/** The merged metrics of one service. */
export interface AuthorMetrics {
  /** A generation begins, newer than those before it; all are merged. */
  begin(): GenerationMetrics;
  families(): Iterable<Family>;
}

interface Series {
  readonly labels: Labels;
  total: number;
  readonly counts: Map<number, number>;
  /** Of gauges. */
  readonly byWorker: Map<object, { readonly workerIndex: number; readonly value: number }>;
}

/** One way in which a metric is declared; while generations change places there may be two. */
interface Form {
  definition: MetricDefinition;
  /** The newest that declares it so. */
  generation: number;
  readonly series: Map<string, Series>;
  /** Workers that are there and have told of it. */
  readonly workers: Set<object>;
  isFull: boolean;
}

/** Creates an empty collection. @param warn is told once of each metric that has too many series. */
export function createAuthorMetrics(warn: (problem: string) => void): AuthorMetrics {
  const metrics = new Map<string, Map<string, Form>>(); // by name, by what makes a form
  let generations = 0;

  const formOf = (definition: MetricDefinition, generation: number): Form => {
    const forms = metrics.get(definition.name) ?? new Map<string, Form>();
    metrics.set(definition.name, forms);
    const key = JSON.stringify({ ...definition, help: '' }); // a better text is no reason to begin anew
    const known = forms.get(key);
    if (!known) {
      const form: Form = { definition, generation, series: new Map(), workers: new Set(), isFull: false };
      forms.set(key, form);
      return form;
    }
    if (generation > known.generation) Object.assign(known, { definition, generation });
    return known;
  };
  const seriesOf = (form: Form, values: readonly string[]): Series | undefined => {
    const key = JSON.stringify(values);
    const known = form.series.get(key);
    if (known) return known;
    const { name, labelNames } = form.definition;
    if (form.series.size >= mostSeries) {
      if (!form.isFull) warn(`the metric ${name} has more than ${mostSeries} sets of labels; the others are left out`);
      form.isFull = true;
      return undefined;
    }
    const labels = Object.fromEntries(labelNames.map((label, at) => [label, values[at] ?? '']));
    const series: Series = { labels, total: 0, counts: new Map(), byWorker: new Map() };
    form.series.set(key, series);
    return series;
  };

  return {
    begin() {
      const generation = ++generations;
      return {
        take(worker, workerIndex, changes) {
          for (const change of changes) {
            if (!hasNumbers(change)) continue; // the author's process has gone around what refuses them
            const form = formOf(change.metric, generation);
            form.workers.add(worker);
            const series = seriesOf(form, change.labelValues);
            if (series) merge(series, change, worker, workerIndex);
          }
        },
        forget(worker) {
          for (const forms of metrics.values()) forgetIn(forms, worker);
        },
      };
    },
    *families() {
      for (const forms of metrics.values()) {
        const { definition, series } = newestOf(forms);
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

function merge(series: Series, change: MetricChange, worker: object, workerIndex: number): void {
  if (change.kind === 'added') series.total += change.by;
  else if (change.kind === 'set') {
    series.total = change.to; // the latest
    series.byWorker.set(worker, { workerIndex, value: change.to });
  } else {
    series.total += change.sum;
    for (const [at, count] of change.counts) series.counts.set(at, (series.counts.get(at) ?? 0) + count);
  }
}

function hasNumbers(change: MetricChange): boolean {
  if (change.kind === 'added') return Number.isFinite(change.by);
  if (change.kind === 'set') return Number.isFinite(change.to);
  return Number.isFinite(change.sum) && change.counts.flat().every(Number.isFinite);
}

/** A metric keeps what it has counted, but not in a form that only workers of another generation had. */
function forgetIn(forms: Map<string, Form>, worker: object): void {
  for (const [key, form] of forms) {
    if (!form.workers.delete(worker)) continue;
    const isLeft = form.workers.size === 0 && Array.from(forms.values()).some(({ workers }) => workers.size > 0);
    if (isLeft) forms.delete(key);
    else forgetGauges(form, worker);
  }
}

function forgetGauges(form: Form, worker: object): void {
  const { definition, series } = form;
  if (definition.kind !== 'gauge') return;
  for (const [key, { byWorker }] of series) {
    byWorker.delete(worker);
    if (byWorker.size > 0 || definition.mergeMode === 'latest') continue;
    series.delete(key); // nothing is shown of it: its place is for another one
    form.isFull = false;
  }
}

/** That of the newest generation: one that does not get there takes its own with it. */
function newestOf(forms: ReadonlyMap<string, Form>): Form {
  return Array.from(forms.values()).reduce((one, other) => (other.generation > one.generation ? other : one));
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
