import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ApiError } from '../errors.ts';
import type { Context } from '../sdk/context.ts';
import type { FromWorker } from '../spec/messages.ts';
import type { ApiSpec } from '../spec/service-spec.ts';
import { createInvoker } from './invoke.ts';

const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), isSampled: false };

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
    slots: 16,
    source: { file: '', line: 1, column: 1 },
    ...more,
  }) as ApiSpec;

/** An invoker over methods given as functions; what it says is collected. */
function create(methods: Readonly<Record<string, (...args: never[]) => unknown>>, more: Partial<ApiSpec> = {}) {
  const said: FromWorker[] = [];
  const events = new EventEmitter();
  const names = Object.keys(methods);
  const invoker = createInvoker({
    service: methods,
    apis: new Map(names.map((name) => [name, apiOf(name, more)])),
    schemas: new Map(),
    send(message) {
      said.push(message);
      events.emit('said');
    },
    flush() {},
    log: () => ({ debug() {}, info() {}, warn() {}, error() {} }),
    runInCall: (_trace, run) => run(),
    keepFiles: () => ({ files: [], keep: () => Promise.reject(new Error('nothing is that large')), drop() {} }),
  });
  let nextId = 1;
  return {
    ...invoker,
    said,
    call(args: readonly unknown[] = [], message = {}): number {
      const id = nextId++;
      invoker.call({ kind: 'call', id, method: names[0] ?? '', args, timeoutMs: 1000, trace, ...message });
      return id;
    },
    async until(kind: FromWorker['kind']): Promise<FromWorker> {
      for (;;) {
        const found = said.find((message) => message.kind === kind);
        if (found) return found;
        await once(events, 'said');
      }
    },
  };
}

test('a value is sent with the id of its call', async () => {
  const { call, until } = create({ run: (a: number, b: number) => a + b });
  const id = call([1, 2]);
  assert.deepEqual(await until('value'), { kind: 'value', id, value: 3 });
});

test('the method is called on its instance', async () => {
  const { call, until } = create({
    run(this: unknown) {
      return Object.keys(this as object);
    },
  });
  call();
  assert.deepEqual(((await until('value')) as { value: unknown }).value, ['run']);
});

test('an argument that was left out keeps its place, and JavaScript fills in its default', async () => {
  const { call, until } = create({ run: (a = 'x', b?: string, c = 'z') => [a, b, c] });
  call([undefined, 'y', undefined]);
  assert.deepEqual(((await until('value')) as { value: unknown }).value, ['x', 'y', 'z']);
});

test('the context comes after the parameters, also when optional ones are left out', async () => {
  const parameters = ['a', 'b', 'c'].map((name) => ({ name, isRequired: false }));
  const seen: unknown[][] = [];
  const { call, until } = create(
    {
      run: (...args: unknown[]) => {
        seen.push(args);
      },
    },
    { takesContext: true, parameters },
  );
  call([1]);
  await until('value');
  const [args = []] = seen;
  assert.deepEqual([args.length, args.slice(0, 3)], [4, [1, undefined, undefined]]);
  assert.ok((args[3] as Context).signal instanceof AbortSignal);
});

test('the context tells of the request and until when its caller waits', async () => {
  let context: Context | undefined;
  const { call, until } = create(
    {
      run: (given: Context) => {
        context = given;
      },
    },
    { takesContext: true },
  );
  const before = Date.now();
  call([], { timeoutMs: 5000, request: { path: '/x', headers: { a: 'b' } } });
  await until('value');
  assert.deepEqual([context?.request.path, context?.request.headers.get('a')], ['/x', 'b']);
  const leftMs = Number(context?.deadline) - before;
  assert.ok(leftMs >= 5000 && leftMs < 6000, String(leftMs));
});

test('what the method changes about its answer goes with its value', async () => {
  const { call, until } = create(
    {
      run: (context: Context) => {
        context.response.status = 202;
        return 'x';
      },
    },
    { takesContext: true },
  );
  call();
  assert.deepEqual(((await until('value')) as { response?: unknown }).response, {
    status: 202,
    headers: [],
    cookies: [],
  });
});

test('calls share one state', async () => {
  const { call, until, said } = create(
    {
      run: (context: Context) => {
        context.state.count = Number(context.state.count ?? 0) + 1;
        return context.state.count;
      },
    },
    { takesContext: true },
  );
  call();
  call();
  await until('value');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    said.map((message) => (message as { value: unknown }).value),
    [1, 2],
  );
});

for (const [what, run] of [
  [
    'throws',
    () => {
      throw new RangeError('inside');
    },
  ],
  ['rejects', async () => Promise.reject(new RangeError('inside'))],
  [
    'gives something else that rejects',
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: promises of other libraries are what this is about
      then: (_: unknown, reject: (error: Error) => void) => reject(new RangeError('inside')),
    }),
  ],
] as const) {
  test(`a method that ${what} sends an error with the id of its call`, async () => {
    const { call, until, said } = create({ run });
    const id = call();
    const { error, ...rest } = (await until('error')) as Extract<FromWorker, { kind: 'error' }>;
    assert.deepEqual(
      [rest, error.kind, error.name, error.message],
      [{ kind: 'error', id }, 'other', 'RangeError', 'inside'],
    );
    assert.equal(said.length, 1);
  });
}

test('an error that the author means for the caller keeps its status and code', async () => {
  const { call, until } = create({
    run: () => {
      throw new ApiError(404, 'gone', { code: 'GONE' });
    },
  });
  call();
  const { error } = (await until('error')) as Extract<FromWorker, { kind: 'error' }>;
  assert.deepEqual([error.kind, error.status, error.code], ['api', 404, 'GONE']);
});

test('whatever is thrown, the call is answered with an error', async () => {
  const unreadable = new Error('x');
  Object.defineProperty(unreadable, 'message', { get: () => assert.fail('not readable') });
  for (const thrown of [undefined, 'text', Symbol('s'), unreadable]) {
    const { call, until } = create({
      run: () => {
        throw thrown;
      },
    });
    call();
    assert.equal((await until('error')).kind, 'error');
  }
});

for (const [reason, name] of [
  ['TIMEOUT', 'TimeoutError'],
  ['CANCELLED', 'AbortError'],
  ['STOPPING', 'AbortError'],
] as const) {
  test(`a call that is cancelled for ${reason} has its signal aborted with ${name}`, async () => {
    const { call, cancel, until } = create(
      { run: (context: Context) => once(context.signal, 'abort').then(() => (context.signal.reason as Error).name) },
      { takesContext: true },
    );
    cancel(call(), reason);
    assert.equal(((await until('value')) as { value: unknown }).value, name);
  });
}

test('a cancel or a credit for a call that is over, or never was, does nothing', async () => {
  const { call, cancel, credit, until } = create({ run: () => 1 });
  const id = call();
  await until('value');
  cancel(id, 'CANCELLED');
  cancel(99, 'TIMEOUT');
  credit({ kind: 'credit', id, credit: { items: 1, bytes: 1 } });
});

test('the folder of a call is gone after its answer', async () => {
  let folder = '';
  const { call, idle, until } = create(
    {
      run: (context: Context) => {
        folder = context.tempDir;
        throw new Error('fails after it made the folder');
      },
    },
    { takesContext: true },
  );
  call();
  await until('error');
  await idle();
  assert.deepEqual([folder === '', existsSync(folder)], [false, false]);
});

test('a worker is idle when nothing runs, and when everything that runs was cancelled', async () => {
  const gate = Promise.withResolvers<void>();
  const { call, cancel, idle } = create({ run: () => gate.promise });
  await idle();
  const ids = [call(), call()];
  let isIdle = false;
  const idling = idle().then(() => {
    isIdle = true;
  });
  cancel(ids[0] ?? 0, 'TIMEOUT');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isIdle, false);
  cancel(ids[1] ?? 0, 'TIMEOUT');
  await idling;
  gate.resolve();
});

test('a worker is idle when the last call has ended', async () => {
  const gate = Promise.withResolvers<void>();
  const { call, idle, said } = create({ run: () => gate.promise });
  call();
  const idling = idle();
  gate.resolve();
  await idling;
  assert.equal(said.length, 1);
});

const credit = { items: 100, bytes: 100_000 };

test('the items of a stream are sent, then its end', async () => {
  const { call, until, said } = create(
    {
      async *run() {
        yield 1;
        yield 2;
      },
    },
    { kind: 'stream' },
  );
  const id = call([], { credit });
  await until('end');
  const items = said.flatMap((message) => (message.kind === 'items' ? message.items : []));
  assert.deepEqual([items, said.at(-1)], [[1, 2], { kind: 'end', id }]);
});

test('a method that promises a stream streams, too', async () => {
  const { call, until, said } = create({ run: async () => [1, 2] }, { kind: 'stream' });
  call([], { credit });
  await until('end');
  assert.deepEqual(
    said.flatMap((message) => (message.kind === 'items' ? message.items : [])),
    [1, 2],
  );
});

test('what the method changes about its answer goes with the first items only', async () => {
  const { call, until, said } = create(
    {
      async *run(context: Context) {
        context.response.status = 203;
        yield 1;
        await new Promise((resolve) => setImmediate(resolve));
        yield 2;
      },
    },
    { kind: 'stream', takesContext: true },
  );
  call([], { credit });
  await until('end');
  assert.deepEqual(
    said.map((message) => 'response' in message),
    said.map((_, index) => index === 0),
  );
});

test('a stream without items tells what the method changed with its end', async () => {
  const { call, until } = create(
    {
      // biome-ignore lint/correctness/useYield: a stream may be empty
      async *run(context: Context) {
        context.response.status = 203;
      },
    },
    { kind: 'stream', takesContext: true },
  );
  call([], { credit });
  assert.equal(((await until('end')) as { response?: { status?: number } }).response?.status, 203);
});

for (const value of [undefined, null, 5, 'text', {}]) {
  test(`a method declared as a stream that gives ${JSON.stringify(value)} is an error`, async () => {
    const { call, until } = create({ run: () => value }, { kind: 'stream' });
    call([], { credit });
    const { error } = (await until('error')) as Extract<FromWorker, { kind: 'error' }>;
    assert.match(error.message, /declared to give an AsyncIterable/);
  });
}

test('a stream that fails is an error after its items, and has no end', async () => {
  const { call, until, said } = create(
    {
      async *run() {
        yield 1;
        throw new Error('midway');
      },
    },
    { kind: 'stream' },
  );
  call([], { credit });
  await until('error');
  assert.deepEqual(
    said.map(({ kind }) => kind),
    ['items', 'error'],
  );
});

test('a stream that is cancelled ends its generator and its call', async () => {
  let isCleanedUp = false;
  const { call, cancel, until, idle } = create(
    {
      async *run() {
        try {
          for (;;) yield 1;
        } finally {
          isCleanedUp = true;
        }
      },
    },
    { kind: 'stream' },
  );
  const id = call([], { credit: { items: 2, bytes: 1000 } });
  await until('items');
  cancel(id, 'CANCELLED');
  await until('end');
  await idle();
  assert.equal(isCleanedUp, true);
});
