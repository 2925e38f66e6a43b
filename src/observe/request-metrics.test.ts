import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExposition } from './exposition.fixture.ts';
import { exposeFamilies } from './family.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';

const common = { service_name: 'Demo', service_version: 'not available', runner_name: 'Demo' };
const create = (labels = common) => createRequestMetrics('bentoml_service', labels, [0.005, 0.5, 1, 60]);

async function samples({ families }: RequestMetrics, name: string) {
  const { text } = await exposeFamilies(families);
  return parseExposition(text).filter((sample) => sample.name === `bentoml_service_${name}`);
}

test('a request that has begun is in progress until its last byte', async () => {
  const metrics = create();
  const endpoint = metrics.endpoint('/a');
  endpoint.begin();
  endpoint.begin();
  endpoint.end(200, 100, 0);
  assert.deepEqual(
    (await samples(metrics, 'request_in_progress')).map(({ labels, value }) => [labels.endpoint, value]),
    [['/a', 1]],
  );
});

test('answers are counted by route and status, with the labels of the reference', async () => {
  const metrics = create();
  for (const status of [200, 200, 500]) metrics.endpoint('/a').end(status, 10, 0);
  assert.deepEqual(
    (await samples(metrics, 'request_total')).map(({ labels, value }) => ({ labels, value })),
    [
      { labels: { ...common, endpoint: '/a', http_response_code: '200' }, value: 2 },
      { labels: { ...common, endpoint: '/a', http_response_code: '500' }, value: 1 },
    ],
  );
});

test('a route has series of zero for 200 and 500 before its first request', async () => {
  const metrics = create();
  metrics.prepare('/a');
  for (const name of ['request_total', 'request_duration_seconds_count']) {
    const zeros = (await samples(metrics, name)).map(({ labels, value }) => [labels.http_response_code, value]);
    assert.deepEqual(zeros, [
      ['200', 0],
      ['500', 0],
    ]);
  }
  metrics.endpoint('/a').end(200, 1, 0);
  metrics.prepare('/a');
  assert.deepEqual((await samples(metrics, 'request_total'))[0]?.value, 1);
});

test('a duration is in every bucket that is not below it; buckets come before sum and count', async () => {
  const metrics = create();
  metrics.endpoint('/a').end(200, 1000, 0);
  metrics.endpoint('/a').end(200, 61_000, 0);
  const { text } = await exposeFamilies(metrics.families);
  const own = parseExposition(text).filter(({ name }) => name.startsWith('bentoml_service_request_duration_seconds'));
  assert.deepEqual(
    own.map(({ name, labels, value }) => [name.replace(/^.*seconds_/, ''), labels.le, value]),
    [
      ['bucket', '0.005', 0],
      ['bucket', '0.5', 0],
      ['bucket', '1', 1],
      ['bucket', '60', 1],
      ['bucket', '+Inf', 2],
      ['sum', undefined, 62],
      ['count', undefined, 2],
    ],
  );
});

test('the time of the last request is in seconds since 1970', async () => {
  const metrics = create();
  assert.deepEqual(await samples(metrics, 'last_request_timestamp_seconds'), []);
  metrics.endpoint('/a').end(200, 1, 1_700_000_000_500);
  const [{ labels, value } = { labels: {}, value: 0 }] = await samples(metrics, 'last_request_timestamp_seconds');
  assert.deepEqual([labels, value], [common, 1_700_000_000.5]);
});

test('a label with quotes, backslashes and line breaks is still one label', async () => {
  const metrics = create({ ...common, service_name: 'a"b\\c\nd' });
  metrics.endpoint('/a').begin();
  assert.equal((await samples(metrics, 'request_in_progress'))[0]?.labels.service_name, 'a\\"b\\\\c\\nd');
});
