/** Asks a service for many times what it can do, and says what became of it. */
import { quantile } from '../../bench/statistics.ts';
import type { LoadResult } from './generator.ts';
import { sendLoad, startGateway } from './processes.ts';

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
  /** What its slots could answer a second if nothing but the work took time. */
  readonly nominal: number;
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
  /** The most that the process held meanwhile, beyond what it held before with its garbage collected. */
  readonly grownBytes: number;
  /** After the last request was due, until an answer took no more than twice what one takes without any load. */
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
  const slots = 4;
  const nominal = (slots * 1000) / calmMs;
  const filled = await sendLoad({ ...order, requestsPerSecond: nominal * 1.3, forMs });
  const capacity = perSecond(filled, nominal * 1.3, forMs);
  const { rssBytes: beforeBytes } = await gateway.look();

  let mostBytes = beforeBytes;
  const watch = setInterval(async () => {
    mostBytes = Math.max(mostBytes, (await gateway.glance()).rssBytes);
  }, 250);
  let recovered: Promise<number> | undefined;
  const flooded = await sendLoad({ ...order, requestsPerSecond: capacity * factor, forMs }, () => {
    recovered = timeToRecover(gateway.url, calmMs);
  });
  const recoveredMs = (await recovered) ?? Number.NaN;
  clearInterval(watch);

  const refusedMs = indexesOf(flooded, (at) => flooded.status[at] === 503).map((at) => flooded.tookMs[at] as number);
  const goodMs = indexesOf(flooded, isGood(flooded)).map((at) => flooded.tookMs[at] as number);
  return {
    sent: flooded.status.length,
    nominal,
    capacity,
    goodput: perSecond(flooded, capacity * factor, forMs),
    answers: countAnswers(flooded),
    refusalsWithoutRetryAfter: indexesOf(flooded, (at) => flooded.status[at] === 503 && !flooded.hasRetryAfter[at])
      .length,
    refusalMs: { median: quantile(refusedMs, 0.5), p99: quantile(refusedMs, 0.99) },
    goodMedianMs: quantile(goodMs, 0.5),
    lateP99Ms: quantile([...flooded.lateMs], 0.99),
    grownBytes: mostBytes - beforeBytes,
    recoveredMs,
  };
}

const patienceMs = 30_000;

/** From now on, until an answer takes no more than twice what one takes without any load. */
async function timeToRecover(url: string, calmMs: number): Promise<number> {
  const begunMs = performance.now();
  for (;;) {
    const askedMs = performance.now();
    const response = await fetch(`${url}/work`, { method: 'POST', body: '{}' });
    await response.text();
    const now = performance.now();
    if (response.ok && now - askedMs <= calmMs * 2) return now - begunMs;
    if (now - begunMs > patienceMs) throw new Error(`not recovered ${patienceMs} ms after the overload`);
  }
}

/** Answered, and while its caller was still there. */
function isGood({ status, lateMs, tookMs }: LoadResult): (at: number) => boolean {
  return (at) => status[at] === 200 && (lateMs[at] as number) + (tookMs[at] as number) <= timeoutMs;
}

function indexesOf({ status }: LoadResult, fits: (at: number) => boolean): number[] {
  return [...status.keys()].filter(fits);
}

/** Good answers a second, over the time until the last of them. */
function perSecond(result: LoadResult, requestsPerSecond: number, forMs: number): number {
  const good = indexesOf(result, isGood(result));
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
