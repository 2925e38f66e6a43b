import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceError } from '../errors.ts';
import { Counter, Gauge, Histogram, metricsSource, Summary } from './metrics.ts';

for (const [kind, declare, words] of [
  [
    'a name of the process',
    () => new Counter({ name: 'process_x', help: '' }),
    /begins as metrics of the server itself do/,
  ],
  ['a name that begins with a digit', () => new Counter({ name: '1st', help: '' }), /must have a name of at most 200/],
  ['no help', () => new Counter({ name: 'helpless' } as never), /must have a help text/],
  ['a label with a blank', () => new Counter({ name: 'b', help: '', labelNames: ['b c'] }), /has the label "b c"/],
  ['a label twice', () => new Counter({ name: 'c', help: '', labelNames: ['x', 'x'] }), /has a label twice/],
  ['the label le', () => new Histogram({ name: 'd', help: '', labelNames: ['le'] }), /which the server sets itself/],
  ['buckets that fall', () => new Histogram({ name: 'e', help: '', buckets: [2, 1] }), /from 1 to 100 buckets/],
  ['no buckets', () => new Histogram({ name: 'f', help: '', buckets: [] }), /from 1 to 100 buckets/],
  ['a quantile above 1', () => new Summary({ name: 'g', help: '', quantiles: [2] }), /quantiles from 0 to 1/],
] as const) {
  test(`a metric with ${kind} is refused`, () => {
    assert.throws(declare, (error) => isServiceError(error, 'METRIC_INVALID') && words.test(error.message));
  });
}

test('a metric that is declared twice in the same way is one metric, in another way an error', () => {
  const source = metricsSource(
    () => {},
    () => {},
  );
  source.takeChanges();
  for (const counter of [1, 2].map(() => new Counter({ name: 'twice', help: 'Twice' }))) counter.inc();
  assert.deepEqual(
    source.takeChanges().map((change) => change.kind === 'added' && change.by),
    [2],
  );
  assert.throws(() => new Gauge({ name: 'twice', help: 'Twice' }), /declared twice, in different ways/);
});

test('metrics whose samples would have one name are refused', () => {
  new Histogram({ name: 'sizes', help: '' });
  assert.throws(() => new Gauge({ name: 'sizes_sum', help: '' }), /samples of the same name as the metric sizes/);
  new Counter({ name: 'tries', help: '' });
  assert.throws(() => new Counter({ name: 'tries_total', help: '' }), /samples of the same name/);
});

test('what is told is not told again, and a gauge tells where it stands', () => {
  const source = metricsSource(
    () => {},
    () => {},
  );
  const counter = new Counter({ name: 'told', help: '', labelNames: ['kind'] });
  const gauge = new Gauge({ name: 'stands', help: '' });
  source.takeChanges();
  counter.labels({ kind: 'x' }).inc(3);
  gauge.inc(5);
  gauge.dec();
  assert.equal(source.takeChanges().length, 2);
  assert.deepEqual(source.takeChanges(), []);
  counter.labels({ kind: 'x' }).inc();
  gauge.set(7);
  assert.deepEqual(
    source
      .takeChanges()
      .map((change) => [change.labelValues, change.kind === 'added' ? change.by : change.kind === 'set' && change.to]),
    [
      [['x'], 1],
      [[], 7],
    ],
  );
});

test('a counter cannot fall, and nothing that is no number is observed', () => {
  const counter = new Counter({ name: 'rises', help: '' });
  for (const by of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => counter.inc(by), RangeError);
  const histogram = new Histogram({ name: 'observed', help: '' });
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => histogram.observe(value), RangeError);
});

test('text and what is missing are no numbers, for any metric', () => {
  const counter = new Counter({ name: 'text_total', help: '' });
  const gauge = new Gauge({ name: 'text_gauge', help: '' });
  const histogram = new Histogram({ name: 'text_histogram', help: '' });
  const summary = new Summary({ name: 'text_summary', help: '' });
  for (const value of ['5', null, 5n, {}] as never[]) {
    assert.throws(() => counter.inc(value), /^TypeError: a counter cannot grow by "[^"]+", which is no number$/);
    assert.throws(() => gauge.set(value), TypeError);
    assert.throws(() => gauge.inc(value), TypeError);
    assert.throws(() => gauge.dec(value), TypeError);
    assert.throws(() => histogram.observe(value), TypeError);
    assert.throws(() => summary.observe(value), TypeError);
  }
  assert.throws(() => gauge.set(undefined as never), /^TypeError: a gauge cannot be set to "undefined"/);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => gauge.set(value), RangeError);
});

test('each source takes all that was counted since it was made, whatever others take', () => {
  const counter = new Counter({ name: 'shared_total', help: '' });
  const gauge = new Gauge({ name: 'shared_gauge', help: '' });
  const sizes = new Histogram({ name: 'shared_sizes', help: '', buckets: [1] });
  const create = () => {
    let calls = 0;
    const source = metricsSource(
      () => calls++,
      () => {},
    );
    const take = () =>
      source.takeChanges().flatMap((change): unknown[] => {
        if (!change.metric.name.startsWith('shared_')) return [];
        if (change.kind === 'observed') return [change.counts];
        return [change.kind === 'added' ? change.by : change.to];
      });
    return { ...source, take, calls: () => calls };
  };
  const first = create();
  counter.inc(2);
  gauge.set(7);
  sizes.observe(5);
  const second = create();
  assert.deepEqual(first.take(), [2, [[1, 1]], 7]);
  assert.deepEqual(second.take(), [0, 7, []], 'where gauges stand, and the rest from now on');
  counter.inc(3);
  assert.deepEqual([first.take(), second.take()], [[3], [3]]);
  const before = second.calls();
  second.close();
  counter.inc(4);
  assert.deepEqual([first.take(), second.take(), second.calls() - before], [[4], [], 0]);
});

test('a name is refused while a source has reserved how it begins', () => {
  const source = metricsSource(
    () => {},
    () => {},
  );
  source.reserve('kiosk');
  assert.throws(() => new Counter({ name: 'kiosk_total', help: '' }), /begins as metrics of the server itself do/);
  source.close();
  new Counter({ name: 'kiosk_total', help: '' });
});

test('labels are checked by their types', () => {
  const counter = new Counter({ name: 'typed', help: '', labelNames: ['model'] });
  // @ts-expect-error there is no such label
  assert.throws(() => counter.labels({ modle: 'x' }), TypeError);
  // @ts-expect-error it has labels
  assert.throws(() => counter.inc(), TypeError);
});
