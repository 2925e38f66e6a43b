import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { ApiError, ServiceError } from '../../errors.ts';
import { jsonAnswer as json, textAnswer as plain } from '../../io/answer.ts';
import { chunks, events } from '../../io/stream-form.ts';
import type { ResponseChanges } from '../../spec/invocation.ts';
import { writeError, writeItems, writeValue } from './write.ts';

/** Sends one request to a server that answers by a function; gives the answer and what the function threw. */
async function answer(write: (response: ServerResponse) => void | Promise<void>) {
  let thrown: unknown;
  const server = createServer(async (_request, response) => {
    try {
      await write(response);
    } catch (error) {
      thrown = error;
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo; // a TCP server has no other kind of address
    const [message] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
    const body = await text(message).catch((error: Error) => error);
    return { status: message.statusCode, headers: message.headers, body, thrown };
  } catch {
    return { status: undefined, headers: {}, body: '', thrown };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const value = (response: Partial<ResponseChanges>, io = plain) =>
  answer((to) =>
    writeValue(
      to,
      { kind: 'value', value: 'hello', response: { headers: [], cookies: [], ...response } },
      { server: 'ours' },
      { form: io, idleMs: 1000, asked: {} },
    ),
  );

test('a value is answered with its media type and its length in bytes', async () => {
  const { status, headers, body } = await answer((to) =>
    writeValue(to, { kind: 'value', value: 'é😀' }, {}, { form: json, idleMs: 1000, asked: {} }),
  );
  assert.deepEqual(
    [status, headers['content-type'], headers['content-length'], body],
    [200, 'application/json', '8', '"é😀"'],
  );
});

test('status and headers of the method are answered, also in place of ours', async () => {
  const { status, headers } = await value({
    status: 203,
    headers: [
      ['x-mine', 'a, b'],
      ['content-type', 'text/html'],
      ['server', 'theirs'],
    ],
  });
  assert.deepEqual(
    [status, headers['x-mine'], headers['content-type'], headers.server],
    [203, 'a, b', 'text/html', 'theirs'],
  );
});

for (const name of ['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'trailer', 'te']) {
  test(`the method cannot set ${name}, which frames the message`, async () => {
    const { headers, body, thrown } = await value({ headers: [[name, '1']] });
    assert.deepEqual([body, thrown], ['hello', undefined]);
    assert.notEqual(headers[name], '1');
  });
}

test('a header named like something that every object has does no harm', async () => {
  const { body, headers } = await value({
    headers: [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ],
  });
  assert.deepEqual([body, headers.constructor], ['hello', 'y']);
});

test('a cookie is written with its attributes, each cookie in a header of its own', async () => {
  const { headers } = await value({
    cookies: [
      { name: 'a', value: 'b' },
      {
        name: 'c',
        value: 'd',
        path: '/x',
        domain: 'example.com',
        maxAgeSeconds: 3.7,
        expires: new Date(0),
        secure: true,
        httpOnly: true,
        sameSite: 'none',
      },
    ],
  });
  assert.deepEqual(headers['set-cookie'], [
    'a=b; Path=/; SameSite=Lax',
    'c=d; Path=/x; Max-Age=3; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Secure; HttpOnly; SameSite=None',
  ]);
});

test('nothing is sent of a value whose header HTTP cannot carry: the error can still be answered', async () => {
  for (const response of [
    { headers: [['x-mine', 'a\r\nx-evil: 1']] },
    { headers: [['x-mine', 'a\u0001b']] },
    { cookies: [{ name: 'a', value: 'b', sameSite: 'x\r\ny' as never }] },
  ] as const) {
    const headers = {};
    const seen = await answer((to) => {
      try {
        writeValue(to, { kind: 'value', value: 'x', response: { headers: [], cookies: [], ...response } }, headers, {
          form: plain,
          idleMs: 1000,
          asked: {},
        });
      } catch (error) {
        writeError(to, error, headers); // as server.ts does
      }
    });
    assert.deepEqual(
      [seen.status, seen.thrown, 'x-evil' in seen.headers],
      [500, undefined, false],
      JSON.stringify(response),
    );
  }
});

test('an error is answered with status, code and message; one that may be sent again says when', async () => {
  const { status, headers, body } = await answer((to) => writeError(to, new ServiceError('STOPPING', {}), {}));
  assert.deepEqual([status, headers['content-type']], [503, 'application/json']);
  assert.match(String(headers['retry-after']), /^[12]$/);
  assert.deepEqual(JSON.parse(String(body)), {
    error: 'the server is stopping; try another one',
    code: 'STOPPING',
    detail: [],
  });
  const { headers: others } = await answer((to) => writeError(to, new ServiceError('TIMEOUT', { timeoutMs: 1 }), {}));
  assert.equal(others['retry-after'], undefined);
});

test('an error that is not known is answered 500 without its text', async () => {
  const { status, body } = await answer((to) => writeError(to, new Error('secret'), {}));
  assert.deepEqual([status, String(body).includes('secret')], [500, false]);
});

test('an error with details that JSON cannot say is still answered', async () => {
  const odd = new ApiError(422, 'x', { detail: [{ loc: [5n], msg: 'x', type: 'x' }] as never });
  const { status, thrown } = await answer((to) => writeError(to, odd, {}));
  assert.deepEqual([thrown, status === 422 || status === 500], [undefined, true]);
});

async function* groupsOf(...groups: unknown[][]) {
  yield* groups;
}

const items = (groups: AsyncIterable<readonly unknown[]>, more: object = {}, failures: unknown[] = []) =>
  answer((to) =>
    writeItems(
      to,
      { kind: 'items', groups },
      {},
      {
        form: chunks,
        itemForm: json,
        schema: {},
        idleMs: 10_000,
        onFailure: (error) => failures.push(error),
        ...more,
      },
    ),
  );

test('items are written one after another', async () => {
  const { status, headers, body } = await items(groupsOf([1, 2], [], [3]));
  assert.deepEqual([status, headers['transfer-encoding'], body], [200, 'chunked', '123']);
});

test('an item without text is left out, for an empty chunk would end the message', async () => {
  assert.equal((await items(groupsOf(['a', '', 'b'], ['']), { itemForm: plain })).body, 'ab');
});

test('events end with one that says that nothing is missing', async () => {
  const { headers, body } = await items(groupsOf([1, '']), { form: events });
  assert.equal(headers['x-bentoml-stream'], 'sse');
  assert.equal(body, 'data: 1\n\ndata: ""\n\nevent: end\ndata: null\n\n');
});

for (const [what, fail] of [
  ['a failure midway', () => Promise.reject(new Error('midway'))],
  ['an item that JSON cannot say', async () => [5n]],
] as const) {
  test(`${what} cuts the answer, so that the caller knows`, async () => {
    const failures: unknown[] = [];
    async function* groups() {
      yield [1];
      yield await fail();
    }
    const { body } = await items(groups(), {}, failures);
    assert.ok(body instanceof Error);
    assert.equal(failures.length, 1);
  });

  test(`${what} is the last event, without its text`, async () => {
    async function* groups() {
      yield [1];
      yield await fail();
    }
    const { body } = await items(groups(), { form: events });
    assert.match(
      String(body),
      /^data: 1\n\nevent: error\ndata: \{"error":"[^"]*","code":"(?:INTERNAL|OUTPUT_INVALID)","detail":\[\]\}\n\n$/,
    );
    assert.ok(!String(body).includes('midway'));
  });
}

test('a stream that stands still is ended, and its source is told', async () => {
  const ended = Promise.withResolvers<void>();
  const failures: unknown[] = [];
  const groups = {
    [Symbol.asyncIterator]: () => {
      const next = Promise.withResolvers<IteratorResult<unknown[]>>();
      let isFirst = true;
      return {
        next() {
          if (!isFirst) return next.promise;
          isFirst = false;
          return Promise.resolve({ done: false as const, value: [1] });
        },
        async return() {
          next.resolve({ done: true, value: undefined });
          ended.resolve();
          return { done: true as const, value: undefined };
        },
      };
    },
  };
  const { body } = await items(groups, { idleMs: 50 }, failures);
  await ended.promise;
  assert.ok(body instanceof Error);
  assert.equal((failures[0] as ServiceError).code, 'TIMEOUT');
});

test('a stream whose headers cannot be sent is ended at its source, and leaves no timer behind', async () => {
  let isEnded = false;
  const groups = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: [1] }),
      async return() {
        isEnded = true;
        return { done: true as const, value: undefined };
      },
    }),
  };
  const timersBefore = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  await answer((to) =>
    writeItems(
      to,
      { kind: 'items', groups, response: { headers: [['x-mine', 'a\u0001']], cookies: [] } },
      {},
      {
        form: chunks,
        itemForm: json,
        schema: {},
        idleMs: 1000,
        onFailure() {},
      },
    ),
  );
  const timersAfter = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  assert.deepEqual([isEnded, timersAfter <= timersBefore], [true, true]);
});
