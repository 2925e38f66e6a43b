import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRecord } from '../errors.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import type { ApiSpec, ServiceSpec } from '../spec/service-spec.ts';
import type { ExitReason } from './exit-reason.ts';
import { type BatchMember, launchWorker } from './worker-handle.ts';

const api = { name: 'embed', slots: 1, isBlocking: false } as ApiSpec;

/** A worker whose process is the test. */
async function startWorker() {
  const waiting: ToWorker[] = [];
  const gone: ToWorker[] = [];
  const heard = Promise.withResolvers<(message: FromWorker) => void>();
  const ended = Promise.withResolvers<ExitReason>();
  const worker = launchWorker({
    file: 'service.ts',
    tsconfig: undefined,
    args: {},
    variables: [],
    bento: undefined,
    index: 1,
    startProcess: () => ({
      pid: 1,
      channel: {
        send: (message) => waiting.push(message) > 0,
        flush: () => void gone.push(...waiting.splice(0)),
        drained: () => Promise.resolve(),
        onMessage: heard.resolve,
        onClose() {},
        close() {},
      },
      ended: ended.promise,
      expectEnd() {},
      kill() {},
    }),
    loadTimeoutMs: 10_000,
    log() {},
    authorMetrics: () => undefined,
    spool: { place: { folder: '', key: '' }, sweep: async () => {} } as never, // nothing of it is looked into here
    onSource: undefined,
  });
  const hear = await heard.promise;
  hear({ kind: 'hello', services: [] });
  await worker.hello;
  const ready = worker.start(
    { name: 'S', apis: [] as readonly ApiSpec[], settings: { startTimeoutMs: 10_000 } } as ServiceSpec,
    {} as never,
  ); // sent, not read
  hear({ kind: 'ready' });
  return { handle: await ready, hear, waiting, gone, end: ended.resolve };
}

const member = (): BatchMember => {
  const listener = { onValue() {}, onItems() {}, onTaken() {}, onEnough() {}, onEnd() {}, onError() {}, onLost() {} };
  return { message: {} as never, listener }; // sent, not read
};

test('a batch leaves at once: what its turn still has to do does not keep the worker waiting', async () => {
  const { handle, waiting, gone } = await startWorker();
  handle.batch(api, [], () => {});
  assert.deepEqual([gone.at(-1)?.kind, waiting.length], ['batch', 0]);
});

test('a batch is abandoned when the last one who waits has left or failed, and not when all have their answers', async () => {
  const { handle, hear } = await startWorker();
  const countAbandoned = () => [...handle.abandoned].length;
  const begin = () => handle.batch(api, [member(), member()], () => {}) as readonly [number, number];
  const value = (id: number) => hear({ kind: 'value', id, value: 1 });
  const error = (id: number) => hear({ kind: 'error', id, error: toRecord(new Error('no')) });
  const leave = (id: number) => handle.cancel(id, 'TIMEOUT');
  const outcomes = ([one, other]: readonly [(id: number) => void, (id: number) => void]) => {
    const [first, second] = begin();
    one(first);
    const before = countAbandoned();
    other(second);
    other(second); // again: says nothing new
    return countAbandoned() - before;
  };
  assert.deepEqual(
    (
      [
        [value, leave],
        [leave, value],
        [leave, leave],
        [error, error],
        [value, value],
      ] as const
    ).map(outcomes),
    [1, 1, 1, 1, 0],
  );
  const batches = 5;
  for (let id = 1; id <= batches; id++) hear({ kind: 'ran', id, isTypical: false });
  assert.deepEqual([countAbandoned(), handle.load], [0, 0]);
});

test('a worker that has ended has no room for another batch, when it is heard that those that it had are lost', async () => {
  const { handle, end } = await startWorker();
  assert.equal(handle.roomFor(api), 1);
  const room = new Promise((resolve) => handle.batch(api, [], () => resolve(handle.roomFor(api))));
  end({ kind: 'signal', signal: 'SIGKILL' });
  assert.equal(await room, 0);
});
