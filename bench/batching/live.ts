/** Runs the batcher in a server beside an oracle in the same server, and beside other servers with the same model. */
import { readCpuTimes, usedBetween } from '../process-tree.ts';
import { formatSpread, quantile, type Spread, toSpread } from '../statistics.ts';
import { type LoopResult, openCaller, runClosedLoop, toRequest } from './closed-loop.ts';
import { type Contestant, groups, oracleName, startContestants } from './contestants.ts';
import { mean, ownName } from './measure.ts';
import { itemMs, launchMs, mostItems } from './model.ts';

/** One contestant at one number of callers. */
interface Measured {
  readonly perSecond: Spread;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of all its processes, for each answer, in microseconds. */
  readonly cpuUs: number;
  /** What part of its answers was that it is too busy. */
  readonly refused: number;
}

interface LiveRow {
  readonly clients: number;
  /** Requests a second: of the model alone, if it lost no moment. */
  readonly ideal: number;
  /** Parts of what the oracle got in the same round. */
  readonly ofOracle: Spread;
  readonly by: Readonly<Record<string, Measured>>;
}

/** What came out. */
export interface Live {
  readonly rounds: number;
  readonly rows: readonly LiveRow[];
  /** What a batchable method adds for a lone caller, in milliseconds. */
  readonly addedMs: number | undefined;
  /** Of requests that come alone, one a second, after a burst: the mean time in milliseconds; empty before that has run. */
  readonly afterBurstMs: Readonly<Record<string, number>>;
}

interface LivePlan {
  readonly rounds: number;
  /** What each is given at first to learn from. */
  readonly learnMs: number;
  readonly warmMs: number;
  readonly forMs: number;
  readonly loneRequests: number;
}

const fullPlan: LivePlan = { rounds: 5, learnMs: 1500, warmMs: 300, forMs: 2000, loneRequests: 30 };
const quickPlan: LivePlan = { rounds: 1, learnMs: 300, warmMs: 200, forMs: 700, loneRequests: 3 };

/**
 * Runs it: for each number of callers the contestants take turns, round after round.
 * @param keep is told of what has come out so far.
 */
export async function runLive(isQuick: boolean, signal: AbortSignal, keep: (live: Live) => void): Promise<Live> {
  const plan = isQuick ? quickPlan : fullPlan;
  await using contestants = await startContestants();
  const rows: LiveRow[] = [];
  let addedMs: number | undefined;
  for (const clients of groups) {
    const results = await runRounds(contestants.all, clients, plan, signal);
    rows.push(toRow(clients, results));
    if (clients === 1) addedMs = medianMs(results, ownName) - medianMs(results, oracleName);
    keep({ rounds: plan.rounds, rows, addedMs, afterBurstMs: {} });
  }
  const afterBurstMs = await runAfterBurst(contestants.all, plan, signal);
  return { rounds: plan.rounds, rows, addedMs, afterBurstMs };
}

interface Round extends LoopResult {
  readonly cpuUs: number;
}

type Results = ReadonlyMap<string, Round[]>;

async function runRounds(
  contestants: readonly Contestant[],
  clients: number,
  { rounds, learnMs, warmMs, forMs }: LivePlan,
  signal: AbortSignal,
): Promise<Results> {
  const results = new Map<string, Round[]>(contestants.map(({ name }) => [name, []]));
  const loopOf = ({ port, pathFor }: Contestant) => ({
    port,
    path: pathFor(clients),
    clients,
    bodyOf: (client: number) => JSON.stringify({ values: [client] }),
    isRight: (answer: string, client: number) => answer === `[${client}]`,
  });
  for (const one of contestants) {
    using _turn = one.takeTurn();
    await runClosedLoop(loopOf(one), { warmMs: 0, forMs: learnMs });
  }
  for (let round = 0; round < rounds; round++) {
    for (const at of contestants.keys()) {
      signal.throwIfAborted();
      const one = contestants[(round + at) % contestants.length] as Contestant; // within bounds
      using _turn = one.takeTurn();
      const before = readCpuTimes(one.pid);
      const result = await runClosedLoop(loopOf(one), { warmMs, forMs });
      const usedUs = [...usedBetween(before, readCpuTimes(one.pid)).values()].reduce((sum, us) => sum + us, 0);
      const answers = (result.perSecond * (warmMs + forMs)) / 1000;
      results.get(one.name)?.push({ ...result, cpuUs: usedUs / answers });
    }
  }
  return results;
}

const resultsOf = (results: Results, name: string): readonly Round[] => results.get(name) ?? [];
const medianMs = (results: Results, name: string): number =>
  quantile(
    resultsOf(results, name).flatMap(({ tookMs }) => tookMs),
    0.5,
  );

function toRow(clients: number, results: Results): LiveRow {
  const batch = Math.min(clients, mostItems);
  const oracle = resultsOf(results, oracleName);
  const own = resultsOf(results, ownName);
  return {
    clients,
    ideal: (batch * 1000) / (launchMs + itemMs * batch),
    ofOracle: toSpread(own.map(({ perSecond }, round) => perSecond / (oracle[round]?.perSecond ?? Number.NaN))),
    by: Object.fromEntries([...results].map(([name, rounds]) => [name, summarize(rounds)])),
  };
}

function summarize(rounds: readonly Round[]): Measured {
  const tookMs = rounds.flatMap((round) => round.tookMs);
  const refused = rounds.reduce((sum, round) => sum + round.refused, 0);
  return {
    perSecond: toSpread(rounds.map(({ perSecond }) => perSecond)),
    p50Ms: tookMs.length > 0 ? quantile(tookMs, 0.5) : Number.NaN,
    p99Ms: tookMs.length > 0 ? quantile(tookMs, 0.99) : Number.NaN,
    cpuUs: quantile(
      rounds.map(({ cpuUs }) => cpuUs),
      0.5,
    ),
    refused: refused / Math.max(1, refused + tookMs.length),
  };
}

const burst = { clients: 32, warmMs: 0, forMs: 2000 };

/** All of them get a burst in turn, and then each gets one request a second, at moments of its own. */
async function runAfterBurst(
  contestants: readonly Contestant[],
  { loneRequests }: LivePlan,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const bodyOf = (client: number) => JSON.stringify({ values: [client] });
  for (const { name, port, pathFor, takeTurn } of contestants) {
    if (name === oracleName) continue; // for one caller it is the method without batches
    using _turn = takeTurn();
    await runClosedLoop({ port, path: pathFor(1), clients: burst.clients, bodyOf, isRight: () => true }, burst);
  }
  const tookMs = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  using callers = new DisposableStack();
  const asking = [];
  for (const { name, port, pathFor, takeTurn } of contestants) {
    using _turn = takeTurn();
    const caller = callers.use(await openCaller(port));
    asking.push({ name, caller, takeTurn, request: toRequest(pathFor(1), bodyOf(0)) });
  }
  for (let round = 0; round < loneRequests; round++) {
    for (const { name, caller, takeTurn, request } of asking) {
      signal.throwIfAborted();
      using _turn = takeTurn();
      await new Promise((wake) => setTimeout(wake, 1000 / asking.length));
      const askedMs = performance.now();
      const { status } = await caller.ask(request);
      if (status !== 200) throw new Error(`${name} answered a lone request with ${status}`);
      tookMs.get(name)?.push(performance.now() - askedMs);
    }
  }
  return Object.fromEntries([...tookMs].map(([name, took]) => [name, mean(took)]));
}

const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

/** As Markdown. */
export function describeLive({ rounds, rows, addedMs, afterBurstMs }: Live): string {
  const names = Object.keys(rows[0]?.by ?? {});
  const toLine = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  const toTable = (heads: readonly string[], lines: readonly (readonly (string | number)[])[]) =>
    [toLine(heads), `|${'---|'.repeat(heads.length)}`, ...lines.map(toLine)].join('\n');
  const eachBy = (show: (measured: Measured, row: LiveRow) => string) =>
    toTable(
      ['callers', ...names],
      rows.map((row) => [row.clients, ...names.map((name) => show(row.by[name] as Measured, row))]),
    );
  return `## In servers

A model of ${launchMs} ms a batch and ${itemMs} ms an item, at most ${mostItems} items; each caller asks for one item, again as soon as it is
answered. The oracle is told how many callers there are, and stands behind the same gateway as bentots; for one caller it is the same
method without \`batchable\`. The greedy loop is a bare HTTP server that hands a thread whatever waits. BentoML and LitServe run the
same model in Python: BentoML 1.4 with one worker and \`max_latency_ms\` 1000, so that it refuses hardly anybody; LitServe with one worker
and \`batch_timeout\` 0 (its default), and with 5 ms. These three are stopped while it is not their turn, since LitServe looks for work
all the time. None of them writes an access log. Callers, servers and models share the
processors. ${rounds} rounds, in turns; medians, with quartiles in brackets.

Requests a second; of the model alone, if it lost no moment; and what part bentots gets of the oracle's in the same round:

${toTable(
  ['callers', 'ideal', ...names, `${ownName} ÷ ${oracleName}`],
  rows.map(({ clients, ideal, by, ofOracle }) => [
    clients,
    ideal.toFixed(0),
    ...names.map((name) => by[name]?.perSecond.median.toFixed(0) ?? ''),
    formatSpread(ofOracle, 3),
  ]),
)}

In % of the ideal:

${eachBy(({ perSecond }, { ideal }) => percent(perSecond.median / ideal))}

Milliseconds until an answer, half of them and 99 %:

${eachBy(({ p50Ms, p99Ms }) => `${p50Ms.toFixed(1)} / ${p99Ms.toFixed(1)}`)}

CPU of all processes of a server for one answer, in microseconds (0.2 ms of each batch is the model's, which wakes early and spins):

${eachBy(({ cpuUs }) => cpuUs.toFixed(0))}

Refused as too busy, in % of all answers:

${eachBy(({ refused }) => percent(refused))}

${addedMs === undefined ? '' : `For one caller \`batchable\` adds ${addedMs.toFixed(2)} ms.`}
${
  Object.keys(afterBurstMs).length === 0
    ? ''
    : `
After ${burst.forMs / 1000} s with ${burst.clients} callers, one request a second: the mean time in milliseconds, of which the model takes ${(launchMs + itemMs).toFixed(1)}.

${toTable(Object.keys(afterBurstMs), [Object.values(afterBurstMs).map((ms) => ms.toFixed(2))])}
`
}`;
}
