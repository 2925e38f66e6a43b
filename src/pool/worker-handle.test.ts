import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import type { ApiSpec, ServiceSpec } from '../spec/service-spec.ts';
import { launchWorker } from './worker-handle.ts';

test('a batch leaves at once: what its turn still has to do does not keep the worker waiting', async () => {
  const waiting: ToWorker[] = [];
  const gone: ToWorker[] = [];
  const heard = Promise.withResolvers<(message: FromWorker) => void>();
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
      ended: new Promise(() => {}),
      expectEnd() {},
      kill() {},
    }),
    loadTimeoutMs: 10_000,
    log() {},
    authorMetrics: () => undefined,
    spool: { place: { folder: '', key: '' } } as never, // nothing of it is looked into here
    onSource: undefined,
  });
  const hear = await heard.promise;
  hear({ kind: 'hello', services: [] });
  await worker.hello;
  const ready = worker.start({ name: 'S', settings: { startTimeoutMs: 10_000 } } as ServiceSpec, {} as never); // sent, not read
  hear({ kind: 'ready' });
  const handle = await ready;
  const api = { name: 'embed', slots: 1, isBlocking: false } as ApiSpec;
  handle.batch(api, [], () => {});
  assert.deepEqual([gone.at(-1)?.kind, waiting.length], ['batch', 0]);
});
