import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPoolMetrics } from '../observe/pool-metrics.ts';
import type { BatchFacts } from '../spec/batch-facts.ts';
import type { Invocation } from '../spec/invocation.ts';
import type { ApiSpec, BatchingSpec } from '../spec/service-spec.ts';
import { createBatchLine } from './batch-line.ts';
import type { WorkerHandle } from './worker-handle.ts';

test('the time to wait until may be over before the clock is set', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  const woken = Promise.withResolvers<void>();
  let nowMs = 0;
  const line = createBatchLine({
    service: 'S',
    api: { name: 'embed' } as ApiSpec,
    batching: { maxBatchSize: 8, maxWaitMs: 7, maxLatencyMs: 60_000 } as BatchingSpec,
    checks: () => assert.fail('nothing is answered'),
    metrics: createPoolMetrics('demo', {}, () => {}).batches('embed', 8),
    spool: { read: () => Promise.reject(new Error('nothing lies on disk')), hold() {}, remove() {} },
    onDecision: undefined,
    now: () => {
      nowMs += 5; // each look at it takes a while
      return nowMs;
    },
    wake: woken.resolve,
    onLeft() {},
    onSent() {},
    onItems() {},
    onRan() {},
    log() {},
  });
  const ticket = { invocation: {} as Invocation, expiresAtMs: 1000, settle: () => true, refuse: () => true };
  line.add(ticket, { items: 1, kind: '', bucket: 0 } as BatchFacts);
  assert.equal(line.send({} as WorkerHandle, 1), undefined);
  await woken.promise;
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});
