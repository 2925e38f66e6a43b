/** What batches promise, in virtual time: the same that `npm run bench -- batching` prints for longer traces and beside others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scheduleClairvoyantly } from '../bench/batching/clairvoyant.ts';
import { createGreedy, createOracle } from '../bench/batching/competitors.ts';
import { createOurs, measureLoop, measureTrace, returnsMs } from '../bench/batching/measure.ts';
import { type Cost, capacityOf, maxBatchSize, models } from '../bench/batching/models.ts';
import type { Random } from '../bench/batching/random.ts';
import { arriveAt, createTrace, type Traffic } from '../bench/batching/traffic.ts';
import type { Dispatcher } from '../src/batching/simulate.ts';

const endMs = 1000;
const costs = Object.entries<Cost>(models);

function traceOf(cost: Cost, traffic: Traffic, load: number) {
  return createTrace(traffic, load * capacityOf(cost), endMs, 100, 1);
}

for (const callers of [1, 8, 32, 128]) {
  test(`${callers} who ask again and again get 95 % of what an oracle gives them that is told how many they are`, () => {
    const run = (dispatcher: Dispatcher) => measureLoop(dispatcher, callers, models.linear, 3000, 1).perSecond;
    const oracle = run(createOracle(maxBatchSize, callers));
    const own = run(createOurs());
    assert.ok(own >= 0.95 * oracle, `${own} of ${oracle} requests a second`);
  });
}

test('callers of whom one is late now and then get 95 % of the better of an oracle and of sending at once', () => {
  for (const delayMs of [returnsMs['some late'], returnsMs.uneven]) {
    for (const callers of [2, 8, 16]) {
      const run = (dispatcher: Dispatcher) =>
        measureLoop(dispatcher, callers, models.linear, 3000, 1, 1, delayMs).perSecond;
      const best = Math.max(run(createOracle(maxBatchSize, callers)), run(createGreedy(maxBatchSize)));
      const own = run(createOurs());
      assert.ok(own >= 0.95 * best, `${own} instead of ${best}, ${callers} callers`);
    }
  }
});

test('callers who think before they ask again get no less than if everything were sent at once', () => {
  const thinks: readonly ((random: Random) => number)[] = [
    (random) => random.exponential(2),
    (random) => random.exponential(20),
    (random) => (random.next() < 0.3 ? 20 : 0.3),
    (random) => 4 * random.next(),
  ];
  for (const [at, thinkMs] of thinks.entries()) {
    for (const callers of [2, 4, 8, 32]) {
      const run = (dispatcher: Dispatcher) =>
        measureLoop(dispatcher, callers, models.linear, 3000, 1, 1, thinkMs).perSecond;
      const [own, greedy] = [run(createOurs()), run(createGreedy(maxBatchSize))];
      assert.ok(own >= 0.95 * greedy, `${own} instead of ${greedy}, ${callers} callers, way of thinking ${at}`);
    }
  }
});

test('up to 80 % of capacity 99.9 % are answered within 100 ms, from the first request on', () => {
  for (const [name, cost] of costs) {
    for (const load of [0.5, 0.8]) {
      const { came, inTime } = measureTrace(createOurs(), traceOf(cost, 'poisson', load), cost, 1);
      assert.ok(inTime >= 0.999 * came, `${inTime} of ${came} in time, ${name} at ${load}`);
    }
  }
});

test('of clumps and bursts 95 % of those are in time whom one who knows what will come answers in time', () => {
  for (const [name, cost] of costs) {
    for (const traffic of ['gamma, cv 4', 'bursts'] as const) {
      for (const load of [0.5, 1, 2]) {
        const trace = traceOf(cost, traffic, load);
        const best = scheduleClairvoyantly(trace, cost, maxBatchSize);
        const { inTime } = measureTrace(createOurs(), trace, cost, 1);
        assert.ok(inTime >= 0.95 * best, `${inTime} of ${best} in time, ${name}, ${traffic} at ${load}`);
      }
    }
  }
});

test('asked for twice what it can, it does 90 % of what it can in time, and refuses the others within 5 ms', () => {
  for (const [name, cost] of costs) {
    const trace = traceOf(cost, 'poisson', 2);
    const { inTime, refusalMs } = measureTrace(createOurs(), trace, cost, 1);
    assert.ok(inTime >= 0.9 * capacityOf(cost) * endMs, `${inTime} in time, ${name}`);
    assert.ok(refusalMs < 5, `99 % of the refusals within ${refusalMs} ms, ${name}`);
  }
});

test('who comes alone after a burst waits for nobody', () => {
  const cost = models.linear;
  const dispatcher = createOurs();
  measureTrace(dispatcher, createTrace('poisson', 0.9 * capacityOf(cost), endMs, 10_000, 1), cost, 1);
  const calm = Array.from({ length: 30 }, (_, at) => arriveAt(endMs + 1000 * (at + 1), 10_000));
  const { meanMs } = measureTrace(dispatcher, calm, cost, 1);
  assert.ok(meanMs <= 1.1 * cost(1), `${meanMs} ms instead of ${cost(1)} ms`);
});
