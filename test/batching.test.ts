/** What callers of batchable methods see, on real sockets and with real workers. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { Tensor } from 'bentots';
import { createClient } from 'bentots/client';
import { bento } from './bento.ts';
import type { Batches } from './fixtures/batches.ts';
import { sendRows } from './send-rows.ts';
import { createNote, type Note, type Started, start } from './start.ts';

interface Refusal {
  readonly code: string;
  readonly error: string;
  readonly detail: readonly { readonly loc: readonly unknown[] }[];
}

const textOf = async (response: Promise<Response>) => (await response).text();
const jsonOf = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;
const refusalOf = (response: Promise<Response>) => jsonOf<Refusal>(response);
const clientOf = ({ url }: Started) => createClient<Batches>(url);

/** Waits until the server says that so many calls of a method wait, or run. */
async function untilCounted(server: Started, what: 'queue_depth' | 'running_calls', method: string, count: number) {
  const line = new RegExp(`_${what}\\{[^}]*method="${method}"[^}]*\\} ${count}$`, 'm');
  while (!line.test(await (await fetch(`${server.url}/metrics`)).text()));
}

/** A note, and a gate that runs wait at until it is opened. */
interface Gated extends Note {
  readonly gate: string;
  open(): void;
}

function createGated(): Gated {
  const note = createNote();
  const gate = `${note.path}.gate`;
  return { ...note, gate, open: () => writeFileSync(gate, ''), [Symbol.dispose]: () => note[Symbol.dispose]() };
}

/** Sends the call that keeps the worker busy: those to come wait for it once the note says that it runs. */
function occupy(server: Started, method: string, note: Gated, init?: RequestInit): Promise<Response> {
  return server.post(`/${method}`, { names: ['first'], note: note.path, gate: note.gate }, init);
}

test('requests that wait together run together, and each gets its own results', async () => {
  await using server = await start('batches');
  using note = createGated();
  const first = occupy(server, 'gated', note);
  await note.until('run first\n');
  const send = (...names: string[]) => jsonOf(server.post('/gated', { names, note: note.path, gate: note.gate }));
  const one = send('a', 'b');
  await untilCounted(server, 'queue_depth', 'gated', 1);
  const other = send('c');
  await untilCounted(server, 'queue_depth', 'gated', 2);
  note.open();
  assert.deepEqual(await Promise.all([one, other]), [['a of a,b,c', 'b of a,b,c'], ['c of a,b,c']]);
  assert.deepEqual(await jsonOf(first), ['first of first']);
  assert.equal(note.text(), 'run first\nran first\nrun a,b,c\nran a,b,c\n');
});

test('requests that differ in what is no array are never in one batch', async () => {
  await using server = await start('batches');
  using note = createGated();
  using other = createGated();
  other.open();
  const first = occupy(server, 'gated', note);
  await note.until('run first\n');
  const names = ['a', 'b', 'c', 'd'];
  const calls = names.map((name, at) =>
    jsonOf(server.post('/gated', { names: [name], note: note.path, gate: (at % 2 === 0 ? note : other).gate })),
  );
  await untilCounted(server, 'queue_depth', 'gated', 4);
  note.open();
  assert.deepEqual(await Promise.all(calls), [['a of a,c'], ['b of b,d'], ['c of a,c'], ['d of b,d']]);
  await first;
});

test('a request with more items than a batch holds is cut, and its results come back in order; no items, no results', async () => {
  await using server = await start('batches');
  const numbers = Array.from({ length: 100 }, (_, at) => at);
  const results = await clientOf(server).double(numbers);
  assert.deepEqual(
    results.map(({ twice }) => twice),
    numbers.map((number) => 2 * number),
  );
  assert.deepEqual([...new Set(results.map(({ of }) => of))], [32, 4]);
  assert.deepEqual(await clientOf(server).double([]), []);
});

test('every request is answered once, with its own results, however many items it has', async () => {
  await using server = await start('batches', { workers: 2 });
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  let next = 0;
  const sizes = Array.from({ length: 300 }, () =>
    random() < 0.1 ? Math.ceil(200 * random()) : Math.ceil(4 * random()),
  );
  const client = clientOf(server);
  const checks = sizes.map(async (size) => {
    const rows = Array.from({ length: size }, () => next++);
    assert.deepEqual(
      await client.pickyByItem(rows),
      rows.map((row) => row + 1),
    );
  });
  await Promise.all(checks);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const [, items] = /_batch_items_sum\{[^}]*method="pickyByItem"[^}]*\} (\d+)/.exec(metrics) ?? [];
  assert.equal(Number(items), next, 'no item ran twice');
});

test('a request that is cancelled while it waits never runs; a batch runs on for whoever is left of it', async () => {
  await using server = await start('batches');
  using note = createGated();
  const first = occupy(server, 'gated', note);
  await note.until('run first\n');
  const leaving = new AbortController();
  const gone = server.post('/gated', { names: ['gone'], note: note.path, gate: note.gate }, { signal: leaving.signal });
  gone.catch(() => {});
  const stays = jsonOf(server.post('/gated', { names: ['stays'], note: note.path, gate: note.gate }));
  await untilCounted(server, 'queue_depth', 'gated', 2);
  leaving.abort();
  await untilCounted(server, 'queue_depth', 'gated', 1);
  note.open();
  assert.deepEqual(await stays, ['stays of stays']);
  await first;
  rmSync(note.gate);

  const second = new AbortController();
  const both = ['leaves', 'remains'].map((name) => {
    const call = server.post(
      '/gated',
      { names: [name], note: note.path, gate: note.gate },
      name === 'leaves' ? { signal: second.signal } : {},
    );
    call.catch(() => {});
    return call;
  });
  await note.until(/run (?:leaves|remains)/);
  second.abort();
  note.open();
  const [, remains] = both as [Promise<Response>, Promise<Response>];
  assert.match((await jsonOf<string[]>(remains))[0] as string, /^remains of /);
  assert.ok(!note.text().includes('gone') && !note.text().includes('aborted'));
});

test('a batch that nobody waits for any more is aborted', async () => {
  await using server = await start('batches');
  using note = createGated();
  const leaving = new AbortController();
  occupy(server, 'gated', note, { signal: leaving.signal }).catch(() => {});
  await note.until('run first\n');
  leaving.abort();
  await note.until('aborted first\n');
  note.open();
});

test('a result with another number of items fails the batch and says both numbers', async () => {
  await using server = await start('batches');
  const { code } = await refusalOf(server.post('/short', { rows: [1, 2, 3] }));
  assert.equal(code, 'METHOD_FAILED');
  const { message } = await server.line(({ level }) => level === 'error');
  assert.match(message, /the method gave 2 results for a batch of 3 items; give one for each, in their order/);
});

test('a batch that throws fails its requests: with what is meant for callers, or without a word', async () => {
  await using server = await start('batches');
  assert.equal((await refusalOf(server.post('/failing', { rows: [1] }))).code, 'METHOD_FAILED');
  const responses = await Promise.all([
    server.post('/failing', { rows: [-2] }),
    server.post('/failing', { rows: [-2] }),
  ]);
  assert.deepEqual(
    responses.map(({ status }) => status),
    [409, 409],
  );
});

test('of 1,600 rows with a bad one in every 32, no other row fails: by errors of items, and by halving', async () => {
  await using server = await start('batches', { workers: 2 });
  for (const method of ['pickyByItem', 'picky']) {
    const { wrong, refused } = await sendRows(server.url, `/${method}`, 1600);
    assert.deepEqual([wrong, refused], [0, 50], method);
  }
});

test('of a request with several items the details say which ones are bad', async () => {
  await using server = await start('batches');
  const rows = Array.from({ length: 100 }, (_, at) => (at === 3 || at === 70 ? -1 : at));
  const { code, detail } = await refusalOf(server.post('/pickyByItem', { rows: rows.slice(0, 10) }));
  assert.deepEqual([code, detail.map(({ loc }) => loc)], ['BAD_ROW', [['rows', 3]]]);
  const large = await refusalOf(server.post('/pickyByItem', { rows: rows.slice(4) }));
  assert.deepEqual(
    large.detail.map(({ loc }) => loc),
    [['rows', 66]],
    'counted in the request, and not in one of its batches',
  );
});

test('a worker that dies fails its own batch and no other one', async () => {
  await using server = await start('batches', { workers: 2 });
  using note = createGated();
  const survives = occupy(server, 'gated', note);
  await note.until('run first\n');
  const response = await server.post('/failing', { rows: [-3] });
  assert.deepEqual([response.status, ((await response.json()) as Refusal).code], [503, 'WORKER_LOST']);
  note.open();
  assert.deepEqual(await jsonOf(survives), ['first of first']);
});

test('batches of one method run in every worker at once', async () => {
  await using server = await start('batches', { workers: 2 });
  using note = createGated();
  const calls = ['a', 'b'].map((name) =>
    jsonOf<string[]>(server.post('/gated', { names: Array(8).fill(name), note: note.path, gate: note.gate })),
  );
  await note.until(/run .*\nrun /); // none has ended
  note.open();
  const answers = await Promise.all(calls);
  assert.deepEqual(
    answers.map((answer) => answer.map((text) => text[0]).join('')),
    ['aaaaaaaa', 'bbbbbbbb'],
  );
});

test('parameters that hold the items must have as many', async () => {
  await using server = await start('batches');
  const files = [{ data: 'YWJj' }];
  const response = await server.post('/sizes', { files, names: ['one', 'two'] });
  const { error, detail } = (await response.json()) as Refusal;
  assert.deepEqual([response.status, detail[0]?.loc], [400, ['names']]);
  assert.match(error, /"names" has 2 items, but "files" has 1; send as many in both/);
});

test('files, tables, tensors and typed arrays are put together and taken apart', async () => {
  await using server = await start('batches');
  const client = clientOf(server);
  const files = ['a', 'bc', 'def'].map((text) => client.sizes([new File([text], 'x')], [text]));
  assert.deepEqual(await Promise.all(files), [['a: 1'], ['bc: 2'], ['def: 3']]);

  const areas = [2, 3].map((wide) => server.post('/area', { houses: [{ wide, deep: 10 }, { wide, deep: 1 }] })); // biome-ignore format: one line
  assert.deepEqual(await Promise.all(areas.map((one) => jsonOf(one))), [
    [20, 2],
    [30, 3],
  ]);

  const vectors = (...rows: number[][]) => Tensor.fromArray('float32', rows) as Tensor<'float32', ['batch', 'width']>;
  const norms = await Promise.all([
    client.norms(vectors([3, 4], [6, 8])),
    client.norms(vectors([5, 12])),
    client.norms(vectors([2, 3, 6])),
    client.norms(vectors([3, 4]), 10),
  ]);
  assert.deepEqual(
    norms.map((norm) => [...norm.data]),
    [[5, 10], [13], [7], [50]],
  );
  const frames = (...rows: number[][]) => Tensor.fromArray('int32', rows) as Tensor<'int32', [2, 'time']>;
  const differences = await Promise.all([client.lastDim(frames([5, 6], [1, 2])), client.lastDim(frames([9], [1]))]);
  assert.deepEqual(
    differences.map((one) => [...one]),
    [[4, 4], [8]],
  );
  assert.deepEqual([...(await client.norms(Tensor.fromArray('float32', []) as never)).data], []);
});

test('what is too large for memory is answered from the disk, to whoever it belongs', async () => {
  await using server = await start('batches');
  const sizes = [3_000_000, 2_000_000];
  const answers = await Promise.all(sizes.map((size) => server.client.$call('fill', [size]) as Promise<Blob[]>));
  for (const [at, [blob]] of answers.entries()) {
    const bytes = new Uint8Array((await blob?.arrayBuffer()) ?? []);
    assert.equal(bytes.length, sizes[at]);
    assert.ok(bytes.every((byte) => byte === (sizes[at] as number) % 251));
  }
});

test('a caller who sent a large file and leaves takes nothing from the others in its batch', async () => {
  await using server = await start('batches');
  using note = createGated();
  const send = (bytes: number, init: RequestInit = {}) => {
    const form = new FormData();
    form.set('files', new Blob([new Uint8Array(bytes)]));
    form.set('note', note.path);
    form.set('gate', note.gate);
    return fetch(`${server.url}/lengths`, { method: 'POST', body: form, ...init });
  };
  const leaving = new AbortController();
  const gone = send(2_000_000, { signal: leaving.signal });
  const stays = send(3_000_000);
  await note.until('run\n');
  leaving.abort();
  await assert.rejects(gone);
  await note.until('left\n');
  await textOf(fetch(`${server.url}/metrics`)); // by then its file would be gone
  note.open();
  assert.deepEqual(await jsonOf(stays), [3_000_000]);
});

test('a large body of JSON, which is decoded in a thread, is cut like any other', async () => {
  await using server = await start('batches');
  const rows = Array.from({ length: 40 }, (_, row) => Array.from({ length: 2000 }, () => row));
  const norms = await jsonOf<number[]>(server.post('/norms', { vectors: rows }));
  assert.deepEqual(
    norms.map((norm) => Math.round(norm / Math.hypot(...Array(2000).fill(1)))),
    rows.map((_, row) => row),
  );
});

test('requests of one size go together, and the largest item decides on the size', async () => {
  await using server = await start('batches');
  using note = createGated();
  const ask = (id: number, ...lengths: number[]) =>
    jsonOf<string[]>(server.post('/bucketed', { rows: lengths.map((length) => ({ id, words: 'x'.repeat(length) })) }));
  for (const lengths of [[1], [1, 1], [50], [50, 50]]) await ask(0, ...lengths); // what both sizes cost is known now
  const busy = textOf(server.post('/bucketed', { rows: [{ id: 0, words: 'x'.repeat(100) }], gate: note.gate }));
  await untilCounted(server, 'running_calls', 'bucketed', 1);
  const calls = [[3], [60], [2, 50], [4]].map((lengths, id) => ask(id, ...lengths));
  await untilCounted(server, 'queue_depth', 'bucketed', 4);
  note.open();
  assert.deepEqual(await Promise.all(calls), [
    ['0 of 3,4'],
    ['1 of 2,50,60'],
    ['2 of 2,50,60', '2 of 2,50,60'],
    ['3 of 3,4'],
  ]);
  await busy;
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /_batch_waste_ratio_count\{[^}]*method="bucketed"[^}]*\} [1-9]/);
  assert.match(metrics, /_batch_launch_seconds\{[^}]*method="bucketed",bucket="1"[^}]*\}/);
});

test('who says that it is urgent goes first', async () => {
  await using server = await start('batches');
  using note = createGated();
  const first = occupy(server, 'urgent', note);
  await note.until('run first\n');
  const send = (priority: string) =>
    server.post(
      '/urgent',
      { names: [priority, priority], note: note.path, gate: note.gate },
      { headers: { 'x-priority': priority } },
    );
  const calls = ['whenever', 'soon', 'now'].map(send);
  await untilCounted(server, 'queue_depth', 'urgent', 3);
  note.open();
  await Promise.all([first, ...calls]);
  assert.equal(note.text(), 'run first\nrun now,now\nrun soon,soon\nrun whenever,whenever\n');
});

test('a request that would be answered too late for maxLatencyMs is refused instead of run', async () => {
  await using server = await start('batches');
  using note = createGated();
  const first = occupy(server, 'slow', note);
  await note.until('run first\n');
  const late = await server.post('/slow', { names: ['late'], note: note.path, gate: note.gate });
  assert.deepEqual([late.status, ((await late.json()) as Refusal).code], [503, 'OVERLOADED']);
  note.open();
  assert.deepEqual(await jsonOf(first), ['first'], 'one that runs may finish');
  assert.equal(note.text(), 'run first\n');
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /_batch_refusals_total\{[^}]*method="slow",reason="(?:too_late|overloaded)"[^}]*\} 1/);
});

test('a BatchContext says whose each item is', async () => {
  await using server = await start('batches');
  const ask = (who: string, ...names: string[]) =>
    jsonOf(server.post('/whoAsks', { names }, { headers: { 'x-who': who } }));
  assert.deepEqual(await Promise.all([ask('ann', 'a', 'b'), ask('bob', 'c')]), [
    ['a ann /whoAsks 0/2 32 true', 'b ann /whoAsks 1/2 32 true'],
    ['c bob /whoAsks 0/1 32 true'],
  ]);
});

test('other methods get their turn beside batches, and /schema.json says which are batchable', async () => {
  await using server = await start('batches');
  using note = createGated();
  let answered = 0;
  const block = async () => {
    await textOf(server.post('/block', { names: ['one'], gate: note.gate }));
    answered++;
  };
  const first = block();
  await untilCounted(server, 'running_calls', 'block', 1);
  const others = Array.from({ length: 8 }, block);
  await untilCounted(server, 'queue_depth', 'block', 8);
  const plain = textOf(server.post('/plain', { name: 'here' }));
  await untilCounted(server, 'running_calls', 'plain', 1);
  note.open();
  assert.equal(await plain, 'here');
  assert.ok(answered < 1 + others.length, 'not all blocks went before it');
  await Promise.all([first, ...others]);
  const { routes } = await jsonOf<{ routes: { name: string; batchable: boolean }[] }>(
    fetch(`${server.url}/schema.json`),
  );
  assert.deepEqual(
    routes.filter(({ batchable }) => !batchable).map(({ name }) => name),
    ['plain'],
  );
});

test('the sizes of batches are counted under the old name, too', async () => {
  await using server = await start('batches');
  await textOf(server.post('/short', { rows: [1] }));
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  const bounds = [...metrics.matchAll(/bentoml_service_adaptive_batch_size_bucket\{[^}]*le="([^"]+)"/g)];
  assert.deepEqual(
    bounds.map(([, bound]) => bound),
    ['1', '2', '4', '+Inf'],
  );
  assert.match(metrics, /adaptive_batch_size_count\{[^}]*method_name="short",worker_index="1"\} 1/);
});

test('each caller of a batch that streams gets its own chunks, and is done when they end', async () => {
  await using server = await start('batches');
  using note = createGated();
  const words = ['a', 'longer', 'word'];
  const spell = (word: string) => textOf(server.post('/spell', { words: [word], note: note.path }));
  assert.deepEqual(await Promise.all(words.map(spell)), words);
  const events = (word: string) =>
    textOf(server.post('/spell', { words: [word], note: note.path }, { headers: { accept: 'text/event-stream' } }));
  const texts = await Promise.all(['fine', 'no!no', 'good'].map((word) => events(word)));
  assert.match(texts[0] as string, /"f".*"i".*"n".*"e".*event: end/s);
  assert.match(texts[1] as string, /"n".*"o".*event: error.*no shouting/s);
  assert.match(texts[2] as string, /"g".*"o".*"o".*"d".*event: end/s);
  const broken = await Promise.all(['abcdefgh', 'x#'].map((word) => events(word)));
  assert.match(broken[1] as string, /METHOD_FAILED/);
});

/** Begins to read a stream without end. */
function openFlood(url: string, name: string, note: string): Promise<IncomingMessage> {
  return new Promise((resolve) => {
    const call = request(`${url}/flood`, { method: 'POST', headers: { accept: 'text/event-stream' } }, resolve);
    call.end(JSON.stringify({ names: [name], note }));
  });
}

test('a reader that leaves its stream stops nobody else; the last one stops the method', async () => {
  await using server = await start('batches');
  using note = createGated();
  const [one, other] = await Promise.all([
    openFlood(server.url, 'a', note.path),
    openFlood(server.url, 'b', note.path),
  ]);
  await note.until(/run [ab],[ab]\n/);
  one.destroy();
  let bytes = 0;
  for await (const chunk of other) {
    bytes += (chunk as Buffer).length;
    if (bytes > 4 * 1024 * 1024) break; // leaves, too
  }
  await note.until('over\n');
});

test('a reader that stands still is cut after a while, and the others go on', async () => {
  await using server = await start('batches');
  using note = createGated();
  const [still, reading] = await Promise.all([
    openFlood(server.url, 'a', note.path),
    openFlood(server.url, 'b', note.path),
  ]);
  await note.until(/run [ab],[ab]\n/);
  let bytes = 0;
  for await (const chunk of reading) {
    bytes += (chunk as Buffer).length;
    if (bytes > 24 * 1024 * 1024) break; // more than anything would keep for the other one
  }
  let text = '';
  still.setEncoding('utf8');
  for await (const chunk of still) text = (text + String(chunk)).slice(-2000);
  assert.match(text, /READER_SLOW/);
});

test('a stream has to begin in time, however long those before it and it itself go on', async () => {
  await using server = await start('batches');
  const ask = () => server.post('/long', { names: ['x'] }, { headers: { 'x-request-timeout-ms': '2500' } });
  await textOf(ask()); // now it is known that one takes 1.5 s
  const first = await ask();
  assert.equal(await textOf(ask()), 'begun ended'); // after 3 s, but it has begun after half of that
  await textOf(Promise.resolve(first));
});

test('a chunk for an item that there is not fails the whole batch', async () => {
  await using server = await start('batches');
  const sse = { headers: { accept: 'text/event-stream' } };
  assert.match(await textOf(server.post('/wrongItem', { names: ['x'] }, sse)), /METHOD_FAILED/);
  const { message } = await server.line(({ level }) => level === 'error');
  assert.match(message, /gave a chunk for the item 1 of a batch of 1; give \{ item, chunk \} with an item from 0 to 0/);
});

test('a stream answers one item', async () => {
  await using server = await start('batches');
  const response = await server.post('/spell', { words: ['a', 'b'], note: '' });
  assert.equal(response.status, 400);
  assert.match(((await response.json()) as Refusal).error, /"words" has 2 items, but a stream answers one/);
});

test('every decision is logged where that is asked for, and can be replayed with other limits', async () => {
  using note = createNote();
  {
    await using server = await start('batches', { batchLog: note.path });
    const client = clientOf(server);
    for (let round = 0; round < 3; round++) await Promise.all([1, 2, 3, 4].map((number) => client.double([number])));
  }
  await using replayed = bento(['batching', 'replay', note.path, '--max-batch-size', '2', '--output', 'json']);
  const { end, stdout } = await replayed.finished;
  const answers = JSON.parse(stdout) as { of: string; method: string; requests: number; meanBatchItems: number }[];
  assert.deepEqual(
    [end, answers.map(({ of, method, requests }) => [of, method, requests])],
    [0, ['as it was', 'replayed', 'what if'].map((of) => [of, 'double', 12])],
  );
  assert.ok((answers[2]?.meanBatchItems ?? 9) <= 2);
});

test('a log of decisions that cannot be written is refused at the start', async () => {
  await assert.rejects(start('batches', { batchLog: '/nowhere/at/all' }), {
    code: 'OPTION_INVALID',
    message: /batchLog is "\/nowhere\/at\/all".*must be a file that can be written/,
  });
});

test('a service in the process of a test batches as well', async () => {
  await using server = await start('batches', { inProcess: true });
  using note = createGated();
  const first = occupy(server, 'gated', note);
  await note.until('run first\n');
  const calls = ['a', 'b'].map((name) =>
    jsonOf(server.post('/gated', { names: [name], note: note.path, gate: note.gate })),
  );
  await untilCounted(server, 'queue_depth', 'gated', 2);
  note.open();
  assert.deepEqual(await Promise.all(calls), [['a of a,b'], ['b of a,b']]);
  await first;
});
