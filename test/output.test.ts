import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Started, start } from './start.ts';
import { writeFiles } from './write-service.ts';

let everyday: Started;
before(async () => {
  everyday = await start('everyday');
});
after(() => everyday[Symbol.asyncDispose]());

test('a declared string is answered as plain text, everything else as JSON', async () => {
  const text = await everyday.post('/greet', { person: { name: 'Ada' } });
  assert.deepEqual([text.headers.get('content-type'), await text.text()], ['text/plain; charset=utf-8', 'Hello, Ada!']);
  const json = await everyday.post('/maybe', { flag: true });
  assert.deepEqual([json.headers.get('content-type'), await json.text()], ['application/json', '"yes"']);
  const nothing = await everyday.post('/nothing', {});
  assert.deepEqual([nothing.status, await nothing.text()], [200, 'null']);
});

test('every answer of a method names the service and the request', async () => {
  const response = await everyday.post('/add', { a: 1 });
  await response.body?.cancel();
  assert.equal(response.headers.get('server'), 'BentoML Service/Everyday');
  assert.match(response.headers.get('x-bentoml-request-id') ?? '', /^[0-9a-f]{16}$/);
});

test('NaN and infinities become null where the type allows null', async () => {
  const response = await everyday.post('/gaps', {});
  assert.deepEqual([response.status, await response.json()], [200, [1, null, null]]);
});

for (const [kind, complaint] of [
  ['type', 'value must be number, but is "text"'],
  ['missing', 'value is missing'],
  ['nan', 'value must be number, but is NaN'],
  ['function', 'could not be cloned'],
] as const) {
  test(`an output that does not fit its declared type (${kind}) is answered 500 and logged with method and path`, async () => {
    const response = await everyday.post('/lies', { kind });
    const body = (await response.json()) as { code: string; error: string };
    assert.deepEqual([response.status, body.code], [500, 'OUTPUT_INVALID']);
    assert.ok(!body.error.includes('value must'), body.error);
    const line = await everyday.line(({ level, message }) => level === 'error' && message.includes(complaint));
    assert.match(line.message, /^Everyday\.lies/);
    assert.equal(line.path, '/lies');
    assert.equal(line.requestId, response.headers.get('x-bentoml-request-id'));
  });
}

for (const [method, secret] of [
  ['throws', 'a secret from inside'],
  ['rejects', 'another secret from inside'],
] as const) {
  test(`a method that ${method} is answered 500 without its message, which is in the log with its stack`, async () => {
    const response = await everyday.post(`/${method}`, {});
    const body = await response.text();
    assert.deepEqual([response.status, (JSON.parse(body) as { code: string }).code], [500, 'METHOD_FAILED']);
    assert.ok(!body.includes('secret'), body);
    const line = await everyday.line(({ level, message }) => level === 'error' && message.includes(secret));
    assert.equal(line.requestId, response.headers.get('x-bentoml-request-id'));
    assert.match(String(line.stack), /everyday\.ts:\d+:\d+/);
  });
}

test('the cause of an exception is in the log too', async () => {
  await (await everyday.post('/rejects', {})).body?.cancel();
  const line = await everyday.line(({ message }) => message.includes('another secret'));
  assert.match(String(line.cause), /the root of it/);
});

test('an ApiError is answered with the status, code and message that the author gave it', async () => {
  for (const status of [404, 422, 503]) {
    const response = await everyday.post('/refuses', { status });
    assert.equal(response.status, status);
    assert.deepEqual(await response.json(), { error: 'meant for the caller', code: 'MY_CODE', detail: [] });
  }
});

test('a method with a context reads headers and sets status, headers and cookies', async () => {
  const first = await everyday.post('/context', { text: 'hi' }, { headers: { 'x-yours': 'seen' } });
  assert.deepEqual([first.status, first.headers.get('x-mine')], [201, 'seen']);
  assert.equal(first.headers.get('set-cookie'), 'session=abc; Path=/; HttpOnly; SameSite=Lax');
  assert.equal(await first.text(), 'hi 1 /context true');
  const second = await everyday.post('/context', { text: 'hi' });
  assert.equal(await second.text(), 'hi 2 /context true', 'the state is shared by the calls of a worker');
  const line = await everyday.line(({ message }) => message === 'a line from the method');
  assert.deepEqual([line.text, line.worker, line.requestId], ['hi', 1, first.headers.get('x-bentoml-request-id')]);
});

test('a status without a body is answered without one', async () => {
  const response = await everyday.post('/noContent', {});
  assert.deepEqual([response.status, response.headers.get('content-length'), await response.text()], [204, null, '']);
});

test('a value that its type does not speak of, and JSON has no word for, is answered 500 and logged', async () => {
  const response = await everyday.post('/unwritable', {});
  assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [500, 'OUTPUT_INVALID']);
  const line = await everyday.line(({ level, message }) => level === 'error' && message.includes('BigInt'));
  assert.match(line.message, /^\/unwritable: /);
});

test('health, readiness and metrics are answered by the gateway', async () => {
  for (const path of ['/livez', '/healthz', '/readyz']) {
    const response = await fetch(everyday.url + path);
    assert.deepEqual(
      [response.status, await response.text(), response.headers.get('content-type')],
      [200, '\n', 'text/plain; charset=utf-8'],
    );
    const head = await fetch(everyday.url + path, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, '1']);
  }
  await (await everyday.post('/v1/deep/route', {})).body?.cancel();
  const metrics = await fetch(`${everyday.url}/metrics`);
  assert.equal(metrics.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await metrics.text();
  assert.match(text, /bentoml_service_request_total\{.*endpoint="\/v1\/deep\/route",http_response_code="200"\} 1/);
  assert.match(text, /bentoml_service_request_duration_seconds_bucket\{.*le="0\.005"/);
  assert.match(text, /bentoml_service_request_in_progress/);
});

test('a path that a caller made up is no label of a metric', async () => {
  await (await fetch(`${everyday.url}/made-up-path`)).body?.cancel();
  const text = await (await fetch(`${everyday.url}/metrics`)).text();
  assert.ok(!text.includes('made-up-path'));
  assert.match(text, /endpoint="\(unmatched\)",http_response_code="404"/);
});

test('every request leaves one line in the access log, probes none', async () => {
  const response = await everyday.post('/add', { a: 41 });
  await response.body?.cancel();
  const id = response.headers.get('x-bentoml-request-id');
  const line = await everyday.line(({ requestId }) => requestId === id);
  assert.match(
    line.message,
    /^127\.0\.0\.1:\d+ \(scheme=http,method=POST,path=\/add,type=application\/json,length=8\) \(status=200,type=application\/json,length=2\) \d+\.\d{3}ms$/,
  );
  assert.equal(everyday.log.filter(({ requestId }) => requestId === id).length, 1);
  assert.ok(!everyday.log.some(({ message }) => message.includes('path=/livez')));
});

test("a caller's trace is kept, with a span of the server's own", async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const response = await everyday.post(
    '/add',
    { a: 1 },
    { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } },
  );
  await response.body?.cancel();
  const line = await everyday.line(({ trace }) => trace === traceId);
  assert.equal(line.requestId, response.headers.get('x-bentoml-request-id'));
  assert.notEqual(line.requestId, 'b7ad6b7169203331');
  assert.equal(response.headers.get('x-bentoml-trace-id'), null);
});

test('a service that says so tells the trace with every answer of a method', async () => {
  using written = writeFiles({
    'service.ts': `import { api, service } from 'bentots';
@service({ http: { response: { traceId: true } } })
export class Traced { @api() add(a: number): number { return a; } }`,
  });
  await using traced = await start(written.file, { inProcess: true });
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  const answers = [await traced.post('/add', { a: 1 }, { headers }), await traced.post('/add', {}, { headers })];
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get('x-bentoml-trace-id')]),
    [
      [200, traceId],
      [400, traceId],
    ],
  );
});

test('/schema.json lists the methods by name with the shapes of what they take and give', async () => {
  const response = await fetch(`${everyday.url}/schema.json`);
  const document = (await response.json()) as {
    name: string;
    type: string;
    routes: { name: string; route: string; input: unknown; output: unknown }[];
  };
  assert.deepEqual([document.name, document.type], ['Everyday', 'service']);
  const names = document.routes.map(({ name }) => name);
  assert.deepEqual(names, [...names].sort());
  const add = document.routes.find(({ name }) => name === 'add');
  assert.deepEqual(add?.input, {
    type: 'object',
    properties: { a: { title: 'A', type: 'number' }, b: { title: 'B', type: 'number', default: 1 } },
    required: ['a'],
    title: 'Input',
  });
  const count = document.routes.find(({ name }) => name === 'count');
  assert.deepEqual(count?.output, { type: 'number', is_stream: true, media_type: 'text/event-stream' });
});
