/** The figures of faults that come again and again: `npm run test:long`; BENTOTS_KILLS says how many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { killWorkers } from './kill-workers.ts';
import { createNote, start } from './start.ts';

const kills = Number(process.env.BENTOTS_KILLS ?? 100);

function describe(tookMs: readonly number[]): string {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms of ${sorted.length}`;
}

test('workers that are killed lose what they ran and no more, and are replaced', async (t) => {
  await using faults = await start('faults', { workers: 4 });
  t.diagnostic(`ready again after kill -9: ${describe(await killWorkers(faults, kills, Math.random))}`);
});

for (const [what, fault] of [
  ['an endless loop', async () => {}],
  ['SIGSTOP', async (pid: number) => process.kill(pid, 'SIGSTOP')],
] as const) {
  test(`${what} is found`, async (t) => {
    await using service = await start('hangs', { workers: 2 });
    const foundMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      using note = createNote();
      const call = service.post(what === 'SIGSTOP' ? '/ignores' : '/loop', { note: note.path });
      const pid = Number(await note.until('\n'));
      await fault(pid);
      assert.equal((await call).status, 504);
      const answeredMs = performance.now();
      await service.line((line) => line.message.includes(' ended after ') && line.pid === pid);
      foundMs.push(performance.now() - answeredMs);
      while ((await fetch(`${service.url}/readyz`)).status !== 200);
    }
    t.diagnostic(`found after the deadline: ${describe(foundMs)}`);
    assert.ok((foundMs.toSorted((a, b) => a - b)[2] as number) < 2000, 'half of them within 2 s');
  });
}

test('health is answered while models block every worker for 500 ms at a time', async (t) => {
  await using faults = await start('faults', { workers: 2 });
  let isOver = false;
  const callers = Array.from({ length: 4 }, async () => {
    while (!isOver) assert.equal(await (await faults.post('/block', { forMs: 500 })).text(), 'unblocked');
  });
  const waits: number[] = [];
  const other = (async () => {
    while (!isOver) {
      const begunMs = performance.now();
      assert.equal((await faults.post('/pid', {})).status, 200);
      waits.push(performance.now() - begunMs);
    }
  })();
  const tookMs: number[] = [];
  const endMs = performance.now() + 20_000;
  while (performance.now() < endMs) {
    const begunMs = performance.now();
    assert.equal((await fetch(`${faults.url}/livez`)).status, 200);
    tookMs.push(performance.now() - begunMs);
    await pause(5);
  }
  isOver = true;
  await Promise.all([...callers, other]);
  t.diagnostic(`/livez: ${describe(tookMs)}`);
  t.diagnostic(`another method beside: ${describe(waits)}`);
});
