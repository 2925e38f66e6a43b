/** Measures a real model in a server, callers of one sentence each, beside the same model given batches by hand. */
import { folder, loadEncoder, shortTexts, take } from '../embeddings.ts';
import { sendLoad } from '../load/send-load.ts';
import { startBento } from '../start-bento.ts';
import { formatSpread, quantile, type Spread, toSpread } from '../statistics.ts';
import { runClosedLoop } from './closed-loop.ts';

/** What came out. */
export interface Sentences {
  readonly rounds: number;
  readonly offline: readonly { readonly size: number; readonly tookMs: Spread; readonly perSecond: number }[];
  readonly served: readonly ServedRow[];
}

interface ServedRow {
  readonly clients: number;
  readonly perSecond: Spread;
  /** Of what the best size did in the same round without a server. */
  readonly ofBest: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of `/livez`, asked fifty times a second all the while. */
  readonly healthP99Ms: number;
}

const sizes = [1, 2, 4, 8, 16, 32, 64];
const groups = [1, 8, 32];

/** Runs both in turn, round after round. */
export async function runSentences(isQuick: boolean, signal: AbortSignal): Promise<Sentences> {
  const { rounds, repeats, forMs } = isQuick
    ? { rounds: 1, repeats: 2, forMs: 1000 }
    : { rounds: 5, repeats: 5, forMs: 3000 };
  const encoder = await loadEncoder();
  await using server = await startBento({ service: folder });
  const took = new Map<number, number[]>(sizes.map((size) => [size, []])); // ms of a call
  const offline: Map<number, number>[] = []; // sentences a second, by size, round by round
  const served = new Map<number, ServedRound[]>(groups.map((clients) => [clients, []]));
  for (let round = -1; round < rounds; round++) {
    const counts = round >= 0; // the first one warms both up
    const rates = new Map<number, number>();
    for (const size of sizes) {
      signal.throwIfAborted();
      const batch = take(shortTexts, size);
      const begunMs = performance.now();
      for (let repeat = 0; repeat < repeats; repeat++) {
        const askedMs = performance.now();
        await encoder.encode(batch);
        if (counts) took.get(size)?.push(performance.now() - askedMs);
      }
      rates.set(size, (repeats * size * 1000) / (performance.now() - begunMs));
    }
    if (counts) offline.push(rates);
    for (const clients of groups) {
      signal.throwIfAborted();
      const result = await runServed(server.port, clients, forMs);
      if (counts) served.get(clients)?.push(result);
    }
  }
  const best = offline.map((rates) => Math.max(...rates.values()));
  return {
    rounds,
    offline: sizes.map((size) => ({
      size,
      tookMs: toSpread(took.get(size) ?? []),
      perSecond: quantile(
        offline.map((rates) => rates.get(size) ?? Number.NaN),
        0.5,
      ),
    })),
    served: [...served].map(([clients, results]) => toRow(clients, results, best)),
  };
}

interface ServedRound {
  readonly perSecond: number;
  readonly tookMs: readonly number[];
  readonly healthMs: readonly number[];
}

async function runServed(port: number, clients: number, forMs: number): Promise<ServedRound> {
  const warmMs = 500;
  const loop = {
    port,
    path: '/embed',
    clients,
    bodyOf: (client: number) => JSON.stringify({ texts: [shortTexts[client % shortTexts.length]] }),
    isRight: (answer: string) => answer.startsWith('[[') && answer.length > 512,
  };
  const health = { url: `http://127.0.0.1:${port}`, method: 'GET', path: '/livez', requestsPerSecond: 50 } as const;
  const [result, probed] = await Promise.all([
    runClosedLoop(loop, { warmMs, forMs }),
    sendLoad({ ...health, body: '', forMs: warmMs + forMs - 200, mostConnections: 4 }),
  ]);
  return { perSecond: result.perSecond, tookMs: result.tookMs, healthMs: [...probed.tookMs] };
}

function toRow(clients: number, results: readonly ServedRound[], best: readonly number[]): ServedRow {
  const tookMs = results.flatMap((result) => result.tookMs);
  return {
    clients,
    perSecond: toSpread(results.map(({ perSecond }) => perSecond)),
    ofBest: toSpread(results.map(({ perSecond }, round) => perSecond / (best[round] as number))), // of the same rounds
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    healthP99Ms: quantile(
      results.flatMap(({ healthMs }) => healthMs),
      0.99,
    ),
  };
}

/** As Markdown. */
export function describeSentences({ rounds, offline, served }: Sentences): string {
  const bare = offline.map(
    ({ size, tookMs, perSecond }) => `| ${size} | ${formatSpread(tookMs, 1)} | ${perSecond.toFixed(0)} |`,
  );
  const rows = served.map(
    ({ clients, perSecond, ofBest, p50Ms, p99Ms, healthP99Ms }) =>
      `| ${clients} | ${formatSpread(perSecond, 0)} | ${formatSpread(ofBest, 2)} | ${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)} | ${healthP99Ms.toFixed(1)} |`,
  );
  return `## A real model

The sentence encoder of examples/embeddings, short sentences. Without a server, given so many at once:

| sentences in a call | ms a call | sentences/s |
|---|---|---|
${bare.join('\n')}

Served by \`bento serve\` with the batches of its own service file, callers of one sentence each, who ask again once they are
answered; \`/livez\` is asked fifty times a second meanwhile, from a process of its own.

| callers | sentences/s | of the best size without a server | p50 / p99 ms | \`/livez\` p99 ms |
|---|---|---|---|---|
${rows.join('\n')}

${rounds} rounds, both in turn; medians, with quartiles in brackets.
`;
}
