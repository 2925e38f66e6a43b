import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { test } from 'node:test';
import { killWorkers } from './kill-workers.ts';
import { createNote, start } from './start.ts';

const nodeOptions = process.env.NODE_OPTIONS ?? '';

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test('a method that never returns is answered 504, and its signal aborts', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const response = await faults.post('/hang', { note: note.path }, { headers: { 'x-request-timeout-ms': '200' } });
  assert.deepEqual([response.status, await codeOf(response)], [504, 'TIMEOUT']);
  assert.equal(await note.until('aborted'), 'begun\naborted: TimeoutError\n');
});

test('the slot of a call that ignores its time-out is held until the call has really ended', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const late = await faults.post(
    '/stubborn',
    { note: note.path, waitMs: 600 },
    { headers: { 'x-request-timeout-ms': '100' } },
  );
  assert.equal(late.status, 504);
  await late.body?.cancel();
  assert.equal(note.text(), 'begun\n', 'it still runs');
  const next = await faults.post('/stubborn', { note: note.path, waitMs: 0 });
  assert.equal(await next.text(), 'late');
  assert.equal(note.text(), 'begun\nended\nbegun\nended\n', 'the second began only after the first had ended');
});

test('a caller that leaves aborts the signal of its method', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const departure = new AbortController();
  const response = faults.post('/hang', { note: note.path }, { signal: departure.signal });
  response.catch(() => {});
  await note.until('begun');
  departure.abort();
  assert.equal(await note.until('aborted'), 'begun\naborted: AbortError\n');
  const line = await faults.line(({ message }) => message.includes('path=/hang'));
  assert.match(line.message, /status=499/);
});

test('a caller that leaves the queue is forgotten: its method never runs', async () => {
  await using faults = await start('faults');
  using first = createNote();
  using second = createNote();
  const running = faults.post('/stubborn', { note: first.path, waitMs: 400 });
  await first.until('begun');
  const departure = new AbortController();
  const waiting = faults.post('/stubborn', { note: second.path, waitMs: 0 }, { signal: departure.signal });
  waiting.catch(() => {});
  await (await fetch(`${faults.url}/livez`)).body?.cancel(); // the waiting call was sent before this
  departure.abort();
  await (await running).text();
  const third = await faults.post('/stubborn', { note: first.path, waitMs: 0 });
  assert.equal(await third.text(), 'late');
  assert.equal(second.text(), '');
});

test('while a method blocks its thread, health, readiness and metrics are answered', async () => {
  await using faults = await start('faults');
  using note = createNote();
  let isBlocked = true;
  const blocked = faults.post('/meet', { note: note.path }).then(async (response) => {
    isBlocked = false;
    return response.text();
  });
  await note.until('\n'); // from here on it holds its thread until there is a second line
  for (let probe = 0; probe < 40; probe++) {
    const response = await fetch(`${faults.url}${['/livez', '/readyz', '/healthz', '/metrics'][probe % 4]}`);
    await response.text();
    assert.equal(response.status, 200);
  }
  assert.equal(isBlocked, true);
  appendFileSync(note.path, 'go on\n');
  assert.match(await blocked, /\d/);
});

test('calls wait in the gateway for a blocked worker, and the other worker takes them meanwhile', async () => {
  await using faults = await start('faults', { workers: 2 });
  using note = createNote();
  const blocked = faults.post('/meet', { note: note.path }).then((response) => response.text());
  await note.until('\n'); // from here on it holds its thread until there is a second line
  const pids = new Set<string>();
  for (let call = 0; call < 10; call++) pids.add(await (await faults.post('/pid', {})).text());
  appendFileSync(note.path, 'go on\n');
  assert.equal(pids.size, 1);
  assert.ok(!pids.has(await blocked));
});

test('two workers run two calls of a blocking method at the same time', async () => {
  await using faults = await start('faults', { workers: 2 });
  using note = createNote();
  // Each call holds its thread until it has seen the other: one after the other they would never end.
  const pids = await Promise.all([1, 2].map(async () => (await faults.post('/meet', { note: note.path })).text()));
  assert.equal(new Set(pids).size, 2);
});

test('what does not fit into the queue is refused with 503 and Retry-After', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const departure = new AbortController();
  const post = () => faults.post('/hang', { note: note.path }, { signal: departure.signal });
  const pending = [post()];
  await note.until('begun');
  pending.push(post(), post(), post(), post()); // maxQueue is 4
  for (const call of pending) call.catch(() => {});
  const refused = await Promise.race([
    ...pending,
    (async () => {
      for (;;) {
        const response = await faults.post(
          '/hang',
          { note: note.path },
          { headers: { 'x-request-timeout-ms': '50' }, signal: departure.signal },
        );
        if (response.status === 503) return response;
        await response.body?.cancel();
      }
    })(),
  ]);
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
  assert.equal(await codeOf(refused), 'QUEUE_FULL');
  departure.abort();
  await note.until('aborted');
});

test('a worker that exits fails only its calls, with 503, and is replaced', async () => {
  await using faults = await start('faults');
  const response = await faults.post('/exit', { code: 3 });
  assert.deepEqual([response.status, await codeOf(response)], [503, 'WORKER_LOST']);
  assert.match(response.headers.get('retry-after') ?? '', /^[12]$/);
  const line = await faults.line(({ message }) => message.startsWith('worker 1 of Faults ended'));
  assert.match(
    line.message,
    /^worker 1 of Faults ended after \d+\.\d s: process\.exit\(3\) was called; another one is started$/,
  );
  assert.deepEqual([line.level, line.reason, line.worker, typeof line.pid], ['error', 'exit', 1, 'number']);
  assert.match(String(line.stack), /exit .*faults\.ts:\d+/);
  const next = await faults.post('/block', { forMs: 1 });
  assert.equal(await next.text(), 'unblocked');
});

interface Fault {
  readonly path: string;
  readonly body?: object;
  readonly reason: string;
  readonly words: string;
  readonly stack?: RegExp;
}

const foreign = { reason: 'foreign_message', words: 'something wrote on its line to the server what no worker says' };

for (const { path, body = {}, reason, words, stack } of [
  {
    path: '/throwsLater',
    reason: 'exception',
    words: 'nobody caught an exception: Error: thrown in a timer',
    stack: /faults\.ts:\d+/,
  },
  {
    path: '/rejectsLater',
    reason: 'rejection',
    words: 'nobody handled the rejection of a promise: Error: rejected in a timer',
    stack: /faults\.ts:\d+/,
  },
  { path: '/abort', reason: 'crash', words: 'native code crashed (SIGABRT)' },
  { path: '/hoard', reason: 'out_of_memory', words: 'its JavaScript heap was full' },
  { path: '/disconnect', reason: 'disconnected', words: 'its line to the server was closed' },
  // On Windows the line is no descriptor of the process.
  ...(process.platform === 'win32'
    ? []
    : [{ path: '/closeLine', reason: 'disconnected', words: 'its line to the server was closed' }]),
  { ...foreign, path: '/speak', body: { parcel: '"ready"' } },
  { ...foreign, path: '/speak', body: { parcel: '{ "kind": "axm:monitor" }' } },
  { ...foreign, path: '/speak', body: { parcel: '[{ "kind": "items", "id": 1 }]' } },
  { ...foreign, path: '/speak', body: { parcel: '[null]' } },
] as readonly Fault[]) {
  const parcel = 'parcel' in body ? ` ${body.parcel}` : '';
  test(`what ends a worker is told, and fails its own calls alone: ${path}${parcel}`, async (t) => {
    process.env.NODE_OPTIONS = `${nodeOptions} --max-old-space-size=128`; // a heap that is soon full
    t.after(() => {
      process.env.NODE_OPTIONS = nodeOptions;
    });
    await using faults = await start('faults', { workers: 2 });
    let isOver = false;
    const ill = faults.post(path, body).finally(() => {
      isOver = true;
    });
    const others = new Set<number>();
    while (!isOver) {
      const answer = await faults.post('/pid', {});
      others.add(answer.status);
      await answer.body?.cancel();
    }
    const response = await ill;
    assert.deepEqual([response.status, await codeOf(response)], [503, 'WORKER_LOST']);
    assert.match(response.headers.get('retry-after') ?? '', /^[12]$/);
    assert.deepEqual([...others], [200], 'the other worker went on');
    const line = await faults.line(({ message }) => /^worker \d of Faults ended/.test(message));
    assert.deepEqual([line.level, line.reason], ['error', reason]);
    assert.ok(line.message.includes(words), line.message);
    if (stack) assert.match(String(line.stack), stack);
  });
}

test('a worker killed in the middle of a call fails it with 503; the next one is served by another process', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const pending = faults.post('/waits', { note: note.path });
  const pid = Number(await note.until('\n'));
  process.kill(pid, 'SIGKILL');
  const response = await pending;
  assert.deepEqual([response.status, await codeOf(response)], [503, 'WORKER_LOST']);
  const line = await faults.line(({ message }) => message.includes('SIGKILL from outside'));
  assert.equal(line.pid, pid);
  assert.notEqual(Number(await (await faults.post('/pid', {})).text()), pid);
});

test('a worker killed in the middle of a stream cuts the answer, so that the caller knows', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const response = await faults.post('/stalls', { note: note.path });
  const reader = response.body?.getReader();
  const first = await reader?.read();
  assert.equal(new TextDecoder().decode(first?.value), 'first');
  process.kill(Number(note.text().split('\n')[0]), 'SIGKILL');
  await assert.rejects(async () => {
    while ((await reader?.read())?.done === false);
  }, /terminated/);
});

test('a worker killed in the middle of a stream of events is told in the last event', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const response = await faults.post('/stalls', { note: note.path }, { headers: { accept: 'text/event-stream' } });
  await note.until('\n');
  process.kill(Number(note.text().split('\n')[0]), 'SIGKILL');
  assert.match(
    await response.text(),
    /^data: "first"\n\nevent: error\ndata: \{"error":"[^"]+","code":"WORKER_LOST","detail":\[\]\}\n\n$/,
  );
});

test('workers that are killed again and again lose what they ran and no more, and are replaced each time', async (t) => {
  await using faults = await start('faults', { workers: 2 });
  const tookMs = await killWorkers(faults, 10, Math.random);
  t.diagnostic(`ready again after ${tookMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
});

test('two workers killed at once are both replaced, and only their calls fail', async () => {
  await using faults = await start('faults', { workers: 2 });
  using notes = createNote();
  const pending = [1, 2].map(() => faults.post('/waits', { note: notes.path }));
  await notes.until(/\n\d+\n/);
  for (const pid of new Set(notes.text().trim().split('\n'))) process.kill(Number(pid), 'SIGKILL');
  for (const response of await Promise.all(pending)) assert.equal(await codeOf(response), 'WORKER_LOST');
  assert.equal(await (await faults.post('/block', { forMs: 1 })).text(), 'unblocked');
});

test('a stream that its reader does not read pauses its generator; a reader that leaves ends it', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const departure = new AbortController();
  const response = await faults.post('/endless', { note: note.path }, { signal: departure.signal });
  const reader = response.body?.getReader();
  await reader?.read();
  const gatewayBefore = process.memoryUsage.rss();
  // The reader stands still for as long as 200 other requests take; an unpaused generator would make a million items.
  for (let probe = 0; probe < 200; probe++) await (await fetch(`${faults.url}/livez`)).text();
  departure.abort();
  await note.until('ended');
  const made = Number(/ended after (\d+), aborted true/.exec(note.text())?.[1]);
  assert.ok(made < 20_000, `${made} items of 1 kB were made for a reader that took few`);
  assert.ok(process.memoryUsage.rss() - gatewayBefore < 100 * 1024 * 1024);
});

test('an idle connection hears of no one: after everything, the handles of the server are those of before', async () => {
  await using faults = await start('faults');
  using note = createNote();
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  for (let call = 0; call < 20; call++) {
    const departure = new AbortController();
    const pending = faults.post('/hang', { note: note.path }, { signal: departure.signal });
    pending.catch(() => {});
    await note.until(new RegExp(`(?:begun[^]*){${call + 1}}`));
    departure.abort();
  }
  assert.equal(await (await faults.post('/block', { forMs: 1 })).text(), 'unblocked');
  const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  assert.ok(after <= before + 2, `${before} timers before, ${after} after`);
});
