/** Items in every form that they may have, cut and put together on the way to a batch and back, on real sockets. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Tensor } from 'bentots';
import { createClient } from 'bentots/client';
import { printSafetensors } from '../src/io/safetensors.ts';
import type { BatchedItems } from './fixtures/batched-items.ts';
import { createNote, type Started, start } from './start.ts';

let server: Started;
before(async () => {
  server = await start('batched-items');
});
after(() => server[Symbol.asyncDispose]());

interface Refusal {
  readonly error: string;
  readonly detail: readonly { readonly loc: readonly unknown[]; readonly msg: string }[];
}

type Send = (method: string, items: readonly number[]) => Promise<Response>;

const json =
  (toItems: (items: readonly number[]) => unknown): Send =>
  (method, items) =>
    server.post(`/${method}`, { items: toItems(items) });

/** How many batches a method has run, and the items in them. */
async function countBatches(method: string): Promise<readonly number[]> {
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const read = (name: string) =>
    Number(new RegExp(`_batch_items_${name}\\{[^}]*method="${method}"[^}]*\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
  return [read('count'), read('sum')];
}

const pairs = (items: readonly number[]) => items.map((item) => [item, 7]);
const twoRows = (items: readonly number[]) => [items.map(() => 7), items];

const forms: readonly (readonly [what: string, method: string, send: Send])[] = [
  ['a list', 'list', json((items) => items)],
  ['a typed array', 'typedArray', json((items) => items)],
  ['a tensor in JSON', 'tensor', json(pairs)],
  [
    'a tensor in safetensors',
    'tensor',
    (method, items) => {
      const data = Float32Array.from(pairs(items).flat());
      const tensor = { name: 'items', dtype: 'float32', shape: [items.length, 2], data } as const;
      const body = Buffer.concat(printSafetensors([tensor], {}));
      const headers = { 'content-type': 'application/vnd.safetensors' };
      return fetch(`${server.url}/${method}`, { method: 'POST', headers, body: new Uint8Array(body) });
    },
  ],
  ['a tensor, in its second dimension', 'columns', json(twoRows)],
  ['records', 'records', json((items) => items.map((value) => ({ value })))],
  ['a table by rows', 'table', json((items) => items.map((value) => ({ value })))],
  ['a table by columns', 'table', json((value) => ({ value }))],
  ['files in JSON', 'files', json((items) => items.map((item) => ({ data: btoa(String(item)) })))],
  [
    'files in a form',
    'files',
    (method, items) => {
      const form = new FormData();
      for (const item of items) form.append('items', new File([String(item)], `${item}.txt`));
      return fetch(`${server.url}/${method}`, { method: 'POST', body: form });
    },
  ],
];

for (const [what, method, send] of forms) {
  test(`${what}: cut, put together with those of others, and a bad item fails its own request`, async () => {
    const [batches = 0, items = 0] = await countBatches(method);
    const good = await Promise.all([send(method, [1, 2, 3, 4]), send(method, [5, 6])]);
    assert.deepEqual(await Promise.all(good.map((response) => response.json())), [[10, 20, 30, 40], [50, 60]]); // biome-ignore format: one line
    const [bad, beside] = await Promise.all([send(method, [1, 2, 3, -4]), send(method, [5, 6])]);
    const { error, detail } = (await bad.json()) as Refusal;
    assert.deepEqual([bad.status, error, detail.map(({ loc }) => loc)], [422, '-4 is negative', [['items', 3]]]);
    assert.deepEqual(await beside.json(), [50, 60]);
    assert.deepEqual(await countBatches(method), [batches + 4, items + 12]);
  });
}

test('several parameters hold items, others are the same for all of a batch', async () => {
  const ask = async (items: number[], names: string[], factor: number, weights?: number[]) =>
    (await server.post('/several', { items, names, factor, ...(weights && { weights }) })).json();
  const answers = await Promise.all([
    ask([1, 2], ['a', 'b'], 10),
    ask([3], ['c'], 100),
    ask([4], ['d'], 10),
    ask([5, 6], ['e', 'f'], 100),
    ask([7], ['g'], 10, [0.5]),
    ask([8, 9], ['h', 'i'], 10, [2, 3]),
  ]);
  assert.deepEqual(answers, [['a 10', 'b 20'], ['c 300'], ['d 40'], ['e 500', 'f 600'], ['g 35'], ['h 160', 'i 270']]);
  assert.deepEqual(await countBatches('several'), [3, 9]);
});

test('results are put together and taken apart in every form, a tensor along another dimension than it came', async () => {
  const client = createClient<BatchedItems>(server.url);
  const arrays = await Promise.all([client.toArray([1, 2, 3, 4]), client.toArray([5, 6])]);
  assert.deepEqual(arrays, [Float64Array.of(10, 20, 30, 40), Float64Array.of(50, 60)]);
  const tables = await Promise.all([client.toTable([1, 2, 3, 4]), client.toTable([5, 6])]);
  assert.deepEqual(
    tables.map(({ columns }) => columns),
    [
      { value: [10, 20, 30, 40], isOdd: [true, false, true, false] },
      { value: [50, 60], isOdd: [true, false] },
    ],
  );
  const rows = (...items: number[]) =>
    Tensor.fromArray('float32', items.map((item) => [item, -item])) as Tensor<'float32', ['batch', 2]>; // biome-ignore format: one line
  const turned = await Promise.all([client.turned(rows(1, 2, 3, 4)), client.turned(rows(5, 6))]);
  assert.deepEqual(
    turned.map(({ shape, data }) => [shape, [...data]]),
    [
      [
        [2, 4],
        [1, 2, 3, 4, -1, -2, -3, -4],
      ],
      [
        [2, 2],
        [5, 6, -5, -6],
      ],
    ],
  );
});

test('files are measured by their bytes: those of one size go together', async () => {
  const picture = (bytes: number) => new File([`GIF89a${'x'.repeat(bytes - 6)}`], 'a.gif');
  const sizes = [50, 500, 5000];
  const send = async (bytes: number) => {
    const form = new FormData();
    form.append('pictures', picture(bytes));
    return (await fetch(`${server.url}/pictures`, { method: 'POST', body: form })).json();
  };
  assert.deepEqual(
    await Promise.all(sizes.map(send)),
    sizes.map((bytes) => [bytes]),
  );
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const buckets = [...metrics.matchAll(/_batch_launch_seconds\{[^}]*method="pictures",bucket="(\d)"[^}]*\}/g)];
  assert.deepEqual(buckets.map(([, bucket]) => bucket).sort(), ['0', '1', '2']);
});

test('a BatchContext has the signal, the deadline, the trace and the log of each request', async () => {
  using note = createNote();
  const leaving = new AbortController();
  const traceIds = ['a', 'b', 'c'].map((digit) => digit.repeat(32));
  const ask = (item: string, at: number, seconds: number, signal?: AbortSignal) =>
    server.post(
      '/watched',
      { items: [item], note: note.path },
      {
        headers: {
          traceparent: `00-${traceIds[at]}-00f067aa0ba902b7-01`,
          'x-request-timeout-ms': String(seconds * 1000),
        },
        ...(signal && { signal }),
      },
    );
  const left = ask('waits', 0, 20, leaving.signal);
  left.catch(() => {});
  const others = [ask('b', 1, 30), ask('c', 2, 50)];
  await note.until('run 3');
  leaving.abort();
  const answers = (await Promise.all(others.map(async (one) => (await one).json()))) as [string][];
  const told = answers.map(([answer]) => answer.split(' '));
  assert.deepEqual(
    told.map(([traceId, tenSeconds]) => [traceId, tenSeconds]),
    [
      [traceIds[1], '3'],
      [traceIds[2], '5'],
    ],
  );
  assert.notEqual(told[0]?.[2], told[1]?.[2]);
  assert.equal(note.text(), 'run 3\nwaits left: AbortError\n');
  const line = await server.line(({ message }) => message === 'the first item');
  assert.ok(traceIds.includes(String(line.trace)), 'a line of the log belongs to its own request');
});
