/** Being asked for more than there is: refused at once, in words, with the time after which it is worth another try. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { countProcessors } from '../src/pool/processors.ts';
import { createNote, type Started, start } from './start.ts';

const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

/** Asks until the answer is another one than these; what is asked for too early waits or is let in. */
async function askUntil(ask: () => Promise<Response>, fits: (response: Response) => boolean): Promise<Response> {
  for (;;) {
    const response = await ask();
    if (fits(response)) return response;
    await response.body?.cancel();
  }
}

test('more requests than a service may work on are refused with 429, while health is answered', async () => {
  await using busy = await start('busy');
  using note = createNote();
  const departure = new AbortController();
  const pending = Array.from({ length: 4 }, () =>
    busy.post('/hang', { note: note.path }, { signal: departure.signal }).catch(() => {}),
  );
  await note.until('begun\nbegun\nbegun\nbegun');
  const refused = await busy.post('/hold', { forMs: 1 });
  assert.equal(refused.status, 429);
  assert.match(refused.headers.get('retry-after') ?? '', /^[12]$/);
  assert.equal(await codeOf(refused), 'CONCURRENCY_EXCEEDED');
  assert.equal((await fetch(`${busy.url}/readyz`)).status, 200);
  departure.abort();
  await Promise.all(pending);
  const admitted = await askUntil(
    () => busy.post('/hold', { forMs: 1 }),
    ({ status }) => status !== 429,
  );
  assert.equal(admitted.status, 200, 'there is room again once they have left');
});

test('a request that would wait longer than its caller does is refused at once', async () => {
  await using busy = await start('busy');
  const hold = () => busy.post('/hold', { forMs: 400 });
  await hold(); // from now on it is known how long it takes
  const held = [hold(), hold(), hold()];
  const refused = await askUntil(
    () => busy.post('/hold', { forMs: 1 }, { headers: { 'x-request-timeout-ms': '100' } }),
    ({ status }) => status !== 504, // too early: it waited in a queue that was still short
  );
  assert.deepEqual([refused.status, await codeOf(refused)], [503, 'OVERLOADED']);
  assert.match(refused.headers.get('retry-after') ?? '', /^[12]$/);
  for (const { status } of await Promise.all(held)) assert.equal(status, 200);
});

test('a caller who fills the queue gives a place to another one, newest call first', async () => {
  await using faults = await start('faults', { trustedProxies: ['127.0.0.1'] });
  using note = createNote();
  const departure = new AbortController();
  const hang = (caller: string) =>
    faults.post('/hang', { note: note.path }, { headers: { 'x-forwarded-for': caller }, signal: departure.signal });
  const flood = Array.from({ length: 5 }, () => hang('198.51.100.1')); // one runs, four wait: that is all there is room for
  await note.until('begun');
  const other = hang('198.51.100.2').then(() => assert.fail('it waits like the others'));
  const refused = await Promise.race([...flood, other]);
  assert.deepEqual([refused.status, await codeOf(refused)], [503, 'QUEUE_FULL']);
  departure.abort();
  const ends = await Promise.allSettled([...flood, other]);
  assert.equal(ends.filter(({ status }) => status === 'fulfilled').length, 1, 'one gave way, the others waited');
});

test('cpu_count is as many workers as there are processors for us', async () => {
  const processors = countProcessors(availableParallelism(), readIfThere);
  const count = Math.min(4, processors); // as many as the service works on at once
  await using busy: Started = await start('busy', { workers: 'cpu_count' });
  const answers = await Promise.all(Array.from({ length: count }, () => busy.post('/hold', { forMs: 300 })));
  const pids = await Promise.all(answers.map((answer) => answer.json()));
  assert.equal(new Set(pids).size, count);
});

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
