/** Streams of answers in each form that callers can ask for. */
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createNote, type Started, start } from './start.ts';

let streaming: Started;
before(async () => {
  streaming = await start('streaming');
});
after(() => streaming[Symbol.asyncDispose]());

const sse = 'text/event-stream';
const ndjson = 'application/x-ndjson';
const framed = 'application/vnd.bentots.frames';
const forms = ['*/*', sse, ndjson, framed];

const ask = (path: string, accept: string, body: unknown = {}, signal?: AbortSignal) =>
  streaming.post(path, body, { headers: { accept }, ...(signal ? { signal } : {}) });

const textOf = async (path: string, accept: string) => (await ask(path, accept)).text();

interface Frame {
  readonly kind: number;
  readonly payload: string;
}

/** Bytes as characters of the same numbers. */
function readFrames(body: ArrayBuffer): Frame[] {
  const bytes = Buffer.from(body);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 1);
    frames.push({ kind: bytes.readUInt8(at), payload: bytes.toString('latin1', at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return frames;
}

const framesOf = async (path: string) => readFrames(await (await ask(path, framed)).arrayBuffer());

for (const [accept, contentType] of [
  ['*/*', 'text/event-stream; charset=utf-8'],
  ['application/json', 'text/event-stream; charset=utf-8'],
  [sse, 'text/event-stream; charset=utf-8'],
  [ndjson, ndjson],
  ['application/jsonl', 'application/jsonl'],
  [`${ndjson}; q=0.5, ${framed}`, framed],
  [`text/*, ${ndjson}; q=0`, 'text/event-stream; charset=utf-8'],
  [framed, framed],
] as const) {
  test(`who accepts ${accept} gets ${contentType}, and caches are told that it depends`, async () => {
    const response = await ask('/words', accept);
    await response.arrayBuffer();
    assert.deepEqual([response.headers.get('content-type'), response.headers.get('vary')], [contentType, 'Accept']);
  });
}

test('as NDJSON each item is a line of JSON', async () => {
  assert.equal(await textOf('/words', ndjson), '"a"\n"line\\nbreak \\"ü\\""\n');
  assert.equal(await textOf('/readings', ndjson), '{"value":1.5,"at":"1970-01-01T00:00:00.000Z"}\n');
  assert.equal(await textOf('/blocks', ndjson), '"AP8K"\n""\n');
});

test('as frames each item says its length; the last frame says that nothing is missing', async () => {
  assert.deepEqual(await framesOf('/readings'), [
    { kind: 0, payload: '{"value":1.5,"at":"1970-01-01T00:00:00.000Z"}' },
    { kind: 3, payload: '' },
  ]);
});

test('in frames bytes stay bytes, also none of them', async () => {
  assert.deepEqual(await framesOf('/blocks'), [
    { kind: 1, payload: '\u0000\u00ff\n' },
    { kind: 1, payload: '' },
    { kind: 3, payload: '' },
  ]);
});

const reading = (value: number) => `{"value":${value},"at":"1970-01-01T00:00:00.000Z"}`;

test('an event brings its name, its id and the time to wait', async () => {
  assert.equal(
    await textOf('/events', sse),
    [
      `event: reading\nid: 7\nretry: 1500\ndata: ${reading(1)}\n\n`,
      `data: ${reading(2)}\n\n`,
      `id: \ndata: ${reading(3)}\n\n`,
      'event: end\ndata: null\n\n',
    ].join(''),
  );
});

test('who asks for no events gets the data of the events', async () => {
  assert.equal(await textOf('/events', '*/*'), [1, 2, 3].map(reading).join(''));
  assert.equal(await textOf('/events', ndjson), [1, 2, 3].map((value) => `${reading(value)}\n`).join(''));
  assert.deepEqual(
    (await framesOf('/events')).map(({ payload }) => payload),
    [...[1, 2, 3].map(reading), ''],
  );
});

for (const [path, words] of [
  ['/lies', 'it is number, and not what its type says'],
  ['/liesInside', 'must be number, but is "two"'],
] as const) {
  test(`an item that is no event of its type ends the stream: ${path}`, async () => {
    assert.match(await textOf(path, sse), /^data: 1\n\nevent: error\ndata: \{.*"code":"OUTPUT_INVALID".*\}\n\n$/);
    await streaming.line(({ message, level }) => level === 'error' && message.includes(words));
  });
}

test('a name that tells how a stream ended is refused where the event is made', async () => {
  assert.equal((await ask('/badName', sse)).status, 500);
  await streaming.line(({ message }) => message.includes('an event cannot be named "end"'));
});

test('a reader that comes back says what it has seen, and the method hears of it', async () => {
  const resume = (headers: Record<string, string>) =>
    streaming.post('/resumes', {}, { headers: { accept: sse, ...headers } }).then((response) => response.text());
  const event = (id: number) => `id: ${id}\ndata: ${id}\n\n`;
  const end = 'event: end\ndata: null\n\n';
  assert.equal(await resume({}), [1, 2, 3].map(event).join('') + end);
  assert.equal(await resume({ 'last-event-id': '2' }), event(3) + end);
});

/** What comes of a body until its end, or until the connection is cut. */
async function readToCut(response: Response): Promise<{ bytes: Buffer; isCut: boolean }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    return { bytes: Buffer.concat(chunks), isCut: false };
  } catch {
    return { bytes: Buffer.concat(chunks), isCut: true };
  }
}

test('as NDJSON a failure midway is a last line that is no JSON, and the connection is cut', async () => {
  const { bytes, isCut } = await readToCut(await ask('/breaks', ndjson));
  const lines = bytes.toString().split('\n');
  assert.deepEqual([lines.slice(0, 2), lines.length, isCut], [['1', '2'], 4, true]);
  assert.throws(() => JSON.parse(lines[2] ?? ''), SyntaxError);
  assert.equal(lines[2]?.[0], '\u001e');
  assert.match(lines[2]?.slice(1) ?? '', /^\{"error":"[^"]+","code":"METHOD_FAILED","detail":\[\]\}$/);
});

test('as frames a failure midway is the last frame', async () => {
  const { bytes, isCut } = await readToCut(await ask('/breaks', framed));
  const frames = readFrames(new Uint8Array(bytes).buffer);
  assert.deepEqual([frames.map(({ kind }) => kind), isCut], [[0, 0, 4], false]);
  assert.equal(JSON.parse(frames[2]?.payload ?? '').code, 'METHOD_FAILED');
});

for (const accept of forms) {
  test(`the first item is there before the second is made: ${accept}`, async () => {
    const gate = join(tmpdir(), `bentots-gate-${process.pid}`);
    rmSync(gate, { force: true });
    try {
      const response = await ask('/gated', accept, { gate });
      const reader = response.body?.getReader();
      const first = await reader?.read();
      assert.match(Buffer.from(first?.value ?? []).toString(), /first/);
      assert.ok(!existsSync(gate));
      writeFileSync(gate, '');
      let rest = '';
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read())
        rest += Buffer.from(next.value).toString();
      assert.match(rest, /second/);
    } finally {
      rmSync(gate, { force: true });
    }
  });

  test(`a reader that stalls pauses the generator, and one that leaves ends it: ${accept}`, async () => {
    using note = createNote();
    const departure = new AbortController();
    const response = await ask('/endless', accept, { note: note.path }, departure.signal);
    await response.body?.getReader().read();
    // The reader stands still for as long as 100 other requests take; an unpaused generator would make a million items.
    for (let probe = 0; probe < 100; probe++) await (await fetch(`${streaming.url}/livez`)).text();
    departure.abort();
    const [, made, wasAborted] = /ended after (\d+), aborted (\w+)/.exec(await note.until('ended')) ?? [];
    assert.ok(Number(made) < 10_000, `${made} items of 1 kB were made for a reader that took few`);
    assert.equal(wasAborted, 'true');
  });
}
