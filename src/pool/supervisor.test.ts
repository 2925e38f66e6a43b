import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { createPoolMetrics } from '../observe/pool-metrics.ts';
import type { DecoratedService } from '../spec/decorated.ts';
import type { Health } from '../spec/messages.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import type { ExitReason } from './exit-reason.ts';
import type { Outage } from './outage.ts';
import { startSupervisor } from './supervisor.ts';
import type { WorkerHandle, WorkerInTheMaking } from './worker-handle.ts';

const settings = { recycle: { maxRequests: 10 }, traffic: { timeoutMs: 1000, abortGraceMs: 5000 } };
const spec = { name: 'Demo', settings } as ServiceSpec;

const failed: ExitReason = { kind: 'exit', code: 1 };
const shot: ExitReason = { kind: 'signal', signal: 'SIGTERM' };

/** A worker whose life is the test's. */
function createWorker(index: number, files: readonly DecoratedService[] = []) {
  const ended = Promise.withResolvers<ExitReason>();
  const ready = Promise.withResolvers<WorkerHandle>();
  ready.promise.catch(() => {});
  const seen = { kills: 0, stops: 0, retired: 0 };
  const listeners: (() => void)[] = [];
  const healthListeners: ((health: Health) => void)[] = [];
  let callCount = 0;
  const end = (reason: ExitReason) => {
    ended.resolve(reason);
    ready.reject(new Error(`its worker ended before it was ready: ${reason.kind}`));
  };
  const kill = () => {
    seen.kills++;
    end({ kind: 'killed' });
  };
  const handle = {
    index,
    pid: index,
    load: 0,
    since: new Date(0),
    roomFor: () => 1,
    call: () => 0,
    batch: () => [],
    cancel() {},
    credit() {},
    feed() {},
    endFeed() {},
    filter: async () => '',
    kill,
    ended: ended.promise,
    get callCount() {
      return callCount;
    },
    abandoned: [],
    ping: async () => {},
    onAbandoned() {},
    vitals: { rssBytes: 1, heapBytes: 1, cpuSeconds: 1, loopLagSeconds: 0 },
    onVitals: (listener) => void listeners.push(listener),
    onHealth: (listener) => void healthListeners.push(listener),
    async stop() {
      seen.stops++;
      await ended.promise;
    },
    async retire() {
      seen.retired++;
      await ended.promise;
    },
  } satisfies WorkerHandle;
  const making: WorkerInTheMaking = {
    pid: index,
    hello: Promise.resolve(files),
    exportSchemas: async () => [],
    deploy: async () => {},
    start: () => ready.promise,
    kill,
    ended: ended.promise,
  };
  /** It has taken that many calls, and says how it is. */
  const take = (calls: number) => {
    callCount += calls;
    for (const listener of listeners) listener();
  };
  /** Its hooks say how it is. */
  const say = (isAlive: boolean, isReady: boolean) => {
    const problem = isAlive && isReady ? '' : 'its hook said false';
    for (const listener of healthListeners) listener({ isAlive, isReady, problem });
  };
  return {
    say,
    making,
    seen,
    end,
    take,
    becomeReady: () => ready.resolve(handle),
    fail: (error: Error) => ready.reject(error),
  };
}

type Fake = ReturnType<typeof createWorker>;

const drainMs = 5000;

function create(count: number, launch?: (index: number) => WorkerInTheMaking, signal?: AbortSignal) {
  const workers: Fake[] = [];
  const lines: string[] = [];
  const available: number[] = [];
  const outages: (Outage | undefined)[] = [];
  let files: readonly DecoratedService[] = [];
  const make = (index: number) => {
    const worker = createWorker(index, files);
    workers.push(worker);
    return worker.making;
  };
  const first = make(1);
  const started = startSupervisor(
    {
      spec,
      count,
      kit: { models: {}, warmUp: [] },
      metrics: createPoolMetrics('demo', {}, () => {}),
      drainMs,
      launch: launch ?? make,
      onReady: ({ index }) => available.push(index),
      onGone: ({ index }) => available.splice(available.indexOf(index), 1),
      onOutage: (outage) => outages.push(outage),
      log: (level, message) => lines.push(`${level} ${message}`),
    },
    first,
    signal,
  );
  started.catch(() => {});
  const changeFiles = () => {
    files = [{ exportName: 'Demo' } as DecoratedService];
  };
  return {
    started,
    workers,
    lines,
    available,
    outages,
    changeFiles,
    worker: (position: number) => workers[position] as Fake,
  };
}

/** Lets everything happen that is waiting for nothing. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the workers start side by side, and all have to be ready', async () => {
  const { started, workers, worker, available } = create(3);
  assert.equal(workers.length, 3);
  worker(1).becomeReady();
  worker(2).becomeReady();
  await settle();
  assert.deepEqual(available, [2, 3]);
  worker(0).becomeReady();
  assert.equal((await started).readyCount, 3);
});

test('a worker that does not get ready ends the others, and its error is told', async () => {
  const { started, worker } = create(2);
  worker(0).becomeReady();
  await settle();
  worker(1).fail(new Error('no such weights'));
  await assert.rejects(started, /no such weights/);
  assert.ok(worker(0).seen.kills > 0 && worker(1).seen.kills > 0);
});

test('where a process cannot even be made at the start, those that were are ended', async () => {
  const made: Fake[] = [];
  const { started, worker } = create(4, (index) => {
    if (index === 4) throw new Error('spawn EMFILE');
    const fake = createWorker(index);
    made.push(fake);
    return fake.making;
  });
  await assert.rejects(started, /spawn EMFILE/);
  assert.deepEqual(
    [worker(0), ...made].map(({ seen }) => seen.kills > 0),
    [true, true, true],
  );
});

test('a start that is given up ends its workers, and one that is over no longer listens for that', async () => {
  const givenUp = new AbortController();
  const early = create(2, undefined, givenUp.signal);
  early.worker(0).becomeReady();
  await settle();
  givenUp.abort(new Error('given up'));
  await assert.rejects(early.started, /given up/);
  assert.ok(early.worker(0).seen.kills > 0 && early.worker(1).seen.kills > 0);
  const { signal } = new AbortController();
  const { started, worker } = create(1, undefined, signal);
  worker(0).becomeReady();
  await started;
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

test('a worker that ends is told, taken out, and started again at once', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, lines, available } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  worker(0).end(shot);
  await settle();
  assert.deepEqual([available, supervisor.readyCount], [[], 0]);
  assert.deepEqual(lines, ['error worker 1 of Demo ended after 0.0 s: SIGTERM from outside; another one is started']);
  t.mock.timers.tick(0);
  worker(1).becomeReady();
  await settle();
  assert.deepEqual([workers.length, available, supervisor.readyCount], [2, [1], 1]);
});

test('a worker that cannot be started again is tried again, later each time', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, lines } = create(1);
  worker(0).becomeReady();
  await started;
  worker(0).end(failed);
  for (const [position, waitMs] of [
    [1, 0],
    [2, 500],
    [3, 1000],
  ] as const) {
    await settle();
    if (waitMs > 0) t.mock.timers.tick(waitMs - 1);
    assert.equal(workers.length, position, `not before ${waitMs} ms`);
    t.mock.timers.tick(1);
    assert.equal(workers.length, position + 1);
    worker(position).fail(new Error('still broken'));
  }
  await settle();
  assert.equal(lines.filter((line) => line.includes('could not be started again: still broken')).length, 3);
});

test('while all workers wait to be started again, that is an outage; a try ends it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker, outages } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  const supervisor = await started;
  worker(0).end(failed);
  worker(1).end(failed);
  await settle();
  t.mock.timers.tick(0);
  const trouble = () => supervisor.trouble?.message;
  assert.equal(trouble(), undefined, 'the first try is no reason to talk');
  worker(2).fail(new Error('the key is 1234'));
  await settle();
  assert.match(trouble() ?? '', /^1 of 2 workers of Demo are missing, .*: 2 times .* 0\.[45] s$/);
  assert.ok(!outages.some((outage) => outage), 'the other one is still being started');
  worker(3).fail(new Error('the key is 1234'));
  await settle();
  const refusal = () => outages.at(-1)?.refusal().message;
  assert.match(refusal() ?? '', /^2 of 2 workers/);
  assert.doesNotMatch(refusal() ?? '', /1234/);
  t.mock.timers.tick(500);
  assert.equal(refusal(), undefined);
  worker(4).becomeReady();
  worker(5).becomeReady();
  await settle();
  assert.deepEqual([supervisor.readyCount, trouble()], [2, undefined]);
});

test('a worker in one more place ends an outage, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker, outages } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  worker(0).end(failed);
  await settle();
  t.mock.timers.tick(0);
  worker(1).fail(new Error('still broken'));
  await settle();
  assert.ok(outages.at(-1));
  const added = supervisor.add(2, new AbortController().signal);
  worker(2).becomeReady();
  await added;
  assert.deepEqual([supervisor.readyCount, outages.at(-1)], [1, undefined]);
});

test('a worker whose files say something else than those of the first is told of', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker, lines, changeFiles } = create(1);
  worker(0).becomeReady();
  await started;
  worker(0).end(shot);
  await settle();
  changeFiles();
  t.mock.timers.tick(0);
  worker(1).becomeReady();
  await settle();
  assert.match(lines.at(-1) ?? '', /^warn worker 1 of Demo runs files that have changed since/);
});

test('a process that cannot even be made is tried again, and the gateway lives', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker, lines } = create(1, () => {
    throw new Error('spawn EMFILE');
  });
  worker(0).becomeReady();
  await started;
  worker(0).end(shot);
  await settle();
  t.mock.timers.tick(0);
  await settle();
  assert.ok(
    lines.some((line) => line.includes('could not be started again: spawn EMFILE')),
    lines.join(),
  );
});

test('a stop lets the workers stop, and starts none again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  const supervisor = await started;
  const stopping = supervisor.stop(1000);
  worker(0).end({ kind: 'stopped' });
  worker(1).end({ kind: 'stopped' });
  await stopping;
  t.mock.timers.tick(60_000);
  assert.deepEqual([workers.length, worker(0).seen.stops, worker(0).seen.kills], [2, 1, 0]);
});

test('a worker that needs longer than the time to stop is killed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker } = create(1);
  worker(0).becomeReady();
  const stopping = (await started).stop(1000);
  t.mock.timers.tick(1000);
  await stopping;
  assert.equal(worker(0).seen.kills, 1);
});

test('a stop while a worker is being started again kills it, and one that waits to be started never is', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, lines } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  const supervisor = await started;
  worker(0).end(shot);
  await settle();
  t.mock.timers.tick(0);
  worker(1).end(shot); // its restart waits for the next turn
  await settle();
  await supervisor.stop(1000);
  t.mock.timers.tick(60_000);
  await settle();
  assert.deepEqual([workers.length, worker(2).seen.kills > 0, lines.length], [3, true, 2]);
});

test('after a stop no worker is started, and one that becomes ready meanwhile takes no calls', async () => {
  const { started, workers, worker, available } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  const adding = supervisor.restore(2);
  await settle();
  worker(1).becomeReady();
  const stopping = supervisor.stop(1000); // before it is known
  worker(0).end({ kind: 'stopped' });
  await Promise.all([stopping, adding]);
  await supervisor.restore(3);
  await assert.rejects(supervisor.add(4, new AbortController().signal), { code: 'STOPPING' });
  assert.deepEqual([available, workers.length, worker(1).seen.kills > 0], [[], 2, true]);
});

test('a worker that was not alive and leaves is not told of once more when a stop comes before its end', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker, lines } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  for (let time = 0; time < 3; time++) worker(0).say(false, true);
  const stopping = supervisor.stop(1000);
  worker(0).end({ kind: 'not_alive', problem: 'its hook said false' });
  await stopping;
  await settle();
  assert.equal(lines.length, 1, lines.join());
});

test('a kill ends every worker at once', async () => {
  const { started, worker } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  (await started).kill();
  assert.deepEqual([worker(0).seen.kills, worker(1).seen.kills], [1, 1]);
});

test('a worker that has taken its requests goes on until another one has its place, then leaves', async () => {
  const { started, workers, worker, lines, available } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  worker(0).take(10);
  assert.deepEqual([workers.length, available, supervisor.readyCount], [2, [1], 1]);
  await settle();
  worker(1).becomeReady();
  await settle();
  assert.deepEqual([available, supervisor.readyCount, worker(0).seen.retired], [[1], 1, 1]);
  worker(0).end({ kind: 'stopped' });
  await settle();
  assert.deepEqual([available, supervisor.readyCount], [[1], 1]);
  assert.deepEqual(lines, ['info worker 1 of Demo gave its place to another one, since it has taken 10 requests']);
});

test('one worker is replaced at a time, and none while one is missing', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker } = create(3);
  for (const position of [0, 1, 2]) worker(position).becomeReady();
  await started;
  worker(0).end(shot);
  await settle();
  worker(1).take(10);
  assert.equal(workers.length, 3, 'one is missing');
  t.mock.timers.tick(0);
  worker(3).becomeReady();
  await settle();
  worker(1).take(0);
  worker(2).take(10);
  assert.equal(workers.length, 5, 'the second waits for its turn');
  worker(4).becomeReady();
  await settle();
  worker(2).take(0);
  assert.equal(workers.length, 5, 'the first has not ended yet');
  worker(1).end({ kind: 'stopped' });
  await settle();
  worker(2).take(0);
  assert.equal(workers.length, 6);
});

test('one that goes on with a stream holds up the next replacement for a while, and is cut then', async (t) => {
  let nowMs = 0;
  t.mock.method(performance, 'now', () => nowMs);
  const { started, workers, worker, lines, available } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  await started;
  worker(0).take(10);
  worker(2).becomeReady();
  await settle();
  nowMs = drainMs - 1;
  worker(1).take(10);
  assert.deepEqual([workers.length, worker(0).seen.kills], [3, 0]);
  nowMs = drainMs;
  worker(1).take(0);
  await settle();
  assert.deepEqual([workers.length, worker(0).seen.kills], [4, 1], 'never two more than asked for');
  worker(3).becomeReady();
  await settle();
  assert.deepEqual([available, worker(1).seen.retired], [[1, 2], 1]);
  assert.match(lines[1] ?? '', /^warn worker 1 of Demo is ended before its streams are: another worker is to be repl/);
});

test('one that died while another one was started for it holds up nobody', async () => {
  const { started, workers, worker } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  await started;
  worker(0).take(10);
  worker(0).end({ kind: 'crash', how: 'SIGSEGV' });
  await settle();
  worker(2).becomeReady();
  await settle();
  worker(1).take(10);
  assert.equal(workers.length, 4);
});

test('a worker whose successor does not get ready goes on, and later another one is tried', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, lines, available } = create(1);
  worker(0).becomeReady();
  await started;
  worker(0).take(10);
  worker(1).fail(new Error('no such weights'));
  await settle();
  assert.deepEqual([available, worker(0).seen.retired, worker(1).seen.kills], [[1], 0, 1]);
  assert.deepEqual(lines, ['error worker 1 of Demo goes on, since none could take its place: no such weights']);
  worker(0).take(0);
  assert.equal(workers.length, 3);
});

test('a worker that dies while its successor starts is not started twice', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, available } = create(1);
  worker(0).becomeReady();
  await started;
  worker(0).take(10);
  worker(0).end({ kind: 'crash', how: 'SIGSEGV' });
  await settle();
  t.mock.timers.tick(60_000);
  assert.deepEqual([workers.length, available], [2, []]);
  worker(1).becomeReady();
  await settle();
  assert.deepEqual([workers.length, available], [2, [1]]);
});

test('a worker that dies while its successor fails is started again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker } = create(1);
  worker(0).becomeReady();
  await started;
  worker(0).take(10);
  worker(0).end({ kind: 'crash', how: 'SIGSEGV' });
  worker(1).fail(new Error('no such weights'));
  await settle();
  t.mock.timers.tick(0);
  assert.equal(workers.length, 3);
});

test('a stop waits for workers that are leaving, and kills them when the time is up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  worker(0).take(10);
  worker(1).becomeReady();
  await settle();
  const stopping = supervisor.stop(1000);
  worker(1).end({ kind: 'stopped' });
  t.mock.timers.tick(1000);
  await stopping;
  assert.deepEqual([worker(0).seen.kills, worker(0).seen.stops, worker(1).seen.stops], [1, 0, 1]);
});

test('a worker that says that it is not ready gets no calls until it says that it is', async () => {
  const { started, worker, lines, available } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  const supervisor = await started;
  worker(0).say(true, false);
  worker(0).say(true, false);
  assert.deepEqual([available, supervisor.readyCount], [[2], 1]);
  worker(0).say(true, true);
  worker(0).say(true, true);
  assert.deepEqual([available, supervisor.readyCount], [[2, 1], 2]);
  assert.deepEqual(lines, [
    'warn worker 1 of Demo gets no calls: its hook said false',
    'info worker 1 of Demo gets calls again',
  ]);
});

test('a worker that says three times in a row that it is not alive leaves, and another one is started', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, workers, worker, lines, available } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  for (const isAlive of [false, false, true, false, false]) worker(0).say(isAlive, true);
  assert.deepEqual([available, worker(0).seen.retired], [[1], 0]);
  worker(0).say(false, true);
  assert.deepEqual([available, worker(0).seen.retired, supervisor.readyCount], [[], 1, 0]);
  assert.deepEqual(lines, [
    'error worker 1 of Demo leaves: it was not alive: its hook said false, 3 times in a row; another one is started',
  ]);
  t.mock.timers.tick(0);
  assert.equal(workers.length, 2);
  worker(0).say(false, true);
  worker(0).end({ kind: 'stopped' });
  worker(1).becomeReady();
  await settle();
  t.mock.timers.tick(60_000);
  assert.deepEqual([available, workers.length, supervisor.readyCount], [[1], 2, 1]);
});

test('the service is beyond help when in every place the next worker is not alive either', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker } = create(2);
  worker(0).becomeReady();
  worker(1).becomeReady();
  const supervisor = await started;
  const die = (position: number) => {
    for (let time = 0; time < 3; time++) worker(position).say(false, true);
  };
  die(0);
  die(1);
  t.mock.timers.tick(0);
  worker(2).becomeReady();
  worker(3).becomeReady();
  await settle();
  die(2);
  assert.equal(supervisor.isBeyondHelp, false, 'the second may live');
  die(3);
  assert.equal(supervisor.isBeyondHelp, true);
  t.mock.timers.tick(500);
  worker(4).becomeReady();
  await settle();
  worker(4).say(true, true);
  worker(4).say(true, true);
  assert.equal(supervisor.isBeyondHelp, false, 'one has lived for a while');
});

test('that no worker can be started where one was not alive is no help either', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { started, worker } = create(1);
  worker(0).becomeReady();
  const supervisor = await started;
  for (let time = 0; time < 3; time++) worker(0).say(false, true);
  t.mock.timers.tick(0);
  worker(1).fail(new Error('its isAlive hook said false'));
  await settle();
  assert.equal(supervisor.isBeyondHelp, true);
});
