/** Throws generated bodies at a live server: valid ones, broken ones and rubbish, of every kind of value and media type. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type Started, start } from './start.ts';

/** A body on its way to a method. */
interface Thrown {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
  /** What has to come back of a valid one. */
  readonly back?: { readonly json: unknown };
}

const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
const word = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => text.isWellFormed());
const moment = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2999-12-31') })
  .map((date) => date.toISOString());
const base64 = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const { tree } = fc.letrec((tie) => ({
  tree: fc.record({
    value: finite,
    inside: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('tree'), { maxLength: 2 })),
  }),
}));

/** Of each kind values in JSON, as they come back. */
const kinds: { readonly [path: string]: fc.Arbitrary<unknown> } = {
  date: moment,
  url: fc.webUrl({ withFragments: true, withQueryParameters: true }).map((text) => new URL(text).href),
  bigint: fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  map: fc.uniqueArray(fc.tuple(word, finite), { selector: ([key]) => key, maxLength: 5 }),
  set: fc.uniqueArray(word, { maxLength: 5 }),
  bytes: base64,
  numbers: fc.array(fc.integer({ min: -32768, max: 32767 }), { maxLength: 50 }),
  tensor: fc.array(fc.tuple(float32, float32), { minLength: 1, maxLength: 20 }),
  exact: fc.array(fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }).map(Number), {
    minLength: 1,
    maxLength: 20,
  }),
  table: fc.array(
    fc.record(
      { id: fc.bigInt({ min: 0n, max: 2n ** 70n }).map(String), name: word, size: finite, at: fc.option(moment) },
      { requiredKeys: ['id', 'name', 'at'] },
    ),
    { maxLength: 10 },
  ),
  image: fc.constant({ data: pixel, type: 'image/png' }),
  file: fc.record({
    data: base64,
    type: fc.constantFrom('text/plain', 'image/png'),
    name: fc.constantFrom('a.txt', 'ü'),
  }),
  sequence: fc.array(finite, { maxLength: 20 }),
  shape: fc.oneof(
    fc.record({ kind: fc.constant('circle'), radius: finite }),
    fc.record({ kind: fc.constant('square'), side: fc.integer() }),
  ),
  tree,
  anything: fc.jsonValue({ stringUnit: 'grapheme' }),
};

/** Methods that give their value inside an object: alone it would be answered as its bytes. */
const wrapped = ['bytes', 'image', 'file'];

const mediaTypes = [
  'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b', 'multipart/form-data',
  'text/csv', 'text/plain', 'application/octet-stream', 'application/x-ndjson', 'application/vnd.safetensors',
  'application/vnd.apache.arrow.stream', 'application/vnd.apache.arrow.file', 'application/vnd.bentots.frames',
  'application/vnd.bentoml+pickle', 'image/png', 'no type at all', '',
]; // biome-ignore format: a list
const encodings = ['gzip', 'br', 'zstd', 'deflate', 'gzip, br', 'identity', 'rubbish'];
const accepts = [
  '*/*',
  'application/json',
  'text/csv',
  'text/event-stream',
  'application/vnd.safetensors',
  '*/*;q=2',
  ';',
];

const toBytes = (text: string) => new Uint8Array(Buffer.from(text));
const path = fc.constantFrom(...Object.keys(kinds), 'text', 'raw');

const valid: fc.Arbitrary<Thrown> = fc.constantFrom(...Object.keys(kinds)).chain((name) =>
  (kinds[name] as fc.Arbitrary<unknown>).map((value) => ({
    path: name,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: toBytes(JSON.stringify({ value })),
    back: { json: wrapped.includes(name) ? { back: value } : value },
  })),
);

const rubbish: fc.Arbitrary<Thrown> = fc
  .record({
    path,
    body: fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.json().map(toBytes),
      fc
        .string({ maxLength: 500 })
        .map((text) => toBytes(`--b\r\ncontent-disposition: form-data; name="value"\r\n\r\n${text}\r\n--b--\r\n`)),
      fc.string({ maxLength: 500 }).map((text) => toBytes(`value=${encodeURIComponent(text.toWellFormed())}&value`)),
      fc.array(fc.string(), { maxLength: 20 }).map((lines) => toBytes(lines.join('\n'))),
    ),
    type: fc.constantFrom(...mediaTypes),
    encoding: fc.option(fc.constantFrom(...encodings), { freq: 4 }),
    accept: fc.constantFrom(...accepts),
  })
  .map(({ path, body, type, encoding, accept }) => ({
    path,
    body: new Uint8Array(body),
    headers: {
      accept,
      ...(type !== '' && { 'content-type': type }),
      ...(encoding !== null && { 'content-encoding': encoding }),
    },
  }));

/** A valid body in which a few bytes are others, more, or gone, or that says that it is something else. */
const mutated: fc.Arbitrary<Thrown> = fc
  .tuple(
    valid,
    fc.array(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 })), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('application/json', ...mediaTypes),
  )
  .map(([{ path, body }, changes, type]) => {
    let bytes = Buffer.from(body);
    for (const [at, added, removed] of changes) {
      const place = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, place), added, bytes.subarray(place + removed)]);
    }
    return { path, body: new Uint8Array(bytes), headers: { 'content-type': type } };
  });

const warmUp = 100; // so that compilers, caches and connections are not taken for a leak
const mostMoreBytes = 20 * 1024 * 1024;

/**
 * Throws so many bodies, at a server of its own.
 * @returns how many were answered with each status.
 */
export async function throwBodies(count: number, seed: number): Promise<ReadonlyMap<number, number>> {
  await using server = await start('fuzzed');
  const documented = await readStatuses(server);
  const statuses = new Map<number, number>();
  const throwOne = async (thrown: Thrown) => {
    const { path, body, headers, back } = thrown;
    const response = await fetch(`${server.url}/${path}`, { method: 'POST', headers, body });
    const { status } = response;
    const text = await response.text();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    assert.ok(documented.get(path)?.includes(status) && status < 500, `${status} ${text}`);
    if (back) assert.deepEqual([status, JSON.parse(text)], [200, JSON.parse(JSON.stringify(back.json))]);
    if (status === 200) return;
    const { error, code, detail } = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual([typeof error, typeof code, Array.isArray(detail)], ['string', 'string', true], text);
  };
  const run = (runs: number, from: number) =>
    fc.assert(fc.asyncProperty(fc.oneof(valid, mutated, rubbish), throwOne), { numRuns: runs, seed: from });
  await run(warmUp, seed + 1);
  const before = await readHeld(server);
  await run(count, seed);
  const after = await readHeld(server);
  assert.equal(after.pid, before.pid, 'the worker is the one that it was');
  for (const place of ['worker', 'gateway'] as const) {
    const more = after[place] - before[place];
    assert.ok(more < mostMoreBytes, `the ${place} holds ${more} bytes more than before`);
  }
  return statuses;
}

/** Of each method the statuses that its OpenAPI document names. */
async function readStatuses({ url }: Started): Promise<ReadonlyMap<string, readonly number[]>> {
  const { paths } = (await (await fetch(`${url}/docs.json`)).json()) as {
    paths: Record<string, { post?: { responses: object } }>;
  };
  return new Map(
    Object.entries(paths).map(([path, { post }]) => [path.slice(1), Object.keys(post?.responses ?? {}).map(Number)]),
  );
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What is held when nothing is left to collect, on both sides. */
async function readHeld(server: Started): Promise<{ pid: number; worker: number; gateway: number }> {
  const { pid, heldBytes } = (await (await server.post('/self', {})).json()) as { pid: number; heldBytes: number };
  // What is freed may free more: streams of zlib end in a turn of their own.
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise(setImmediate);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { pid, worker: heldBytes, gateway: heapUsed + external };
}
