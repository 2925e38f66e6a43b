/** Kills workers in the middle of their calls, again and again, and checks who is hurt. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createNote, type Started } from './start.ts';

const callsInFlight = 16;

/** How long each replacement took from the kill to `/readyz`, in milliseconds. The service is the fixture `faults`. */
export async function killWorkers(service: Started, kills: number, random: () => number): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    using note = createNote();
    const gate = `${note.path}.gate`;
    const calls = Array.from({ length: callsInFlight }, () => service.post('/gated', { note: note.path, gate }));
    const holders = (await note.until(new RegExp(`(?:\\d+\\n){${callsInFlight}}`))).trim().split('\n');
    const victim = holders[Math.floor(random() * holders.length)] as string; // there are sixteen
    const begunMs = performance.now();
    process.kill(Number(victim), 'SIGKILL');
    const ended = service.line(({ message, pid }) => message.includes(' ended after ') && pid === Number(victim));
    await ended;
    writeFileSync(gate, '');
    let lost = 0;
    for (const response of await Promise.all(calls)) {
      const text = await response.text();
      if (response.status === 200) {
        assert.notEqual(text, victim);
        continue;
      }
      lost++;
      assert.deepEqual([response.status, JSON.parse(text).code], [503, 'WORKER_LOST']);
      assert.match(response.headers.get('retry-after') ?? '', /^[12]$/);
    }
    assert.equal(lost, holders.filter((pid) => pid === victim).length, 'only what the killed worker ran is lost');
    while ((await fetch(`${service.url}/readyz`)).status !== 200);
    tookMs.push(performance.now() - begunMs);
  }
  return tookMs;
}
