import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AuthorMetrics, createAuthorMetrics, type MergeMode, type MetricDefinition } from './author-metrics.ts';
import { parseExposition } from './exposition.fixture.ts';
import { exposeFamilies } from './family.ts';

const create = () => {
  const warnings: string[] = [];
  return { ...createAuthorMetrics((problem) => warnings.push(problem)), warnings };
};
const textOf = async (metrics: AuthorMetrics) => (await exposeFamilies(metrics.families())).text;
const samplesOf = async (metrics: AuthorMetrics) =>
  parseExposition(await textOf(metrics)).map(({ labels, value }) => [labels.kind, value]);

const tokens = (help: string, labelNames: readonly string[] = []): MetricDefinition => ({
  kind: 'counter',
  name: 'tokens_total',
  help,
  labelNames,
});
const added = (metric: MetricDefinition, by: number, labelValues: readonly string[] = []) =>
  [{ kind: 'added', metric, labelValues, by }] as const;
const gauge = (mergeMode: MergeMode): MetricDefinition => ({
  kind: 'gauge',
  name: 'depth',
  help: '',
  labelNames: ['kind'],
  mergeMode,
});
const set = (metric: MetricDefinition, kind: string, to: number) =>
  [{ kind: 'set', metric, labelValues: [kind], to }] as const;

test('another help text begins nothing anew: the newest is shown, whoever tells last', async () => {
  const metrics = create();
  const [before, after] = [metrics.begin(), metrics.begin()];
  before.take({}, 1, added(tokens('Tokens'), 1000));
  after.take({}, 1, added(tokens('Tokens made'), 50));
  before.take({}, 2, added(tokens('Tokens'), 1));
  assert.match(await textOf(metrics), /^# HELP tokens_total Tokens made\n.*\ntokens_total 1051\n/);
});

test('while generations change places a metric is what the newer one declares', async () => {
  const metrics = create();
  const [before, after] = [metrics.begin(), metrics.begin()];
  const [old, fresh] = [{}, {}];
  after.take(fresh, 1, added(tokens('x', ['kind']), 50, ['a']));
  before.take(old, 1, added(tokens('x'), 1000));
  assert.deepEqual(await samplesOf(metrics), [['a', 50]]);
  after.take(fresh, 1, added(tokens('x', ['kind']), 1, ['a']));
  assert.deepEqual(await samplesOf(metrics), [['a', 51]]);
  before.forget(old);
  assert.deepEqual(await samplesOf(metrics), [['a', 51]]);
});

test('a generation that does not get there takes its form of a metric with it', async () => {
  const metrics = create();
  const [before, after] = [metrics.begin(), metrics.begin()];
  const [old, fresh] = [{}, {}];
  before.take(old, 1, added(tokens('x'), 1000));
  after.take(fresh, 1, added(tokens('x', ['kind']), 50, ['a']));
  after.forget(fresh);
  before.take(old, 1, added(tokens('x'), 1));
  assert.deepEqual(await samplesOf(metrics), [[undefined, 1001]]);
});

test('what was counted stays when every worker has ended', async () => {
  const metrics = create();
  const generation = metrics.begin();
  const worker = {};
  generation.take(worker, 1, added(tokens('x'), 3));
  generation.forget(worker);
  generation.take({}, 1, added(tokens('x'), 4));
  assert.deepEqual(await samplesOf(metrics), [[undefined, 7]]);
});

test('gauges of workers that have ended leave their places to others', async () => {
  const metrics = create();
  const generation = metrics.begin();
  const worker = {};
  for (let at = 0; at <= 1000; at++) generation.take(worker, 1, set(gauge('sum'), `gone ${at}`, 1));
  assert.equal(metrics.warnings.length, 1);
  generation.forget(worker);
  assert.deepEqual(await samplesOf(metrics), []);
  generation.take({}, 1, set(gauge('sum'), 'there', 1));
  assert.deepEqual(await samplesOf(metrics), [['there', 1]]);
});

test('of a gauge that shows what was set latest the value stays', async () => {
  const metrics = create();
  const generation = metrics.begin();
  const worker = {};
  generation.take(worker, 1, set(gauge('latest'), 'kept', 5));
  generation.forget(worker);
  assert.deepEqual(await samplesOf(metrics), [['kept', 5]]);
});

test('what is no finite number is not merged', async () => {
  const metrics = create();
  const generation = metrics.begin();
  for (const value of ['5', undefined, Number.NaN, Number.POSITIVE_INFINITY, [1]] as never[]) {
    generation.take({}, 1, [...added(tokens('x'), value), ...set(gauge('sum'), 'a', value)]);
    const observed = { kind: 'summary', name: 'seconds', help: '', labelNames: [], quantiles: [0.5] } as const;
    generation.take({}, 1, [{ kind: 'observed', metric: observed, labelValues: [], sum: value, counts: [] }]);
    generation.take({}, 1, [{ kind: 'observed', metric: observed, labelValues: [], sum: 1, counts: [[1, value]] }]);
  }
  assert.deepEqual(await samplesOf(metrics), []);
});
