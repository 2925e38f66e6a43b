/** Runs the batcher in a server beside an oracle in the same server, and beside a greedy loop. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startBento } from '../start-bento.ts';
import { quantile } from '../statistics.ts';
import { runClosedLoop } from './closed-loop.ts';
import { itemMs, launchMs, mostItems } from './model.ts';

interface LiveRow {
  readonly clients: number;
  /** Requests a second: of the model alone, if it lost no moment. */
  readonly ideal: number;
  readonly oracle: number;
  readonly learned: number;
  readonly greedy: number;
}

/** What came out. */
export interface Live {
  readonly rows: readonly LiveRow[];
  /** What a batchable method adds for a lone caller, in milliseconds. */
  readonly addedMs: number;
}

const groups = [1, 8, 32, 128];
const oracles: Readonly<Record<number, string>> = { 1: '/alone', 8: '/oracle8', 32: '/oracle32', 128: '/oracle128' };

/** Runs it: for each number of callers the contestants take turns, round after round. */
export async function runLive(isQuick: boolean): Promise<Live> {
  const rounds = isQuick ? 1 : 5;
  const time = isQuick ? { warmMs: 500, forMs: 1000 } : { warmMs: 1000, forMs: 3000 };
  await using ours = await startBento({ service: join(import.meta.dirname, 'service.ts') });
  await using greedy = await startGreedy();
  const rows: LiveRow[] = [];
  let addedMs = 0;
  for (const clients of groups) {
    const contestants = {
      oracle: { port: ours.port, path: oracles[clients] as string, clients }, // there is one for each
      learned: { port: ours.port, path: '/learned', clients },
      greedy: { port: greedy.port, path: '/', clients },
    };
    const rates: Record<keyof typeof contestants, number[]> = { oracle: [], learned: [], greedy: [] };
    const took: Record<keyof typeof contestants, number[]> = { oracle: [], learned: [], greedy: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of ['oracle', 'learned', 'greedy'] as const) {
        const { perSecond, tookMs } = await runClosedLoop(contestants[name], time);
        rates[name].push(perSecond);
        took[name].push(...tookMs);
      }
    }
    const batch = Math.min(clients, mostItems);
    const ideal = (batch * 1000) / (launchMs + itemMs * batch);
    const of = (name: keyof typeof contestants) => quantile(rates[name], 0.5);
    rows.push({ clients, ideal, oracle: of('oracle'), learned: of('learned'), greedy: of('greedy') });
    if (clients === 1) addedMs = quantile(took.learned, 0.5) - quantile(took.oracle, 0.5);
  }
  return { rows, addedMs };
}

async function startGreedy(): Promise<{ readonly port: number } & AsyncDisposable> {
  const child = fork(join(import.meta.dirname, 'greedy-server.ts'));
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

/** As Markdown. */
export function describeLive({ rows, addedMs }: Live): string {
  const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
  const lines = rows.map(({ clients, ideal, oracle, learned, greedy }) =>
    [
      '',
      clients,
      ideal.toFixed(0),
      oracle.toFixed(0),
      learned.toFixed(0),
      percent(learned, oracle),
      percent(oracle, ideal),
      percent(greedy, ideal),
      '',
    ]
      .join(' | ')
      .trim(),
  );
  return `## In a server

A model of ${launchMs} ms a batch and ${itemMs} ms an item, \`maxBatchSize\` ${mostItems}; each caller asks for one item, again as soon as it is
answered. The oracle is told how many callers there are, and stands behind the same gateway; for one it is the same method without
\`batchable\`. The greedy loop is a bare HTTP server that hands a thread whatever waits.

| callers | ideal, requests/s | oracle | bentots | bentots ÷ oracle | oracle ÷ ideal | greedy ÷ ideal |
|---|---|---|---|---|---|---|
${lines.join('\n')}

For one caller \`batchable\` adds ${addedMs.toFixed(2)} ms.`;
}
