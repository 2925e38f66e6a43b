import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseExposition, sumOf } from '../src/observe/exposition.fixture.ts';
import { createProcessMetrics } from '../src/observe/process-metrics.ts';
import { createNote, dial, readAll, type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

const ns = 'bentoml_service';
const scrape = async ({ url }: { readonly url: string }, accept = 'text/plain') =>
  (await fetch(`${url}/metrics`, { headers: { accept } })).text();

/** Asks again and again: a request is counted after its last byte, of which its caller may know first. */
async function until({ url }: Started, fits: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await scrape({ url });
    if (fits(text)) return text;
  }
}

test('every metric has one kind and one help, and no sample stands twice', async () => {
  await using faults = await start('faults', { workers: 2 });
  await faults.post('/pid', {});
  const text = await scrape(faults);
  const kinds = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.equal(new Set(kinds).size, kinds.length);
  const samples = parseExposition(text);
  const keys = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  assert.deepEqual(
    keys.filter((key, at) => keys.indexOf(key) !== at),
    [],
  );
});

test('a made-up path never becomes a label', async () => {
  await using faults = await start('faults');
  const socket = await dial(faults.url);
  const count = 10_000;
  const requests = Array.from({ length: count }, (_, at) => `GET /no/${at} HTTP/1.1\r\nHost: x\r\n\r\n`);
  const answers = readAll(socket);
  socket.write(requests.join(''));
  socket.write('GET /no HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await answers;
  const text = await until(
    faults,
    (one) => sumOf(one, `${ns}_request_total`, { endpoint: '(unmatched)' }) === count + 1,
  );
  const endpoints = new Set(parseExposition(text).flatMap(({ labels }) => labels.endpoint ?? []));
  assert.deepEqual(
    [...endpoints].filter((endpoint) => endpoint.startsWith('/no')),
    [],
  );
});

test('counts go on over workers, their restarts, and reloads', async () => {
  await using faults = await start('faults', { workers: 2 });
  const labels = { endpoint: '/pid', http_response_code: 200 };
  for (let call = 0; call < 4; call++) await (await faults.post('/pid', {})).text();
  await (await faults.post('/exit', { code: 3 })).text();
  await until(faults, (text) => sumOf(text, `${ns}_workers`, { state: 'ready' }) === 2);
  for (let call = 0; call < 4; call++) await (await faults.post('/pid', {})).text();
  await faults.server.reload();
  for (let call = 0; call < 4; call++) await (await faults.post('/pid', {})).text();
  const text = await until(faults, (one) => sumOf(one, `${ns}_request_total`, labels) === 12);
  assert.equal(sumOf(text, `${ns}_request_duration_seconds_count`, labels), 12);
  assert.equal(sumOf(text, `${ns}_queue_wait_seconds_count`, { method: 'pid' }), 12);
  assert.equal(sumOf(text, `${ns}_worker_restarts_total`), 1);
  assert.equal(sumOf(text, `${ns}_running_calls`), 0);
  assert.equal(sumOf(text, `${ns}_request_errors_total`, { code: 'WORKER_LOST' }), 1);
  assert.equal(sumOf(text, `${ns}_generation`), 2);
  assert.deepEqual(
    ['ok', 'failed'].map((result) => sumOf(text, `${ns}_reloads_total`, { result })),
    [1, 0],
  );
});

test('what waits, runs and is refused is told, and is over when it is over', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const departure = new AbortController();
  const post = () => faults.post('/hang', { note: note.path }, { signal: departure.signal }).catch(() => {});
  void post();
  await note.until('begun');
  for (let call = 0; call < 5; call++) void post(); // maxQueue is 4
  const method = { method: 'hang' };
  const text = await until(faults, (one) => sumOf(one, `${ns}_request_errors_total`, { code: 'QUEUE_FULL' }) === 1);
  assert.equal(sumOf(text, `${ns}_queue_depth`, method), 4);
  assert.equal(sumOf(text, `${ns}_running_calls`, method), 1);
  departure.abort();
  await until(faults, (one) =>
    [`${ns}_queue_depth`, `${ns}_running_calls`].every((name) => sumOf(one, name, method) === 0),
  );
});

test('bytes, streamed items, and what gateway and workers use are counted', async () => {
  await using talkative = await start('talkative', { workers: 2 });
  const before = await scrape(talkative);
  await (await talkative.post('/countTo', { end: 7 })).text();
  await (await talkative.post('/print', { text: 'x'.repeat(100_000) })).text();
  const text = await scrape(talkative);
  assert.equal(sumOf(text, `${ns}_stream_items_total`, { method: 'countTo' }), 7);
  const grown = (name: string) => (sumOf(text, name) ?? 0) - (sumOf(before, name) ?? 0);
  assert.ok(grown(`${ns}_received_bytes_total`) > 100_000);
  assert.ok(grown(`${ns}_sent_bytes_total`) > 0);
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes'])
    assert.ok((sumOf(text, name) ?? 0) > 0, name);
  for (const at of ['p50', 'p99', 'max']) assert.ok((sumOf(text, `nodejs_eventloop_lag_${at}_seconds`) ?? -1) >= 0);
  if (process.platform !== 'linux') return;
  for (const worker of [1, 2]) {
    assert.ok((sumOf(text, `${ns}_worker_resident_memory_bytes`, { worker }) ?? 0) > 10_000_000);
    assert.ok((sumOf(text, `${ns}_worker_cpu_seconds_total`, { worker }) ?? 0) > 0);
  }
});

const busy = `import { api, service } from 'bentots';
@service() export class Busy {
  @api() spend(cpuSeconds: number): number {
    const spent = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
    while (spent() < cpuSeconds);
    return spent();
  }
  @api() block(ms: number): void { const end = Date.now() + ms; while (Date.now() < end); }
  @api() exit(): void { process.exit(3); }
}`;

test('the processor time of a worker counts, though nobody read the metrics while it lived', async () => {
  using written = writeFiles({ 'service.ts': busy });
  await using service = await start(written.file);
  const spent = Number(await (await service.post('/spend', { cpuSeconds: 1.5 })).text());
  await (await service.post('/exit', {})).text();
  await service.line(({ message }) => message.includes('process.exit(3)'));
  assert.ok((sumOf(await scrape(service), `${ns}_worker_cpu_seconds_total`, { worker: 1 }) ?? 0) >= spent);
});

test('a worker that holds its thread is seen by how late its event loop is, until that was read', async () => {
  using written = writeFiles({ 'service.ts': busy });
  await using service = await start(written.file, { workers: 2 });
  const lagOf = (text: string) => sumOf(text, `${ns}_worker_eventloop_lag_max_seconds`) ?? 0;
  assert.ok(lagOf(await scrape(service)) >= 0);
  await (await service.post('/block', { ms: 1000 })).text();
  const text = await until(service, (one) => lagOf(one) > 0.9);
  assert.deepEqual(
    parseExposition(text).flatMap(({ name, labels }) =>
      name.endsWith('lag_max_seconds') ? (labels.worker ?? []) : [],
    ),
    ['1', '2'],
  );
  await until(service, (one) => lagOf(one) < 0.9); // what is said of the seconds after it
});

test('when the gateway was started is the same whenever it is read, also after the clock was set', (t) => {
  const { families, close } = createProcessMetrics();
  const read = () => {
    const [sample] = families.find(({ name }) => name === 'process_start_time_seconds')?.samples() ?? [];
    return sample?.value ?? 0;
  };
  const first = read();
  const now = Date.now();
  assert.ok(Math.abs(first - now / 1000) < 600);
  t.mock.method(Date, 'now', () => now + 700);
  assert.equal(read(), first);
  close();
});

test('whoever prefers OpenMetrics gets it', async () => {
  await using faults = await start('faults');
  const ask = async (accept: string) => {
    const response = await fetch(`${faults.url}/metrics`, { headers: { accept } });
    return [response.headers.get('content-type')?.split(';')[0], (await response.text()).endsWith('# EOF\n')];
  };
  const prometheus = 'application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.6,*/*;q=0.1';
  assert.deepEqual(await ask(prometheus), ['application/openmetrics-text', true]);
  for (const accept of ['*/*', 'text/plain, application/openmetrics-text;q=0.1'])
    assert.deepEqual(await ask(accept), ['text/plain', false]);
});

/** A service with these options. */
const serviceWith = (options: string) =>
  writeFiles({
    'service.ts': `import { api, service } from 'bentots';
@service(${options}) export class Plain { @api() one(): number { return 1; } }`,
  });

test('namespace and buckets are those that the service asks for', async () => {
  using written = serviceWith("{ metrics: { namespace: 'shop', duration: { min: 1, max: 9, factor: 3 } } }");
  await using plain = await start(written.file);
  const text = await scrape(plain);
  const ends = parseExposition(text).filter(
    ({ name, labels }) => name === 'shop_request_duration_seconds_bucket' && labels.http_response_code === '200',
  );
  assert.deepEqual(
    ends.map(({ labels }) => labels.le),
    ['1', '3', '9', '+Inf'],
  );
  assert.equal(text.includes('bentoml'), false);
});

test('a service that wants no metrics has none', async () => {
  using written = serviceWith('{ metrics: { enabled: false } }');
  await using plain = await start(written.file);
  const response = await fetch(`${plain.url}/metrics`);
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [404, 'NOT_FOUND']);
  assert.equal(await (await plain.post('/one', {})).text(), '1');
});

test('the guide names every metric that there is, and no other', async () => {
  await using faults = await start('faults');
  await (await faults.post('/exit', { code: 3 })).text();
  const text = await until(faults, (one) => sumOf(one, `${ns}_workers`, { state: 'ready' }) === 1);
  const page = readFileSync(new URL('../docs/guide/observing.md', import.meta.url), 'utf8');
  const [table = ''] = /^\| metric [\s\S]*?\n\n/m.exec(page) ?? [];
  const told = [...table.matchAll(/`((?:bentoml_service|process|nodejs)_\w+)`/g)].map(([, name]) => name);
  await using batches = await start('batches'); // others have no metrics of batches
  const shown = [...(text + (await scrape(batches))).matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
  assert.deepEqual(told.sort(), [...new Set(shown)].sort());
  assert.equal(text.includes('batch'), false);
});
