import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { estimateBytes, sendStream } from './stream-sender.ts';

const plenty = { items: 1000, bytes: 1_000_000 };

/** A sender whose clock and turns of the event loop are the test's. */
function start(source: AsyncIterable<unknown> | Iterable<unknown>, credit = plenty, tickMs = 0) {
  const groups: unknown[][] = [];
  const sizes: number[] = [];
  const abort = new AbortController();
  const events = new EventTarget();
  let nowMs = 0;
  const sender = sendStream(source, credit, {
    send(items, bytes) {
      groups.push([...items]);
      sizes.push(bytes);
      events.dispatchEvent(new Event('sent'));
    },
    signal: abort.signal,
    now: () => {
      nowMs += tickMs;
      return nowMs;
    },
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
  });
  sender.finished.catch(() => {}); // the test may look later
  return { ...sender, groups, sizes, abort, sent: () => once(events, 'sent') };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('the first item of a generator that never waits is sent at once, the rest in groups', async () => {
  const { groups, finished } = start([1, 2, 3, 4]);
  assert.deepEqual(groups, [[1]]);
  await finished;
  assert.deepEqual(groups, [[1], [2, 3, 4]]);
});

test('items that come slowly are each sent at once', async () => {
  const { groups, finished } = start([1, 2, 3], plenty, 5);
  await finished;
  assert.deepEqual(groups, [[1], [2], [3]]);
});

test('an item does not wait for the next one while its generator waits for something', async () => {
  const gate = Promise.withResolvers<void>();
  async function* tokens() {
    yield 'a';
    yield 'b'; // right after the first
    await gate.promise;
    yield 'c';
  }
  const { groups, finished } = start(tokens());
  for (let turns = 0; turns < 10; turns++) await turn();
  assert.deepEqual(groups.flat(), ['a', 'b']);
  gate.resolve();
  await finished;
  assert.deepEqual(groups.flat(), ['a', 'b', 'c']);
});

test('a generator that never waits still lets the event loop turn', async () => {
  let turns = 0;
  const count = () => {
    turns++;
    if (turns < 5) setImmediate(count);
  };
  setImmediate(count);
  await start(Array(50).fill('x'), plenty, 1).finished;
  assert.equal(turns, 5);
});

test('the generator pauses when the items that it may send are used up, and goes on when more are granted', async () => {
  let made = 0;
  function* numbers() {
    for (;;) yield ++made;
  }
  const { groups, grant, sent, abort, finished } = start(numbers(), { items: 3, bytes: 1000 });
  while (groups.flat().length < 3) await sent();
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual([groups.flat(), made], [[1, 2, 3], 3]);
  grant({ items: 2, bytes: 0 });
  while (groups.flat().length < 5) await sent();
  assert.equal(made, 5);
  abort.abort();
  await finished;
});

test('the generator pauses when the bytes that it may send are used up; one item may overshoot', async () => {
  const { groups, sizes, grant, sent, finished } = start(['x'.repeat(60), 'y'.repeat(60), 'z'], {
    items: 9,
    bytes: 100,
  });
  while (groups.flat().length < 2) await sent();
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.deepEqual([groups.flat().length, sizes.reduce((a, b) => a + b)], [2, 120]);
  grant({ items: 0, bytes: 20 }); // back to zero: still nothing may pass
  await turn();
  assert.equal(groups.flat().length, 2);
  grant({ items: 0, bytes: 100 });
  await finished;
  assert.equal(groups.flat().length, 3);
});

test('a stream without items sends nothing and ends', async () => {
  const { groups, finished } = start([]);
  await finished;
  assert.deepEqual(groups, []);
});

test('what came before a failure is sent before it is told', async () => {
  async function* breaks() {
    yield 1;
    yield 2;
    throw new Error('midway');
  }
  const { groups, finished } = start(breaks());
  await assert.rejects(finished, /midway/);
  assert.deepEqual(groups.flat(), [1, 2]);
});

test('a cancel while the generator waits for credit ends it, and its finally runs', async () => {
  let isCleanedUp = false;
  async function* endless() {
    try {
      for (;;) yield 1;
    } finally {
      isCleanedUp = true;
    }
  }
  const { groups, sent, abort, finished } = start(endless(), { items: 1, bytes: 1000 });
  if (groups.length === 0) await sent();
  abort.abort();
  await finished;
  assert.equal(isCleanedUp, true);
});

test('a cancel while a generator waits for something else ends it as soon as it comes back', async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  async function* waits() {
    try {
      yield 1;
      await gate.promise;
      seen.push('went on');
      yield 2;
      seen.push('asked again');
    } finally {
      seen.push('cleaned up');
    }
  }
  const { groups, sent, abort, finished } = start(waits());
  if (groups.length === 0) await sent();
  await turn();
  abort.abort();
  gate.resolve();
  await finished;
  assert.deepEqual(seen, ['went on', 'cleaned up']);
});

test('a cancel reaches an iterator that waits but can be told to return', async () => {
  const next = Promise.withResolvers<IteratorResult<unknown>>();
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => next.promise, // as the iterator of node:events `on`, which `return` wakes
      async return() {
        next.resolve({ done: true, value: undefined });
        return { done: true as const, value: undefined };
      },
    }),
  };
  const { abort, finished } = start(source);
  await turn();
  abort.abort();
  let isFinished = false;
  void finished.then(() => {
    isFinished = true;
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(isFinished, true);
});

test('a generator that throws while it is told to return is reported', async () => {
  async function* rude() {
    try {
      for (;;) yield 1;
    } finally {
      // biome-ignore lint/correctness/noUnsafeFinally: it is what the test is about
      throw new Error('not going');
    }
  }
  const { groups, sent, abort, finished } = start(rude(), { items: 1, bytes: 1000 });
  if (groups.length === 0) await sent();
  abort.abort();
  await assert.rejects(finished, /not going/);
});

test('an iterator without return can be cancelled', async () => {
  const source = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) } as Iterable<number>;
  const { groups, sent, abort, finished } = start(source, { items: 1, bytes: 1000 });
  if (groups.length === 0) await sent();
  abort.abort();
  await finished;
});

test('a generator that has come to its end is not told to return', async () => {
  let returned = 0;
  let left = 2;
  const source = {
    [Symbol.iterator]: () => ({
      next: () => (left-- > 0 ? { done: false as const, value: 1 } : { done: true as const, value: undefined }),
      return() {
        returned++;
        return { done: true as const, value: undefined };
      },
    }),
  };
  await start(source).finished;
  assert.equal(returned, 0);
});

test('a stream that is cancelled before its first item makes none', async () => {
  const abort = AbortSignal.abort();
  let made = 0;
  function* numbers() {
    for (;;) yield ++made;
  }
  const { finished } = sendStream(numbers(), plenty, {
    send: () => assert.fail('nothing to send'),
    signal: abort,
    now: () => 0,
    breathe: turn as () => Promise<never>,
  });
  await finished;
  assert.equal(made, 0);
});

test('a stream of streams is read by its async side', async () => {
  const both = {
    *[Symbol.iterator]() {
      yield 'sync';
    },
    async *[Symbol.asyncIterator]() {
      yield 'async';
    },
  };
  const { groups, finished } = start(both);
  await finished;
  assert.deepEqual(groups, [['async']]);
});

for (const [what, value, bytes] of [
  ['a text', 'x'.repeat(10), 10],
  ['a number', 5, 8],
  ['null', null, 8],
  ['bytes', new Uint8Array(100), 100],
  ['a typed array', new Float64Array(100), 800],
  ['an object', { a: 'xxxx', b: 1 }, 12],
  ['an empty array', [], 8],
  ['nested bytes', { a: [new Uint8Array(50)] }, 50],
] as const) {
  test(`${what} counts as ${bytes} bytes`, () => assert.equal(estimateBytes(value), bytes));
}

test('a large array is estimated by its first items', () => {
  const estimate = estimateBytes(Array(100_000).fill('x'.repeat(10)));
  assert.ok(estimate > 500_000 && estimate < 2_000_000, String(estimate));
});

test('a value that holds itself is estimated, too', () => {
  const round: unknown[] = [];
  round.push(round, round);
  assert.ok(estimateBytes(round) >= 8);
});

for (const [what, item, send] of [
  [
    'cannot be sent',
    1,
    () => {
      throw new Error('the header has a character that HTTP cannot carry');
    },
  ],
  [
    'cannot be looked at',
    {
      get secret() {
        throw new Error('a getter of the item throws');
      },
    },
    () => {},
  ],
] as const) {
  test(`a generator whose item ${what} is ended, so that it lets go of what it holds`, async () => {
    let ends = 0;
    function* items() {
      try {
        for (;;) yield item;
      } finally {
        ends++;
      }
    }
    const sender = sendStream(items(), plenty, {
      send,
      signal: new AbortController().signal,
      now: () => 0,
      breathe: turn as () => Promise<void>,
    });
    await assert.rejects(sender.finished, /HTTP cannot carry|a getter of the item throws/);
    assert.equal(ends, 1);
  });
}

test('an iterator that has thrown, or has no more, is not ended once more', async () => {
  let ends = 0;
  const over = (last: () => IteratorResult<number>) => ({
    [Symbol.iterator]: () => ({
      next: last,
      return: () => {
        ends++;
        return { done: true as const, value: undefined };
      },
    }),
  });
  await start(over(() => ({ done: true, value: undefined }))).finished;
  const broken = start(
    over(() => {
      throw new Error('broken');
    }),
  );
  await assert.rejects(broken.finished, /broken/);
  assert.equal(ends, 0);
});
