/** Bodies that a method takes item by item, while they come. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createNote, type Started, start } from './start.ts';

let into: Started;
before(async () => {
  into = await start('streamed-into');
});
after(() => into[Symbol.asyncDispose]());

const ndjson = 'application/x-ndjson';
const framed = 'application/vnd.bentots.frames';
const sse = 'text/event-stream';

const send = (path: string, type: string, body: string | Uint8Array<ArrayBuffer>, accept = '*/*') =>
  fetch(`${into.url}${path}`, { method: 'POST', headers: { 'content-type': type, accept }, body });

const answerOf = async (path: string, type: string, body: string | Uint8Array<ArrayBuffer>, accept?: string) =>
  (await send(path, type, body, accept)).text();

const failureOf = async (path: string, type: string, body: string | Uint8Array<ArrayBuffer>) => {
  const response = await send(path, type, body);
  return {
    status: response.status,
    ...((await response.json()) as { code: string; error: string; detail: unknown[] }),
  };
};

/** A request whose body is sent piece by piece. */
interface OpenRequest extends Disposable {
  readonly sent: ClientRequest;
  readonly answer: Promise<IncomingMessage>;
}

function open(path: string, headers: Record<string, string> = {}, server = into): OpenRequest {
  const sent = request(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': ndjson, ...headers } });
  sent.flushHeaders();
  const answer = once(sent, 'response').then(([message]) => message as IncomingMessage);
  answer.catch(() => {});
  sent.on('error', () => {}); // of a connection that the server has closed
  return { sent, answer, [Symbol.dispose]: () => void sent.destroy() };
}

function toFrames(
  ...frames: readonly (readonly [kind: number, payload: string | Uint8Array])[]
): Uint8Array<ArrayBuffer> {
  const parts = frames.flatMap(([kind, payload]) => {
    const bytes = Buffer.from(payload as string);
    const head = Buffer.alloc(5);
    head.writeUInt8(kind);
    head.writeUInt32LE(bytes.length, 1);
    return [head, bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

test('each line is an item; blank lines and the end of the last one do not matter', async () => {
  assert.equal(await answerOf('/sum', ndjson, '1\n2\r\n\n  \n3'), '6');
  assert.equal(await answerOf('/sum', `${ndjson}; charset=utf-8`, '1\n2\n'), '3');
  assert.equal(await answerOf('/sum', 'application/jsonl', '4\n'), '4');
  assert.equal(await answerOf('/sum', ndjson, ''), '0');
});

test('a JSON body with an array goes on to be one', async () => {
  assert.equal(await answerOf('/sum', 'application/json', '{"numbers":[1,2,3]}'), '6');
});

test('the other arguments are the first line, and items are what their type says', async () => {
  const body = '{"by":2,"points":["not","looked","at"]}\n{"x":1,"at":"1970-01-01T00:00:01Z"}\n{"x":2}\n';
  assert.equal(await answerOf('/scale', ndjson, body, ndjson), '"2 1000"\n"4 never"\n');
});

test('as frames, the other arguments are the first one, and the last may say that it is', async () => {
  const frames = [
    [0, '{"by":3}'],
    [0, '{"x":1}'],
    [0, '{"x":2}'],
  ] as const;
  assert.equal(await answerOf('/scale', framed, toFrames(...frames), ndjson), '"3 never"\n"6 never"\n');
  assert.equal(await answerOf('/scale', framed, toFrames(...frames, [3, '']), ndjson), '"3 never"\n"6 never"\n');
});

test('bytes come as frames, as lines of base64, or as they are', async () => {
  const blocks = toFrames([1, Uint8Array.of(0, 255, 10)], [1, ''], [0, '"AAAA"']);
  assert.equal(await answerOf('/lengths', framed, blocks, ndjson), '3\n0\n3\n');
  assert.equal(await answerOf('/lengths', ndjson, '"AAA="\n""\n', ndjson), '2\n0\n');
  assert.equal(await answerOf('/total', 'application/json', '["AAA="]'), '2');
  assert.equal(await answerOf('/total', 'audio/wav', '{"no":"json"}\n'), '14');
});

test('what comes in pieces that end anywhere is the same as in one', async () => {
  const body = Buffer.from('{"by":1}\n{"x":12,"at":"1970-01-01T00:00:00Z"}\n{"x":3}\n');
  using one = open('/scale', { accept: ndjson });
  for (const byte of body) {
    one.sent.write(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.sent.end();
  assert.equal(await text(await one.answer), '"12 0"\n"3 never"\n');
});

for (const [path, type, body, status, code, words] of [
  [
    '/sum',
    ndjson,
    '1\n"two"\n',
    400,
    'INVALID_INPUT',
    'invalid input: line 2: numbers[1] must be number, but is "two"',
  ],
  ['/sum', ndjson, '1\n\n{oops\n', 400, 'MALFORMED_BODY', 'line 3: the body is not valid JSON'],
  ['/sum', ndjson, '1\n{"__proto__":1}\n', 400, 'MALFORMED_BODY', 'line 2: the body has the key "__proto__"'],
  ['/scale', ndjson, '{"x":1}\n', 400, 'INVALID_INPUT', 'invalid input: line 1: by is missing'],
  ['/scale', ndjson, '', 400, 'INVALID_INPUT', 'invalid input: the body: by is missing'],
  ['/scale', ndjson, '{"by":1}\n{"x":-1}\n', 400, 'INVALID_INPUT', 'invalid input: line 2: points[0].x must be'],
  ['/few', ndjson, '1\n', 400, 'INVALID_INPUT', 'invalid input: numbers must have at least 2 items, but has 1'],
  ['/few', ndjson, '1\n2\n3\n4\n', 400, 'INVALID_INPUT', 'invalid input: numbers must have at most 3 items'],
  ['/lengths', ndjson, '"!"\n', 400, 'INVALID_INPUT', 'line 1: [0] must be base64'],
  ['/sum', framed, toFrames([1, 'x']), 400, 'INVALID_INPUT', 'frame 1 holds bytes, but the items are no bytes'],
  ['/sum', framed, toFrames([9, '']), 400, 'MALFORMED_BODY', 'frame 1 is of kind 9, but must be of kind 0'],
  ['/sum', framed, toFrames([4, '{}']), 400, 'MALFORMED_BODY', 'frame 1 is of kind 4'],
  ['/sum', framed, toFrames([0, '1'], [3, ''], [0, '1']), 400, 'MALFORMED_BODY', 'there is more after frame 2'],
  ['/sum', framed, toFrames([0, '1'], [0, '2']).slice(0, -1), 400, 'MALFORMED_BODY', 'frame 2 is not complete'],
  ['/sum', framed, Uint8Array.of(0, 255, 255, 255, 255), 413, 'ITEM_TOO_LARGE', 'frame 1 is longer than the limit of'],
] as const) {
  test(`a body of ${JSON.stringify(body).slice(0, 40)} is refused by ${path}: ${words}`, async () => {
    const failure = await failureOf(path, type, body);
    assert.deepEqual([failure.status, failure.code], [status, code], failure.error);
    assert.ok(failure.error.includes(words), failure.error);
  });
}

test('what is wrong with an item is told with the way to it', async () => {
  const { detail } = await failureOf('/scale', ndjson, '{"by":1}\n{"x":1}\n{"x":"1"}\n');
  assert.deepEqual(detail, [{ loc: ['points', 1, 'x'], msg: 'must be number, but is "1"', type: 'type' }]);
});

test('an item that is wrong after the answer has begun is told as an error of the stream', async () => {
  const answer = await answerOf('/echo', ndjson, `${'"fine"\n'.repeat(3)}5\n`, sse);
  using one = open('/echo', { accept: sse });
  one.sent.write('"fine"\n');
  const message = await one.answer;
  one.sent.write('5\n');
  assert.match(
    await text(message),
    /^data: "fine"\n\nevent: error\ndata: \{"error":"[^"]*line 2: .*INVALID_INPUT.*\}\n\n$/,
  );
  assert.match(answer, /line 4/);
});

test('a method takes items and gives others at once', async () => {
  using one = open('/echo', { accept: ndjson });
  const seen: string[] = [];
  one.sent.write('"item 0"\n');
  const message = await one.answer;
  for await (const chunk of message.setEncoding('utf8')) {
    seen.push(chunk as string);
    if (seen.length < 5) one.sent.write(`"item ${seen.length}"\n`);
    else one.sent.end();
  }
  assert.deepEqual(seen, ['"item 0"\n', '"item 1"\n', '"item 2"\n', '"item 3"\n', '"item 4"\n']);
});

test('a method that takes nothing stops what its caller sends', async () => {
  using note = createNote();
  using one = open('/ignores');
  one.sent.write(`${JSON.stringify({ note: note.path })}\n`);
  await note.until('begun');
  const line = `"${'x'.repeat(60_000)}"\n`;
  let sentBytes = 0;
  // 200 MB, unless the connection says before that it takes no more, and goes on saying so while others are served.
  for (let stalls = 0; stalls < 20 && sentBytes < 200_000_000; ) {
    if (one.sent.writableNeedDrain) {
      await (await fetch(`${into.url}/livez`)).text();
      stalls++;
    } else {
      one.sent.write(line);
      sentBytes += line.length;
      stalls = 0;
    }
  }
  assert.ok(sentBytes < 50_000_000, `${sentBytes} bytes were taken for a method that took nothing`);
});

test('a caller that leaves aborts a method that takes nothing', async () => {
  using note = createNote();
  using one = open('/ignores');
  one.sent.write(`${JSON.stringify({ note: note.path })}\n"x"\n`);
  await note.until('begun');
  one.sent.destroy();
  await note.until('aborted true');
});

test('a method that wants no more answers at once; its caller need not send the rest', async () => {
  using one = open('/first');
  one.sent.write('"this"\n"and"\n');
  assert.equal(await text(await one.answer), 'this');
});

test('what comes after an early answer is thrown away, and the connection goes on where that is little', async () => {
  const body = `"this"\n${'"more"\n'.repeat(1000)}`;
  for (let call = 0; call < 5; call++) assert.equal(await answerOf('/first', ndjson, body), 'this');
});

test('the caller leaves midway: the method hears of it', async () => {
  using note = createNote();
  using one = open('/scale', { accept: ndjson });
  one.sent.write(`${JSON.stringify({ by: 1, note: note.path })}\n{"x":1}\n`);
  await one.answer;
  one.sent.destroy();
  await note.until('ended: AbortError');
});

test('a worker that ends while items come is told as any that ends', async () => {
  const { status, code } = await failureOf('/ends', ndjson, '"x"\n');
  assert.deepEqual([status, code], [503, 'WORKER_LOST']);
  assert.equal(await answerOf('/sum', ndjson, '1\n'), '1');
});

test('a caller who waits for a worker is not read: its items are for the method', async () => {
  await using single = await start('streamed-into', { workers: 1 });
  using running = open('/holds', {}, single);
  running.sent.write('"x"\n');
  using waiting = open('/holds', {}, single);
  const line = `"${'x'.repeat(60_000)}"\n`;
  let sent = 0;
  for (let stalls = 0; stalls < 10 && sent < 2000; ) {
    if (waiting.sent.writableNeedDrain) {
      await (await fetch(`${single.url}/livez`)).text();
      stalls++;
    } else {
      waiting.sent.write(line);
      sent++;
      stalls = 0;
    }
  }
  assert.ok(sent < 1000, `${sent} items of 60 kB were taken before anybody wanted them`);
  waiting.sent.end();
  running.sent.end();
  assert.deepEqual([await text(await running.answer), await text(await waiting.answer)], ['1', String(sent)]);
});

test('a line over the limit is refused before it is complete', async () => {
  await using small = await start('streamed-into', { itemLimitBytes: 1000, itemCountLimit: 2 });
  using long = open('/sum', {}, small);
  long.sent.write('1\n'.padEnd(1500, '1'));
  const message = await long.answer;
  const { code, error } = JSON.parse(await text(message)) as { code: string; error: string };
  assert.deepEqual(
    [message.statusCode, code, error],
    [413, 'ITEM_TOO_LARGE', 'line 2 is longer than the limit of 1000 bytes'],
  );
  using many = open('/sum', {}, small);
  many.sent.write('1\n2\n3\n');
  const refused = await many.answer;
  const body = JSON.parse(await text(refused)) as { code: string; error: string };
  assert.deepEqual(
    [refused.statusCode, body.code, body.error],
    [413, 'TOO_MANY_ITEMS', 'the body has more than 2 items'],
  );
});

test('a caller has its time for each item, and not for all of them', async () => {
  process.env.BENTOTS_TEST_TIMEOUT_MS = '2500';
  await using hasty = await start('streamed-into', { requestTimeoutMs: 1000, headersTimeoutMs: 1000 });
  delete process.env.BENTOTS_TEST_TIMEOUT_MS;
  using slow = open('/sum', {}, hasty);
  const startedMs = performance.now();
  // For longer than a request may take, and than a method may take for its answer.
  while (performance.now() - startedMs < 3500) {
    slow.sent.write('1\n');
    await new Promise((resolve) => setTimeout(resolve, 100)); // time itself is what this is about
  }
  slow.sent.write('\n0.5\n');
  slow.sent.end();
  const message = await slow.answer;
  assert.equal(message.statusCode, 200);
  assert.match(await text(message), /^\d+\.5$/);
  using silent = open('/sum', {}, hasty);
  silent.sent.write('1\n');
  const late = await silent.answer;
  const { code } = JSON.parse(await text(late)) as { code: string };
  assert.deepEqual([late.statusCode, code], [408, 'ITEM_TIMEOUT']);
  using waiting = open('/broods', {}, hasty);
  waiting.sent.write('"one"\n');
  const slowMethod = await waiting.answer;
  assert.match(await text(slowMethod), /"code":"TIMEOUT"/); // it had what it wanted of the caller
});
