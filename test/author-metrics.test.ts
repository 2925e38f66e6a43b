import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isServiceError } from 'bentots';
import { parseExposition, sumOf } from '../src/observe/exposition.fixture.ts';
import { type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const scrape = async ({ url }: Started) => (await fetch(`${url}/metrics`)).text();

/** Asks until it fits: workers tell twice a second. */
async function until(counts: Started, fits: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await scrape(counts);
    if (fits(text)) return text;
  }
}

test('counts of all workers are added up, and go on over restarts and reloads', async () => {
  await using counts = await start('counts', { workers: 2 });
  const pids = new Set<string>();
  let calls = 0;
  while (pids.size < 2) {
    const both = [1, 2].map(async () => (await counts.post('/count', { model: 'small', by: 2 })).text());
    for (const pid of await Promise.all(both)) pids.add(pid);
    calls += 2;
  }
  const total = (by: number) => (text: string) => sumOf(text, 'counts_calls_total') === by;
  await until(counts, total(calls));
  await (await counts.post('/exit', {})).text();
  await until(counts, total(calls + 10));
  await counts.server.reload();
  await (await counts.post('/count', { model: 'small', by: 2 })).text();
  const text = await until(counts, total(calls + 11));
  assert.equal(sumOf(text, 'counts_tokens_total', { model: 'small' }), (calls + 1) * 2);
  assert.match(text, /^# HELP counts_tokens_total Tokens made\n# TYPE counts_tokens_total counter$/m);
});

test('what was counted is not lost when the server stops a worker in good order', async () => {
  await using counts = await start('counts');
  await (await counts.post('/count', { model: 'small', by: 2 })).text();
  await counts.server.reload(); // the old worker ends, perhaps before it would have told by itself
  await until(counts, (text) => sumOf(text, 'counts_calls_total') === 1);
});

test('a metric without labels is shown before it counts, but for a gauge', async () => {
  await using counts = await start('counts');
  const text = await until(counts, (one) => sumOf(one, 'counts_calls_total') === 0);
  assert.equal(sumOf(text, 'counts_length_count'), 0);
  assert.equal(sumOf(text, 'counts_gauge_sum'), undefined);
});

test('histograms and summaries have sum, count, and buckets or quantiles over all workers', async () => {
  await using counts = await start('counts', { workers: 2 });
  const values = Array.from({ length: 100 }, (_, at) => at + 1);
  await Promise.all(
    [values.slice(0, 50), values.slice(50)].map(async (half) =>
      (await counts.post('/observe', { values: half })).text(),
    ),
  );
  const text = await until(counts, (one) => sumOf(one, 'counts_length_count') === 100);
  const buckets = parseExposition(text).filter(({ name }) => name === 'counts_length_bucket');
  assert.deepEqual(
    buckets.map(({ labels, value }) => [labels.le, value]),
    [
      ['10', 10],
      ['100', 100],
      ['+Inf', 100],
    ],
  );
  assert.deepEqual([sumOf(text, 'counts_length_sum'), sumOf(text, 'counts_seconds_sum')], [5050, 5050]);
  for (const [quantile, value] of [
    [0.5, 50],
    [0.99, 99],
  ] as const) {
    const shown = sumOf(text, 'counts_seconds', { quantile }) ?? Number.NaN;
    assert.ok(Math.abs(shown - value) <= value * 0.011, `${quantile}: ${shown}`);
  }
});

test('gauges are merged as they say', async () => {
  await using counts = await start('counts', { workers: 2 });
  const ofPid = new Map<string, number>();
  for (let value = 1; ofPid.size < 2; value += 2) {
    const both = [value, value + 1].map(async (one) => [await (await counts.post('/set', { value: one })).text(), one]);
    for (const [pid, one] of await Promise.all(both)) ofPid.set(String(pid), Number(one));
    if (ofPid.size < 2) ofPid.clear();
  }
  const values = [...ofPid.values()];
  const sum = values.reduce((total, one) => total + one, 0);
  const text = await until(counts, (one) => sumOf(one, 'counts_gauge_sum') === sum);
  assert.equal(sumOf(text, 'counts_gauge_min'), Math.min(...values));
  assert.equal(sumOf(text, 'counts_gauge_max'), Math.max(...values));
  assert.ok(values.includes(sumOf(text, 'counts_gauge_latest') ?? 0));
  const perWorker = parseExposition(text).filter(({ name }) => name === 'counts_gauge_perworker');
  assert.deepEqual(perWorker.map(({ labels }) => labels.worker).sort(), ['1', '2']);
  assert.deepEqual(perWorker.map(({ value }) => value).sort(), values.sort());
  await counts.server.reload();
  const after = await until(counts, (one) => sumOf(one, 'counts_gauge_sum') === undefined);
  assert.ok(
    values.includes(sumOf(after, 'counts_gauge_latest') ?? 0),
    'of workers that are gone only the latest stays',
  );
});

test('services that share the process of a test take nothing from each other', async () => {
  using written = writeFiles({
    'service.ts': `import { api, Counter, service } from 'bentots';
const sold = new Counter({ name: 'shop_sold_total', help: 'Sold' });
@service() export class Shop { @api() async sell(): Promise<void> { sold.inc(); } }`,
  });
  await using counts = await start('counts', { inProcess: true });
  const shop = await start(written.file, { inProcess: true });
  await (await counts.post('/count', { model: 'small', by: 2 })).text();
  await (await shop.post('/sell', {})).text();
  await until(counts, (text) => sumOf(text, 'counts_calls_total') === 1);
  await until(shop, (text) => sumOf(text, 'shop_sold_total') === 1);
  await shop[Symbol.asyncDispose]();
  await (await counts.post('/count', { model: 'small', by: 2 })).text();
  await until(counts, (text) => sumOf(text, 'counts_calls_total') === 2);
});

test('too many sets of labels are left out, with one warning', async () => {
  await using counts = await start('counts');
  await (await counts.post('/many', { count: 3000 })).text();
  const { level } = await counts.line(({ message }) => message.includes('counts_tokens_total has too many'));
  assert.equal(level, 'warn');
  const text = await until(counts, (one) => (sumOf(one, 'counts_tokens_total') ?? 0) > 0);
  assert.equal(parseExposition(text).filter(({ name }) => name === 'counts_tokens_total').length, 1000);
  assert.equal(counts.log.filter(({ message }) => message.includes('too many')).length, 1);
});

test('a label that a metric does not have is a clear error', async () => {
  await using counts = await start('counts');
  assert.match(await (await counts.post('/wrong', {})).text(), /counts_tokens_total has no label modle; it has model/);
});

test('a name that begins as those of the server do not let the service start', async () => {
  using written = writeFiles({
    'service.ts': `import { api, Counter, service } from 'bentots';
export const mine = new Counter({ name: 'shop_mine', help: 'Mine' });
@service({ metrics: { namespace: 'shop' } }) export class Plain { @api() one(): number { return 1; } }`,
  });
  await assert.rejects(
    start(written.file),
    (error) => isServiceError(error, 'METRIC_INVALID') && error.message.includes('the metric shop_mine begins as'),
  );
});

const filtering = (body: string) =>
  writeFiles({
    'service.ts': `import { api, metricsFilter, service } from 'bentots';
@service() export class Filtered {
  @api() one(): number { return 1; }
  @api() block(ms: number): void { const end = Date.now() + ms; while (Date.now() < end); }
  @metricsFilter async filter(text: string): Promise<string> { ${body} }
}`,
  });

test("the author's filter has the last word on the text", async () => {
  using written = filtering("return text.replaceAll('bentoml_service', 'shop');");
  await using filtered = await start(written.file);
  const text = await scrape(filtered);
  assert.ok(text.includes('shop_request_total{') && !text.includes('bentoml_service'));
  const response = await fetch(`${filtered.url}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
  assert.match(await response.text(), /^shop_request_total\{[\s\S]*# EOF\n$/m);
});

test('a filter that fails is left out, and the log says so once', async () => {
  using written = filtering("throw new Error('no filter today');");
  await using filtered = await start(written.file);
  for (let scrapes = 0; scrapes < 3; scrapes++) assert.match(await scrape(filtered), /^bentoml_service_request_total/m);
  const lines = filtered.log.filter(({ message }) => message.includes('no filter today'));
  assert.deepEqual(
    lines.map(({ level, stack }) => [level, /service\.ts/.test(String(stack))]),
    [['error', true]],
  );
});

test('while every worker is blocked the metrics are served without the filter', async () => {
  using written = filtering("return 'filtered';");
  await using filtered = await start(written.file);
  let isBlocked = true;
  const blocked = filtered.post('/block', { ms: 4000 }).then(async (response) => {
    isBlocked = false;
    return response.text();
  });
  await (await fetch(`${filtered.url}/livez`)).text(); // the call was sent before this
  const texts = [];
  while (isBlocked) texts.push(await scrape(filtered));
  assert.ok(texts.some((text) => text.includes('bentoml_service_running_calls')));
  await filtered.line(({ message }) => message.includes('no answer within 2000 ms'));
  await blocked;
  while ((await scrape(filtered)) !== 'filtered'); // as soon as the worker has answered what it was asked before
});

test('a service that is made without decorators has a filter, too', async () => {
  using written = writeFiles({
    'service.mjs': `import { defineService } from 'bentots';
export const Plain = defineService(
  class Plain { one() { return 1; } filter() { return 'plain'; } },
  { apis: { one: { params: {} } }, metricsFilter: 'filter' },
);`,
  });
  await using plain = await start(written.file);
  assert.equal(await scrape(plain), 'plain');
});
