/** Counters, gauges, histograms and summaries of an author's own; the gateway merges those of all workers. */
import { ServiceError } from '../errors.ts';
import type { MergeMode, MetricChange, MetricDefinition } from '../observe/author-metrics.ts';

/** Values of a metric's labels. */
export type LabelValues<Label extends string> = { readonly [Name in Label]: string | number | boolean };

/** What all metrics are declared with. */
export interface MetricOptions<Label extends string> {
  /** Letters, digits, `_` and `:`; not beginning with the namespace of the server's own metrics, `process_` or `nodejs_`. */
  readonly name: string;
  readonly help: string;
  /** Each set of values is a series of its own; a worker keeps 1000 of them. */
  readonly labelNames?: readonly Label[];
}

interface Cell {
  readonly metric: MetricDefinition;
  readonly labelValues: readonly string[];
  /** Where a gauge stands, once it was set. */
  standing: number | undefined;
}

interface Store {
  readonly definition: MetricDefinition;
  readonly cells: Map<string, Cell>;
  isFull: boolean;
}

/** What a source has not told yet of a series; of a gauge, that there is something. */
interface Untold {
  /** What was added, or the sum of what was observed. */
  value: number;
  readonly counts: Map<number, number>;
}

/** Who takes what is counted: a worker, or each of several in one process. */
interface Source {
  readonly untold: Map<Cell, Untold>;
  namespace: string | undefined;
  onChange(): void;
  onFull(name: string): void;
}

/** The metrics of one process, and who takes them. */
interface Recorder {
  readonly stores: Map<string, Store>;
  readonly sources: Set<Source>;
}

const mostCells = 1000;
const longestLabel = 200;

// One for all copies of bentots in the process: the worker's sends what the author's copy counts.
const key = Symbol.for('bentots.metrics/1');
const shared = globalThis as { [key]?: Recorder };
shared[key] ??= { stores: new Map(), sources: new Set() };
const recorder = shared[key];

/** What a metric has where it has no labels; what has labels is changed through `labels`. */
type Unlabelled<Label extends string, Self> = [Label] extends [never] ? Self : never;

/** The series of these label values; of too many sets all but the first are left out. */
function seriesOf(store: Store, values: object): Cell | undefined {
  return cellOf(store, labelValuesOf(store.definition, values));
}

/** Has every source tell of a series. */
function record(cell: Cell, change: (untold: Untold) => void): void {
  for (const source of recorder.sources) {
    change(untoldOf(source, cell));
    source.onChange();
  }
}

function untoldOf({ untold }: Source, cell: Cell): Untold {
  const known = untold.get(cell);
  if (known) return known;
  const begun: Untold = { value: 0, counts: new Map() };
  untold.set(cell, begun);
  return begun;
}

/** Text would be joined, and would grow. */
function assertNumber(value: unknown, what: string): void {
  if (typeof value !== 'number') throw new TypeError(`${what} ${JSON.stringify(String(value))}, which is no number`);
  if (!Number.isFinite(value)) throw new RangeError(`${what} ${value}`);
}

/**
 * A number that only grows, such as tokens made.
 *
 * @example
 * ```ts
 * const tokens = new Counter({ name: 'shop_tokens_total', help: 'Tokens made', labelNames: ['model'] });
 * tokens.labels({ model: 'small' }).inc(12);
 * ```
 */
export class Counter<const Label extends string = never> {
  readonly #store: Store;

  /** @throws ServiceError `METRIC_INVALID` */
  constructor({ name, help, labelNames = [] }: MetricOptions<Label>) {
    this.#store = storeOf({ kind: 'counter', name, help, labelNames });
  }

  /** Adds 1, or more. @throws RangeError if that is not 0 or above, TypeError if it is no number. */
  inc(this: Unlabelled<Label, Counter<never>>, by = 1): void {
    this.labels({}).inc(by);
  }

  /** The series of these label values. */
  labels(values: LabelValues<Label>): { inc(by?: number): void } {
    const cell = seriesOf(this.#store, values);
    return {
      inc(by = 1) {
        assertNumber(by, 'a counter cannot grow by');
        if (by < 0) throw new RangeError(`a counter cannot grow by ${by}`);
        if (!cell) return;
        record(cell, (untold) => {
          untold.value += by;
        });
      },
    };
  }
}

/** The series of a gauge. What is no number is a TypeError, what is not finite a RangeError. */
export interface GaugeSeries {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}

/** A number that goes up and down, such as the length of a queue. */
export class Gauge<const Label extends string = never> {
  readonly #store: Store;

  /**
   * @param options `mergeMode` says what is shown of several workers: their sum, the smallest or largest value, what was
   * set latest, or each with its number in the label `worker`. @default 'sum'
   * @throws ServiceError `METRIC_INVALID`
   */
  constructor({
    name,
    help,
    labelNames = [],
    mergeMode = 'sum',
  }: MetricOptions<Label> & { readonly mergeMode?: MergeMode }) {
    this.#store = storeOf({ kind: 'gauge', name, help, labelNames, mergeMode });
  }

  set(this: Unlabelled<Label, Gauge<never>>, value: number): void {
    this.labels({}).set(value);
  }

  inc(this: Unlabelled<Label, Gauge<never>>, by = 1): void {
    this.labels({}).inc(by);
  }

  dec(this: Unlabelled<Label, Gauge<never>>, by = 1): void {
    this.labels({}).dec(by);
  }

  /** The series of these label values. */
  labels(values: LabelValues<Label>): GaugeSeries {
    const cell = seriesOf(this.#store, values);
    const set = (to: number) => {
      if (!cell) return;
      cell.standing = to;
      record(cell, () => {});
    };
    const change = (by: number, sign: 1 | -1) => {
      assertNumber(by, 'a gauge cannot change by');
      set((cell?.standing ?? 0) + sign * by);
    };
    return {
      set(value) {
        assertNumber(value, 'a gauge cannot be set to');
        set(value);
      },
      inc: (by = 1) => change(by, 1),
      dec: (by = 1) => change(by, -1),
    };
  }
}

const defaultBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]; // as prom-client and the Python client

/** Values counted by size, such as the lengths of prompts. */
export class Histogram<const Label extends string = never> {
  readonly #store: Store;

  readonly #buckets: readonly number[];

  /** @param options `buckets` are their upper ends, ascending. @throws ServiceError `METRIC_INVALID` */
  constructor({
    name,
    help,
    labelNames = [],
    buckets = defaultBuckets,
  }: MetricOptions<Label> & { readonly buckets?: readonly number[] }) {
    this.#store = storeOf({ kind: 'histogram', name, help, labelNames, buckets: [...buckets] });
    this.#buckets = buckets;
  }

  observe(this: Unlabelled<Label, Histogram<never>>, value: number): void {
    this.labels({}).observe(value);
  }

  /** The series of these label values. */
  labels(values: LabelValues<Label>): { observe(value: number): void } {
    const cell = seriesOf(this.#store, values);
    const buckets = this.#buckets;
    return {
      observe(value) {
        assertNumber(value, 'a metric cannot observe');
        const found = buckets.findIndex((end) => value <= end);
        observe(cell, found < 0 ? buckets.length : found, value);
      },
    };
  }
}

const step = Math.log(1.02); // a quantile is at most a hundredth off

/** Values of which quantiles are shown: over all workers, since the server started, at most a hundredth off. */
export class Summary<const Label extends string = never> {
  readonly #store: Store;

  /** @param options `quantiles` are from 0 to 1. @throws ServiceError `METRIC_INVALID` */
  constructor({
    name,
    help,
    labelNames = [],
    quantiles = [0.5, 0.9, 0.99],
  }: MetricOptions<Label> & { readonly quantiles?: readonly number[] }) {
    this.#store = storeOf({ kind: 'summary', name, help, labelNames, quantiles: [...quantiles] });
  }

  observe(this: Unlabelled<Label, Summary<never>>, value: number): void {
    this.labels({}).observe(value);
  }

  /** The series of these label values. */
  labels(values: LabelValues<Label>): { observe(value: number): void } {
    const cell = seriesOf(this.#store, values);
    return {
      observe(value) {
        assertNumber(value, 'a metric cannot observe');
        observe(cell, toSize(value), value); // sizes in such steps can be added up over workers, and are not many
      },
    };
  }
}

function toSize(value: number): number {
  if (value === 0) return 0;
  return Math.sign(value) * Math.exp(Math.round(Math.log(Math.abs(value)) / step) * step);
}

function observe(cell: Cell | undefined, at: number, value: number): void {
  if (!cell) return;
  record(cell, (untold) => {
    untold.counts.set(at, (untold.counts.get(at) ?? 0) + 1);
    untold.value += value;
  });
}

function storeOf(definition: MetricDefinition): Store {
  const problem = problemOf(definition);
  if (problem !== undefined) invalid(definition.name, problem);
  const known = recorder.stores.get(definition.name);
  if (!known) {
    const store: Store = { definition, cells: new Map(), isFull: false };
    recorder.stores.set(definition.name, store);
    if (definition.labelNames.length === 0) cellOf(store, []); // it is shown from the beginning
    return store;
  }
  if (JSON.stringify(known.definition) !== JSON.stringify(definition))
    invalid(definition.name, 'is declared twice, in different ways; declare it once, and import it where it is used');
  return known;
}

function problemOf(definition: MetricDefinition): string | undefined {
  const { name, help, labelNames, kind } = definition;
  if (typeof name !== 'string' || !/^[A-Za-z_:][\w:]{0,199}$/.test(name))
    return 'must have a name of at most 200 letters, digits, "_" and ":" that does not begin with a digit';
  if (isReserved(name)) return reservedProblem;
  if (typeof help !== 'string') return 'must have a help text that says what it counts';
  const kept = kind === 'histogram' ? 'le' : kind === 'summary' ? 'quantile' : 'worker';
  for (const label of labelNames) {
    if (!/^(?!__)[A-Za-z_]\w{0,99}$/.test(label))
      return `has the label ${JSON.stringify(label)}; labels have letters, digits and "_", and do not begin with "__"`;
    if (label === kept) return `has the label ${label}, which the server sets itself; choose another name`;
  }
  const taken = namesOf(definition);
  for (const { definition: other } of recorder.stores.values()) {
    if (other.name !== name && namesOf(other).some((one) => taken.includes(one)))
      return `has samples of the same name as the metric ${other.name}; give it another name`;
  }
  if (new Set(labelNames).size !== labelNames.length) return 'has a label twice; remove one';
  if (kind === 'histogram' && !isAscending(definition.buckets))
    return 'must have from 1 to 100 buckets, each larger than the one before it';
  if (kind === 'summary' && !definition.quantiles.every((quantile) => quantile >= 0 && quantile <= 1))
    return 'must have quantiles from 0 to 1';
  return undefined;
}

/** The names of its samples, in every format. */
function namesOf({ kind, name }: MetricDefinition): string[] {
  if (kind === 'counter') return [name, name.replace(/_total$/, ''), `${name.replace(/_total$/, '')}_total`];
  return kind === 'gauge' ? [name] : [name, `${name}_bucket`, `${name}_sum`, `${name}_count`];
}

const reservedProblem = 'begins as metrics of the server itself do; give it a name of your own';

function isAscending(buckets: readonly number[]): boolean {
  const isRising = buckets.every((end, at) => Number.isFinite(end) && (at === 0 || end > (buckets[at - 1] as number)));
  return isRising && buckets.length >= 1 && buckets.length <= 100;
}

function invalid(name: string, problem: string): never {
  throw new ServiceError('METRIC_INVALID', { name: String(name), problem });
}

function labelValuesOf({ name, labelNames }: MetricDefinition, values: object): readonly string[] {
  const given = values as Readonly<Record<string, unknown>>;
  for (const label of Object.keys(given)) {
    if (!labelNames.includes(label))
      throw new TypeError(`the metric ${name} has no label ${label}; it has ${labelNames.join(', ') || 'none'}`);
  }
  return labelNames.map((label) => {
    if (given[label] === undefined) throw new TypeError(`the metric ${name} needs a value for its label ${label}`);
    return String(given[label]).slice(0, longestLabel);
  });
}

function cellOf(store: Store, labelValues: readonly string[]): Cell | undefined {
  const cellKey = labelValues.length === 0 ? '' : JSON.stringify(labelValues);
  const known = store.cells.get(cellKey);
  if (known) return known;
  if (store.cells.size >= mostCells) {
    if (!store.isFull) for (const source of recorder.sources) source.onFull(store.definition.name);
    store.isFull = true;
    return undefined;
  }
  const cell: Cell = { metric: store.definition, labelValues, standing: undefined };
  store.cells.set(cellKey, cell);
  if (isShown(cell)) record(cell, () => {});
  return cell;
}

/** A gauge is nothing until it is set; whatever else there is begins at 0. */
function isShown({ metric, standing }: Cell): boolean {
  return metric.kind !== 'gauge' || standing !== undefined;
}

/** What the worker does with the metrics of its process. */
export interface MetricsSource {
  /**
   * From now on names that begin so are the server's.
   * @throws ServiceError `METRIC_INVALID` if a metric has such a name already.
   */
  reserve(namespace: string): void;
  /** What has changed since this was asked last, or since the source was made: what the process counted before is over. */
  takeChanges(): MetricChange[];
  /** From now on it takes nothing, and its namespace is free. */
  close(): void;
}

/**
 * Takes the metrics of this process; another source takes the same.
 *
 * @param onChange is told that there is something to take.
 * @param onFull is told, once for each metric, that it has too many series.
 */
export function metricsSource(onChange: () => void, onFull: (name: string) => void): MetricsSource {
  const source: Source = { untold: new Map(), namespace: undefined, onChange, onFull };
  recorder.sources.add(source);
  for (const { cells } of recorder.stores.values()) {
    for (const cell of cells.values()) if (isShown(cell)) untoldOf(source, cell);
  }
  return {
    reserve(namespace) {
      source.namespace = namespace;
      for (const name of recorder.stores.keys()) if (isReserved(name)) invalid(name, reservedProblem);
    },
    takeChanges() {
      const changes = Array.from(source.untold, ([cell, untold]) => toChange(cell, untold));
      source.untold.clear();
      return changes;
    },
    close: () => void recorder.sources.delete(source),
  };
}

function isReserved(name: string): boolean {
  const isOfServer = ({ namespace }: Source) => namespace !== undefined && name.startsWith(`${namespace}_`);
  return /^(?:process|nodejs)_/.test(name) || Array.from(recorder.sources).some(isOfServer);
}

function toChange({ metric, labelValues, standing = 0 }: Cell, { value, counts }: Untold): MetricChange {
  if (metric.kind === 'gauge') return { kind: 'set', metric, labelValues, to: standing };
  if (metric.kind === 'counter') return { kind: 'added', metric, labelValues, by: value };
  return { kind: 'observed', metric, labelValues, sum: value, counts: [...counts] };
}
