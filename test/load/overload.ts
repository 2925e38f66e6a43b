/** Asks a service for many times what it can do, and says what became of it. */
import type { LoadResult } from './generator.ts';
import { quantile, sendLoad, startGateway } from './processes.ts';

interface Scenario {
  /** How long each part takes. */
  readonly forMs: number;
  /** How many times what the service can do is asked of it. */
  readonly factor: number;
}

/** How long callers wait. */
const timeoutMs = 500;

/** What became of it. */
export interface OverloadFigures {
  readonly sent: number;
  /** Answers a second: when asked for as much as it can do, and when asked for many times as much. */
  readonly capacity: number;
  readonly goodput: number;
  /** How many were answered how. */
  readonly answers: Readonly<Record<string, number>>;
  readonly refusalsWithoutRetryAfter: number;
  /** From the sending of a request to its refusal, and how late the generator itself was. */
  readonly refusalMs: { readonly median: number; readonly p99: number };
  readonly goodMedianMs: number;
  readonly lateP99Ms: number;
  readonly grownBytes: number;
  /** After the end of the overload, until an answer took no more than twice what one takes without any. */
  readonly recoveredMs: number;
}

/**
 * Runs it. The method waits and does not compute, so that what limits the service are its slots, and neither server nor
 * generator run out of processor on a machine of two.
 */
export async function overload({ forMs, factor }: Scenario): Promise<OverloadFigures> {
  await using gateway = await startGateway('waiting');
  const headers = { 'x-request-timeout-ms': String(timeoutMs) };
  const order = { url: gateway.url, headers };
  const calm = await sendLoad({ ...order, requestsPerSecond: 20, forMs: 1000 });
  const calmMs = quantile([...calm.tookMs], 0.5);
  const nominal = (4 * 1000) / calmMs; // of four slots
  const filled = await sendLoad({ ...order, requestsPerSecond: nominal * 1.3, forMs });
  const capacity = perSecond(filled, nominal * 1.3, forMs);
  const before = await gateway.look();
  const flooded = await sendLoad({ ...order, requestsPerSecond: capacity * factor, forMs });
  const after = performance.now();
  let recoveredMs = Number.NaN;
  while (Number.isNaN(recoveredMs)) {
    const askedMs = performance.now();
    const response = await fetch(`${gateway.url}/work`, { method: 'POST', body: '{}' });
    await response.text();
    const now = performance.now();
    if (response.ok && now - askedMs <= calmMs * 2) recoveredMs = now - after;
  }
  const refused = indexesOf(flooded, (status) => status === 503);
  const good = indexesOf(flooded, (status) => status === 200);
  return {
    sent: flooded.status.length,
    capacity,
    goodput: perSecond(flooded, capacity * factor, forMs),
    answers: countAnswers(flooded),
    refusalsWithoutRetryAfter: refused.filter((at) => flooded.hasRetryAfter[at] === 0).length,
    refusalMs: {
      median: quantile(
        refused.map((at) => flooded.tookMs[at] ?? Number.NaN),
        0.5,
      ),
      p99: quantile(
        refused.map((at) => flooded.tookMs[at] ?? Number.NaN),
        0.99,
      ),
    },
    goodMedianMs: quantile(
      good.map((at) => flooded.tookMs[at] ?? Number.NaN),
      0.5,
    ),
    lateP99Ms: quantile([...flooded.lateMs], 0.99),
    grownBytes: (await gateway.look()).rssBytes - before.rssBytes,
    recoveredMs,
  };
}

function indexesOf({ status }: LoadResult, fits: (status: number) => boolean): number[] {
  return [...status.keys()].filter((at) => fits(status[at] ?? 0));
}

/** Good answers a second, over the time until the last of them. */
function perSecond(result: LoadResult, requestsPerSecond: number, forMs: number): number {
  const good = indexesOf(result, (status) => status === 200);
  const endsMs = good.map(
    (at) => (at * 1000) / requestsPerSecond + (result.lateMs[at] ?? 0) + (result.tookMs[at] ?? 0),
  );
  return (good.length * 1000) / Math.max(forMs, ...endsMs.slice(-1000));
}

/** How many were answered how, by status and code. */
export function countAnswers({ status, code }: LoadResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [at, value] of status.entries()) {
    const key = `${value} ${code[at]}`.trim();
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}
