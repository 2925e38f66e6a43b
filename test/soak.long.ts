/** Calls and crashes for long: the gateway must hold no more at the end. BENTOTS_SOAK_MS says for how long, else an hour. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { serve } from 'bentots/serve';
import type { SoakAnswers } from './soak-callers.ts';
import { fixture } from './start.ts';

const soakMs = Number(process.env.BENTOTS_SOAK_MS ?? 3_600_000);
const warmUpShare = 0.3;
const readings = 200;
const mostMebibytesAnHour = 1;

interface Reading {
  readonly atHours: number;
  readonly heapMebibytes: number;
  readonly handles: number;
}

/** Of a line through the points, by least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

test('an hour of calls and crashes leaves the gateway as it was', { timeout: soakMs + 600_000 }, async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let lines = 0;
  let ends = 0;
  const logTo = {
    write(line: string) {
      lines++;
      if (line.includes(' ended after ')) ends++;
    },
  };
  // The gateway is this process; its callers and workers are others.
  await using server = await serve(fixture('faults'), { port: 0, logFormat: 'json', logTo, workers: 2 });
  const callers = fork(fileURLToPath(new URL('./soak-callers.ts', import.meta.url)), [server.url]);
  const begunMs = performance.now();
  const all: Reading[] = [];
  while (performance.now() - begunMs < soakMs) {
    await pause(soakMs / readings);
    collect();
    all.push({
      atHours: (performance.now() - begunMs) / 3_600_000,
      heapMebibytes: process.memoryUsage().heapUsed / 1024 ** 2,
      handles: process.getActiveResourcesInfo().length,
    });
  }
  callers.send('stop');
  const [answers] = (await once(callers, 'message')) as [SoakAnswers];
  await once(callers, 'exit');
  const warm = all.slice(Math.floor(all.length * warmUpShare));
  const growth = slopeOf(warm.map(({ atHours, heapMebibytes }) => [atHours, heapMebibytes]));
  const handleGrowth = slopeOf(warm.map(({ atHours, handles }) => [atHours, handles]));
  const heaps = warm.map(({ heapMebibytes }) => heapMebibytes);
  t.diagnostic(`${lines} lines of log, ${ends} workers ended, in ${(soakMs / 60_000).toFixed(1)} minutes`);
  t.diagnostic(
    `heap after collection ${Math.min(...heaps).toFixed(2)} to ${Math.max(...heaps).toFixed(2)} MiB, ` +
      `slope ${growth.toFixed(2)} MiB/h; handles ${handleGrowth.toFixed(1)} more an hour, ${warm.at(-1)?.handles} at the end`,
  );
  t.diagnostic(JSON.stringify(answers));
  assert.ok(ends > 0, 'workers have ended');
  for (const [path, wanted] of Object.entries({ '/pid': 200, '/block': 200, '/nowhere': 404 })) {
    const counts = answers[path] ?? {};
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    assert.ok((counts[wanted] ?? 0) > all / 2, `most of ${path} is answered ${wanted}`); // workers die all the time
  }
  // In a short run what happens to be under way weighs more than a slope by the hour.
  const isLong = soakMs >= 3_600_000;
  assert.ok(!isLong || growth < mostMebibytesAnHour, `the heap grows by ${growth.toFixed(2)} MiB an hour`);
  assert.ok(Math.max(...heaps.slice(-20)) < Math.max(...heaps.slice(0, 20)) + 2, 'the heap is as large as it was');
  const [early, late] = [warm.slice(0, 20), warm.slice(-20)].map((some) =>
    Math.min(...some.map(({ handles }) => handles)),
  );
  assert.ok((late as number) <= (early as number) + 5, `${early} handles at first, ${late} at the end`);
});
