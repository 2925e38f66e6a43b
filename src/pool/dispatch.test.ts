import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { ServiceError, toRecord } from '../errors.ts';
import { createPoolMetrics } from '../observe/pool-metrics.ts';
import type { CallArguments, Invocation, Outcome } from '../spec/invocation.ts';
import type { ApiSpec, BatchingSpec, ServiceSpec } from '../spec/service-spec.ts';
import { createValidatorCompiler } from '../spec/validator.ts';
import { createDispatcher } from './dispatch.ts';
import type { CallListener, WorkerHandle } from './worker-handle.ts';

const apiOf = (name: string, more: Partial<ApiSpec> = {}): ApiSpec =>
  ({
    kind: 'unary',
    name,
    route: `/${name}`,
    parameters: [],
    input: {},
    output: { schema: {} },
    takesContext: false,
    isBlocking: false,
    slots: 2,
    source: { file: '', line: 1, column: 1 },
    ...more,
  }) as ApiSpec;

interface Call {
  readonly id: number;
  readonly api: ApiSpec;
  readonly listener: CallListener;
  readonly args: CallArguments;
}

/** A worker that does what the test says; it counts slots as the one over a process does. */
function createWorker(index = 1) {
  const calls: Call[] = [];
  const open = new Map<number, Call>();
  const batches = new Set<Pick<Call, 'api'>>();
  const ends: { readonly calls: number; ran(): void }[] = []; // of its batches
  const cancelled: string[] = [];
  let nextId = 1;
  const running = () => [...open.values()];
  const close = (call: Call): CallListener => {
    open.delete(call.id);
    return call.listener;
  };
  const handle: WorkerHandle = {
    index,
    pid: index,
    ended: new Promise(() => {}),
    kill() {},
    stop: async () => {},
    retire: async () => {},
    vitals: { rssBytes: 0, heapBytes: 0, cpuSeconds: 0, loopLagSeconds: 0 },
    onVitals() {},
    since: new Date(0),
    onHealth() {},
    get load() {
      return open.size;
    },
    get callCount() {
      return calls.length;
    },
    roomFor(api) {
      if (running().some((call) => call.api.isBlocking)) return 0;
      return api.slots - [...running(), ...batches].filter((one) => one.api.name === api.name).length;
    },
    call(api, { args }, listener) {
      const call = { id: nextId++, api, listener, args };
      calls.push(call);
      open.set(call.id, call);
      return call.id;
    },
    batch(api, members, onRan) {
      const batch = { api };
      batches.add(batch);
      const ran = () => {
        batches.delete(batch);
        for (const { listener } of members) listener.onValue(['done'], undefined, []);
        onRan(true);
      };
      ends.push({ calls: members.length, ran });
      return members.map(() => nextId++);
    },
    cancel: (id, reason) => void cancelled.push(`${id} ${reason}`),
    credit() {},
    feed() {},
    endFeed() {},
    filter: async (_method, text) => text,
    abandoned: [],
    ping: async () => {},
    onAbandoned() {},
  };
  return {
    handle,
    calls,
    ends,
    cancelled,
    at: (position: number) => calls[position] as Call,
    answer: (call: Call, value: unknown) => close(call).onValue(value, undefined, []),
    fail: (call: Call, error: Error) => close(call).onError(toRecord(error)),
    end: (call: Call) => close(call).onEnd(undefined),
    lose: (call: Call) => close(call).onLost({ kind: 'signal', signal: 'SIGKILL' }),
  };
}

function create(apis: readonly ApiSpec[], maxQueue = 10, maxConcurrency?: number) {
  const lines: string[] = [];
  const dispatcher = createDispatcher({
    metrics: createPoolMetrics('demo', {}, () => {}),
    spec: {
      name: 'Demo',
      apis,
      settings: {
        workers: 1,
        startTimeoutMs: 1,
        traffic: { timeoutMs: 1000, abortGraceMs: 1, maxQueue, maxConcurrency },
      },
    } as unknown as ServiceSpec,
    compile: createValidatorCompiler(),
    spool: { read: () => Promise.reject(new Error('nothing lies on disk')), hold() {}, remove() {} },
    log: (level, message) => lines.push(`${level} ${message}`),
  });
  const call = (method: string, args: readonly unknown[] = [], more: Partial<Invocation> = {}): Promise<Outcome> => {
    const outcome = dispatcher.dispatch({
      service: 'Demo',
      method,
      args,
      timeoutMs: 1000,
      signal: new AbortController().signal,
      trace: { traceId: 'a', spanId: 'b', isSampled: false },
      caller: '192.0.2.1',
      request: { headers: {}, path: `/${method}` },
      ...more,
    });
    outcome.catch(() => {}); // the test may look later
    return outcome;
  };
  return { ...dispatcher, call, lines, costMs: () => dispatcher.methods[0]?.costMs };
}

const codeOf = (outcome: Promise<unknown>) =>
  outcome.then(
    () => 'fulfilled',
    (error: { code?: string }) => error.code ?? String(error),
  );

/** Resolves when everything has happened that waits for nothing. */
const untilSettled = (answer: string) => new Promise<string>((resolve) => setImmediate(resolve, answer));

test('a call goes to a worker with room and comes back with its value', async () => {
  const { add, call } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run', [1, 2]);
  assert.deepEqual(worker.at(0).args, [1, 2]);
  worker.answer(worker.at(0), 'x');
  assert.deepEqual(await outcome, { kind: 'value', value: 'x' });
});

test('calls wait until there is a worker', () => {
  const { add, call } = create([apiOf('run')]);
  call('run');
  const worker = createWorker();
  add(worker.handle);
  assert.equal(worker.calls.length, 1);
});

test('in an outage those are refused who cannot wait for its end, those who wait already included', async () => {
  const { add, call, setOutage } = create([apiOf('run')]);
  const problem = 'exit code 1';
  const params = { service: 'Demo', count: 1, missing: 1, times: 2, problem, next: '' };
  const waiting = [call('run', ['short'], { timeoutMs: 500 }), call('run', ['long'], { timeoutMs: 1000 })] as const;
  setOutage({ endsAtMs: performance.now() + 750, refusal: () => new ServiceError('CRASH_LOOP', params) });
  assert.equal(await codeOf(waiting[0]), 'CRASH_LOOP');
  assert.equal(await codeOf(call('run', [], { timeoutMs: 500 })), 'CRASH_LOOP');
  call('run', ['late']);
  setOutage(undefined);
  call('run', ['hasty'], { timeoutMs: 100 });
  const worker = createWorker();
  add(worker.handle);
  const ran: unknown[] = [];
  for (let at = 0; at < 3; at++) {
    ran.push(worker.at(at).args[0]);
    worker.answer(worker.at(at), null);
  }
  assert.deepEqual(ran, ['long', 'late', 'hasty']);
});

test('one worker runs as many calls of a method as it has slots; the next begins when one ends', () => {
  const { add, call } = create([apiOf('run', { slots: 2 })]);
  const worker = createWorker();
  add(worker.handle);
  for (const n of [1, 2, 3]) call('run', [n]);
  assert.equal(worker.calls.length, 2);
  worker.answer(worker.at(1), null);
  assert.deepEqual(
    worker.calls.map(({ args }) => args[0]),
    [1, 2, 3],
  );
});

test('while a method blocks its worker nothing else is sent there, and another worker takes it', () => {
  const { add, call } = create([apiOf('block', { isBlocking: true, slots: 1 }), apiOf('run')]);
  const [first, second] = [createWorker(1), createWorker(2)];
  add(first.handle);
  call('block');
  call('run');
  assert.equal(first.calls.length, 1);
  add(second.handle);
  assert.deepEqual([first.calls.length, second.calls.length], [1, 1]);
});

test('a worker that another method holds gets no share of a batch', async () => {
  const bounds = { maxBatchSize: 64, maxWaitMs: 0, maxLatencyMs: 60_000 };
  const batching = { ...bounds, places: [0], inputDim: 0, outputDim: 0 } as Partial<BatchingSpec> as BatchingSpec; // as far as it is looked at
  const embed = apiOf('embed', { slots: 1, batching });
  const { add, call } = create([embed, apiOf('block', { isBlocking: true, slots: 1 })], 100);
  const [held, free] = [createWorker(1), createWorker(2)];
  add(held.handle);
  add(free.handle);
  call('block');
  const send = async (count: number) => {
    for (let n = 0; n < count; n++) call('embed', [[n]]);
    await untilSettled('');
  };
  await send(1);
  await send(8);
  for (let n = 0; n < 2; n++) free.ends[n]?.ran();
  assert.deepEqual(
    free.ends.map(({ calls }) => calls),
    [1, 8],
  );
});

test('a call goes to the worker with the fewest', () => {
  const { add, call } = create([apiOf('run', { slots: 9 })]);
  const [first, second] = [createWorker(1), createWorker(2)];
  add(first.handle);
  add(second.handle);
  for (let n = 0; n < 4; n++) call('run');
  assert.deepEqual([first.calls.length, second.calls.length], [2, 2]);
});

test('of several methods whose turn it is, the call whose time is up first goes first', () => {
  const { add, call } = create([apiOf('slow'), apiOf('urgent')]);
  call('slow', [], { timeoutMs: 900 });
  call('urgent', [], { timeoutMs: 100 });
  const worker = createWorker();
  add(worker.handle);
  assert.deepEqual(
    worker.calls.map(({ api }) => api.name),
    ['urgent', 'slow'],
  );
});

test('calls of one method go in the order in which they came', () => {
  const { add, call } = create([apiOf('run', { slots: 5 })]);
  for (const n of [1, 2, 3]) call('run', [n]);
  const worker = createWorker();
  add(worker.handle);
  assert.deepEqual(
    worker.calls.map(({ args }) => args[0]),
    [1, 2, 3],
  );
});

/** Lets a worker with one slot work through what waits, 10 ms for each; says in what order it ran. */
function runAll(worker: ReturnType<typeof createWorker>, clock: { nowMs: number }): string {
  let order = '';
  for (let at = 0; at < worker.calls.length; at++) {
    const call = worker.at(at);
    order += String(call.args[0]);
    clock.nowMs += 10;
    worker.answer(call, null);
  }
  return order;
}

test('a flood of one method delays the calls of another by one call each, not by the whole flood', (t) => {
  const clock = { nowMs: 0 };
  t.mock.method(performance, 'now', () => clock.nowMs);
  const blocking = { isBlocking: true, slots: 1 };
  const { add, call } = create([apiOf('flooded', blocking), apiOf('other', blocking)], 100);
  const worker = createWorker();
  add(worker.handle);
  for (let n = 0; n < 20; n++) call('flooded', ['f']);
  for (let n = 0; n < 3; n++) call('other', ['o']);
  const order = runAll(worker, clock);
  assert.equal(order.length, 23);
  assert.match(order.slice(0, 8), /o.*o.*o/);
});

test('a flood of one caller delays those of another by one call each', (t) => {
  const clock = { nowMs: 0 };
  t.mock.method(performance, 'now', () => clock.nowMs);
  const { add, call } = create([apiOf('run', { slots: 1 })], 100);
  const worker = createWorker();
  add(worker.handle);
  for (let n = 0; n < 20; n++) call('run', ['f'], { caller: 'flood' });
  for (let n = 0; n < 3; n++) call('run', ['o'], { caller: 'other' });
  assert.equal(runAll(worker, clock), `ff${'of'.repeat(3)}${'f'.repeat(15)}`);
});

test('while a flood fills the queue, another caller and another method still get places in it', async () => {
  const { call } = create([apiOf('flooded'), apiOf('other')], 4);
  const flood = [1, 2, 3, 4].map((n) => call('flooded', [n], { caller: 'flood' }));
  assert.equal(await codeOf(call('flooded', [5], { caller: 'flood' })), 'QUEUE_FULL', 'its own flood finds none');
  const others = [call('flooded', [], { caller: 'other' }), call('other', [], { caller: 'flood' })];
  assert.deepEqual(await Promise.all(flood.slice(2).map(codeOf)), ['QUEUE_FULL', 'QUEUE_FULL'], 'the newest give way');
  assert.equal(
    await Promise.race([...others, ...flood.slice(0, 2)].map(codeOf).concat(untilSettled('waiting'))),
    'waiting',
  );
});

test('a call that would come too late takes no place from anyone', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { add, call } = create([apiOf('run', { slots: 1 })], 4);
  const worker = createWorker();
  add(worker.handle);
  call('run');
  nowMs = 20; // the cost that is learned from it
  worker.answer(worker.at(0), null);
  const flood = [1, 2, 3, 4, 5].map(() => call('run', [], { caller: 'flood' }));
  assert.equal(await codeOf(call('run', [], { caller: 'other', timeoutMs: 5 })), 'QUEUE_FULL');
  assert.equal(await Promise.race([...flood.map(codeOf), untilSettled('waiting')]), 'waiting');
});

test('a call that would still run when its time is up gives its turn to one that would not', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { add, call } = create([apiOf('run', { slots: 1 })]);
  const worker = createWorker();
  add(worker.handle);
  call('run', ['learn']);
  nowMs = 100; // is what one takes
  worker.answer(worker.at(0), null);
  call('run', ['slow'], { timeoutMs: 900 });
  const late = call('run', ['late'], { timeoutMs: 300 });
  call('run', ['in time'], { timeoutMs: 900 });
  nowMs = 350; // of its 300 ms 50 are left
  worker.answer(worker.at(1), null);
  assert.equal(await codeOf(late), 'OVERLOADED');
  assert.deepEqual(
    worker.calls.map(({ args }) => args[0]),
    ['learn', 'slow', 'in time'],
  );
});

test('of a stream that would last too long, but begins in time, the caller is let in', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { add, call, costMs } = create([apiOf('run', { kind: 'stream', slots: 4 } as Partial<ApiSpec>)]);
  const worker = createWorker();
  add(worker.handle);
  call('run');
  worker.at(0).listener.onItems(['at once'], 8, undefined);
  nowMs = 1500; // longer than a caller waits
  worker.end(worker.at(0));
  assert.equal(costMs(), 1500);
  for (let n = 0; n < 4; n++) call('run');
  const waiting = [call('run', ['first']), call('run', ['second'])];
  assert.equal(await Promise.race([...waiting.map(codeOf), untilSettled('waiting')]), 'waiting');
  nowMs = 1700;
  worker.end(worker.at(1));
  assert.deepEqual(worker.at(5).args, ['first'], 'there is time enough until its first item');
});

test('a caller that would get the first item of a stream too late gives way', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { add, call } = create([apiOf('run', { kind: 'stream', slots: 1 } as Partial<ApiSpec>)]);
  const worker = createWorker();
  add(worker.handle);
  call('run');
  nowMs = 400; // until the first item
  worker.at(0).listener.onItems([1], 8, undefined);
  const late = call('run', [], { timeoutMs: 500 });
  call('run', ['in time']);
  nowMs = 600;
  worker.end(worker.at(0));
  assert.equal(await codeOf(late), 'OVERLOADED');
  assert.deepEqual(worker.at(1).args, ['in time']);
});

test('a reader that lets its stream stand still is expected to keep a slot no longer than a call may take', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { add, call, costMs } = create([apiOf('run', { kind: 'stream', slots: 1 } as Partial<ApiSpec>)]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run');
  worker.at(0).listener.onItems(['large'], 64 * 1024, undefined);
  assert.equal((await outcome).kind, 'items');
  nowMs = 50_000; // and nobody has read it
  worker.end(worker.at(0));
  assert.equal(costMs(), 1000);
});

test('calls in a worker that gets no more of them count towards the concurrency', async () => {
  const { add, remove, call } = create([apiOf('run')], 10, 2);
  const [first, second] = [createWorker(1), createWorker(2)];
  add(first.handle);
  call('run');
  remove(first.handle);
  add(second.handle);
  call('run');
  assert.equal(await codeOf(call('run')), 'CONCURRENCY_EXCEEDED');
  first.answer(first.at(0), null);
  call('run');
  assert.equal(second.calls.length, 2);
});

test('what does not fit into the queue is refused; what runs does not count', async () => {
  const { add, call } = create([apiOf('run', { slots: 1 })], 2);
  add(createWorker().handle);
  for (let n = 0; n < 3; n++) call('run'); // one runs, two wait
  assert.equal(await codeOf(call('run')), 'QUEUE_FULL');
});

test('a call that leaves the queue makes room in it', async () => {
  const { call } = create([apiOf('run')], 1);
  const leaving = new AbortController();
  const first = call('run', [], { signal: leaving.signal });
  leaving.abort();
  const second = call('run');
  assert.equal(await codeOf(first), 'CANCELLED');
  assert.equal(await Promise.race([codeOf(second), untilSettled('still waiting')]), 'still waiting');
});

test('a call whose caller leaves while it waits never reaches a worker', () => {
  const { add, call } = create([apiOf('run')]);
  const leaving = new AbortController();
  call('run', ['gone'], { signal: leaving.signal });
  call('run', ['stays']);
  leaving.abort();
  const worker = createWorker();
  add(worker.handle);
  assert.deepEqual(
    worker.calls.map(({ args }) => args[0]),
    ['stays'],
  );
});

test('a call whose caller has left already is not taken', async () => {
  const { add, call } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  assert.equal(await codeOf(call('run', [], { signal: AbortSignal.abort() })), 'CANCELLED');
  assert.equal(worker.calls.length, 0);
});

test('a call whose caller leaves while it runs is cancelled, and holds its slot until it has ended', async () => {
  const { add, call } = create([apiOf('run', { slots: 1 })]);
  const worker = createWorker();
  add(worker.handle);
  const leaving = new AbortController();
  const first = call('run', [1], { signal: leaving.signal });
  call('run', [2]);
  leaving.abort();
  assert.equal(await codeOf(first), 'CANCELLED');
  assert.deepEqual([worker.cancelled, worker.calls.length], [['1 CANCELLED'], 1]);
  worker.answer(worker.at(0), 'too late');
  assert.equal(worker.calls.length, 2);
});

test('a call whose time is up while it waits is answered so, and never runs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { add, call } = create([apiOf('run')]);
  const outcome = call('run', [], { timeoutMs: 100 });
  t.mock.timers.tick(100);
  await assert.rejects(outcome, { code: 'TIMEOUT', message: 'no answer within 100 ms' });
  const worker = createWorker();
  add(worker.handle);
  assert.equal(worker.calls.length, 0);
});

test('a call whose time is up while it runs is cancelled', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { add, call } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run', [], { timeoutMs: 100 });
  t.mock.timers.tick(100);
  assert.equal(await codeOf(outcome), 'TIMEOUT');
  assert.deepEqual(worker.cancelled, ['1 TIMEOUT']);
});

test('nobody waits longer than the service allows', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { call } = create([apiOf('run')]);
  const outcome = call('run', [], { timeoutMs: 1e12 });
  t.mock.timers.tick(1000);
  await assert.rejects(outcome, { message: 'no answer within 1000 ms' });
});

test('nothing is left of a call that is over: no timer, no listener', async () => {
  const clear = mock.method(globalThis, 'clearTimeout');
  const { add, call } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  const caller = new AbortController();
  const removed = mock.method(caller.signal, 'removeEventListener');
  const outcome = call('run', [], { signal: caller.signal });
  worker.answer(worker.at(0), null);
  await outcome;
  assert.deepEqual([clear.mock.callCount(), removed.mock.callCount()], [1, 1]);
  caller.abort();
  assert.deepEqual(worker.cancelled, []);
  clear.mock.restore();
});

test('a worker that is lost fails its calls, and the waiting ones go to the next', async () => {
  const { add, remove, call } = create([apiOf('run', { slots: 1 })]);
  const [first, second] = [createWorker(1), createWorker(2)];
  add(first.handle);
  const lost = call('run', [1]);
  const waiting = call('run', [2]);
  first.lose(first.at(0));
  remove(first.handle);
  assert.equal(await codeOf(lost), 'WORKER_LOST');
  add(second.handle);
  second.answer(second.at(0), 'x');
  assert.deepEqual(await waiting, { kind: 'value', value: 'x' });
});

test('an error of the method is told without its text, and logged with it', async () => {
  const { add, call, lines } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run');
  worker.fail(worker.at(0), new RangeError('secret'));
  await assert.rejects(outcome, { code: 'METHOD_FAILED', message: /^(?!.*secret)/ });
  assert.deepEqual(lines, ['error Demo.run: the method threw RangeError: secret']);
});

test('an error after the caller has gone is a warning, and a complaint about the abort is no more than a remark', () => {
  const { add, call, lines } = create([apiOf('run')]);
  const worker = createWorker();
  add(worker.handle);
  for (const error of [new Error('x'), new DOMException('cancelled', 'AbortError')]) {
    const leaving = new AbortController();
    call('run', [], { signal: leaving.signal });
    leaving.abort();
    worker.fail(worker.calls.at(-1) as Call, error);
  }
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['warn', 'debug'],
  );
});

test('a value that does not fit is refused, logged, and frees the slot', async () => {
  const { add, call, lines } = create([apiOf('run', { slots: 1, output: { schema: { type: 'number' } } })]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run', [1]);
  call('run', [2]);
  worker.answer(worker.at(0), 'text');
  assert.equal(await codeOf(outcome), 'OUTPUT_INVALID');
  assert.match(lines[0] ?? '', /^error Demo\.run: the result does not fit its declared type: the value must be number/);
  assert.equal(worker.calls.length, 2);
});

test('whatever a worker answers, the gateway lives and the slot is freed', async () => {
  const { add, call } = create([
    apiOf('run', {
      slots: 1,
      output: {
        schema: { $ref: '#/$defs/T', $defs: { T: { type: 'object', properties: { next: { $ref: '#/$defs/T' } } } } },
      },
    }),
  ]);
  const worker = createWorker();
  add(worker.handle);
  const round: Record<string, unknown> = {};
  round.next = round;
  const outcome = call('run', [1]);
  call('run', [2]);
  worker.answer(worker.at(0), round);
  assert.equal(await codeOf(outcome), 'OUTPUT_INVALID');
  assert.equal(worker.calls.length, 2);
});

async function itemsOf(outcome: Outcome): Promise<unknown[]> {
  assert.ok(outcome.kind === 'items');
  const items: unknown[] = [];
  for await (const group of outcome.groups) items.push(...group);
  return items;
}

test('a stream is answered with its first items, and holds its slot until its end', async () => {
  const { add, call } = create([apiOf('run', { kind: 'stream', slots: 1 } as Partial<ApiSpec>)]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run', [1]);
  call('run', [2]);
  const { listener } = worker.at(0);
  listener.onItems([1], 8, undefined);
  const reading = itemsOf(await outcome);
  listener.onItems([2, 3], 16, undefined);
  assert.equal(worker.calls.length, 1);
  worker.end(worker.at(0));
  assert.deepEqual(await reading, [1, 2, 3]);
  assert.equal(worker.calls.length, 2);
});

test('a stream whose reader leaves is cancelled', async () => {
  const { add, call } = create([apiOf('run', { kind: 'stream' } as Partial<ApiSpec>)]);
  const worker = createWorker();
  add(worker.handle);
  const outcome = call('run');
  worker.at(0).listener.onItems([1], 8, undefined);
  const { groups } = (await outcome) as Extract<Outcome, { kind: 'items' }>;
  for await (const _ of groups) break;
  assert.deepEqual(worker.cancelled, ['1 CANCELLED']);
});

test('after close new calls are refused, and close ends with the last of the others', async () => {
  const { add, call, close } = create([apiOf('run', { slots: 1 })]);
  const worker = createWorker();
  add(worker.handle);
  const running = call('run');
  const waiting = call('run');
  let isClosed = false;
  const closing = close().then(() => {
    isClosed = true;
  });
  assert.equal(await codeOf(call('run')), 'STOPPING');
  worker.answer(worker.at(0), 1);
  await running;
  assert.equal(isClosed, false);
  worker.answer(worker.at(1), 2);
  await closing;
  assert.equal(await codeOf(waiting), 'fulfilled');
});

test('a dispatcher without calls closes at once', async () => {
  await create([apiOf('run')]).close();
});
