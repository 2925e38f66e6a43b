import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRequestMetrics } from './metrics.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads the text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function parse(text: string): Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert.ok(found, `no sample: ${line}`);
    const [, name = '', labels = '', value] = found;
    const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/g)];
    assert.equal(pairs.map(([pair]) => pair).join(''), labels, `labels of ${line}`);
    return {
      name,
      labels: Object.fromEntries(pairs.map(([, key = '', text = '']) => [key, text])),
      value: Number(value),
    };
  });
}

async function samples(metrics: ReturnType<typeof createRequestMetrics>, name: string): Promise<Sample[]> {
  return parse((await metrics.expose()).text).filter((sample) => sample.name === `bentoml_service_request_${name}`);
}

test('a request that has begun is in progress until its last byte', async () => {
  const metrics = createRequestMetrics('Demo');
  metrics.begin('/a');
  metrics.begin('/a');
  metrics.end('/a', 200, 0.1);
  assert.deepEqual(
    (await samples(metrics, 'in_progress')).map(({ labels, value }) => [labels.endpoint, value]),
    [['/a', 1]],
  );
});

test('answers are counted by route and status, with the labels of the reference', async () => {
  const metrics = createRequestMetrics('Demo');
  for (const status of [200, 200, 500]) {
    metrics.begin('/a');
    metrics.end('/a', status, 0.01);
  }
  const common = { endpoint: '/a', runner_name: 'Demo', service_name: 'Demo', service_version: 'not available' };
  assert.deepEqual(
    (await samples(metrics, 'total')).map(({ labels, value }) => ({ labels, value })),
    [
      { labels: { ...common, http_response_code: '200' }, value: 2 },
      { labels: { ...common, http_response_code: '500' }, value: 1 },
    ],
  );
});

test('a duration is in every bucket that is not below it', async () => {
  const metrics = createRequestMetrics('Demo');
  metrics.begin('/a');
  metrics.end('/a', 200, 1);
  const buckets = await samples(metrics, 'duration_seconds_bucket');
  assert.deepEqual(
    buckets.filter(({ value }) => value === 0).map(({ labels }) => labels.le),
    ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5'],
  );
  assert.deepEqual(buckets.at(-1)?.labels.le, '+Inf');
  assert.deepEqual((await samples(metrics, 'duration_seconds_sum'))[0]?.value, 1);
});

test('two servers in one process count for themselves', async () => {
  const first = createRequestMetrics('Demo');
  const second = createRequestMetrics('Demo');
  first.begin('/a');
  assert.deepEqual(await samples(second, 'in_progress'), []);
});

test('the exposition names its format, and is readable before the first request', async () => {
  const { text, mediaType } = await createRequestMetrics('').expose();
  assert.equal(mediaType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.deepEqual(parse(text), []);
});

test('a label with quotes, backslashes and line breaks is still one label', async () => {
  const metrics = createRequestMetrics('a"b\\c\nd');
  metrics.begin('/a');
  assert.equal((await samples(metrics, 'in_progress'))[0]?.labels.service_name, 'a\\"b\\\\c\\nd');
});
