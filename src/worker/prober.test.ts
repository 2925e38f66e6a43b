import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Health } from '../spec/messages.ts';
import { createProber } from './prober.ts';

const alive = setInterval(() => {}, 1000); // as the line to the gateway is in a worker
after(() => clearInterval(alive));

/** Probes what the hooks say, and gives all that is told of it. */
function probing(service: Record<string, () => unknown>, { periodMs = 1, timeoutMs = 10_000 } = {}) {
  const events = new EventTarget();
  const told: Health[] = [];
  const names = Object.keys(service);
  const prober = createProber({
    service,
    hooks: {
      alive: names.filter((name) => name.startsWith('alive')),
      ready: names.filter((name) => name.startsWith('ready')),
    },
    periodMs,
    timeoutMs,
    tell(health) {
      told.push(health);
      events.dispatchEvent(new Event('told'));
    },
  });
  return { prober, told, next: () => once(events, 'told') };
}

const fine = { isAlive: true, isReady: true, problem: '' };

test('a worker without hooks is ready, and never asked', async () => {
  const { prober, told } = probing({});
  await prober.untilReady();
  prober.start();
  assert.deepEqual(told, [fine]);
});

test('all hooks have to say true, at once or later', async () => {
  const { prober, told } = probing({
    alive1: () => true,
    alive2: async () => 1,
    ready1: () => 'yes',
    ready2: async () => true,
  });
  await prober.untilReady();
  assert.deepEqual(told, [fine]);
});

for (const [what, hook, problem] of [
  ['says false', () => false, 'its isAlive hook alive said false'],
  ['says nothing', () => {}, 'its isAlive hook alive said undefined'],
  [
    'throws',
    async () => {
      throw new Error('no device');
    },
    'its isAlive hook alive threw: no device',
  ],
  ['does not answer', () => new Promise(() => {}), 'its isAlive hook alive did not answer within 20 ms'],
] as const) {
  test(`a worker whose isAlive hook ${what} does not get ready`, async () => {
    const { prober, told } = probing({ alive: hook, ready: () => true }, { timeoutMs: 20 });
    await assert.rejects(prober.untilReady(), new Error(problem));
    assert.deepEqual(told, []);
  });
}

test('a worker is asked until its hooks say that it is ready', async () => {
  const answers = [false, false, true];
  const { prober, told } = probing({ ready: () => answers.shift() });
  await prober.untilReady();
  const unready = { isAlive: true, isReady: false, problem: 'its isReady hook ready said false' };
  assert.deepEqual(told, [unready, unready, fine]);
});

test('a ready worker is asked again and again, until it is told to stop', async () => {
  const { prober, told, next } = probing({ alive: () => told.length !== 2, ready: () => told.length !== 3 });
  await prober.untilReady();
  prober.start();
  while (told.length < 5) await next();
  prober.stop();
  assert.deepEqual(
    told.slice(0, 5).map(({ isAlive, isReady }) => [isAlive, isReady]),
    [
      [true, true],
      [true, true],
      [false, true],
      [true, false],
      [true, true],
    ],
  );
});

test('a hook that has not answered yet is not asked again, and then it is', async () => {
  const answer = Promise.withResolvers<boolean>();
  let asked = 0;
  const ready = () => {
    asked++;
    return answer.promise;
  };
  const { prober, told, next } = probing({ ready }, { timeoutMs: 10 });
  const isReady = prober.untilReady();
  while (told.length < 3) await next();
  assert.deepEqual([asked, told.at(-1)?.problem], [1, 'its isReady hook ready did not answer within 10 ms']);
  answer.resolve(true);
  await isReady;
  assert.equal(told.at(-1)?.isReady, true);
});

test('time in which something else holds the thread does not count', async () => {
  const hold = () => {
    const end = performance.now() + 400;
    while (performance.now() < end);
  };
  const slow = async () => {
    setImmediate(hold);
    await wait(1);
    await readFile(import.meta.filename); // timers run before what was read is told
    return true;
  };
  const { prober, told } = probing({ alive: slow }, { timeoutMs: 200 });
  await prober.untilReady();
  assert.deepEqual(told, [fine]);
});
