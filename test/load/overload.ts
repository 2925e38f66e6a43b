/** Asks a service for many times what it can do, and says what became of it. */

import type { LoadResult } from '../../bench/load/generator.ts';
import { goodOnes, goodPerSecond, sendLoad, timeToRecover } from '../../bench/load/send-load.ts';
import { quantile } from '../../bench/statistics.ts';
import { startGateway } from './processes.ts';

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
  const fill = { requestsPerSecond: nominal * 1.3, forMs, withinMs: timeoutMs };
  const capacity = goodPerSecond(await sendLoad({ ...order, ...fill }), fill);
  const { rssBytes: beforeBytes } = await gateway.look();

  let mostBytes = beforeBytes;
  const watch = setInterval(async () => {
    mostBytes = Math.max(mostBytes, (await gateway.glance()).rssBytes);
  }, 250);
  let recovered: Promise<number> | undefined;
  const flood = { requestsPerSecond: capacity * factor, forMs, withinMs: timeoutMs };
  const flooded = await sendLoad({ ...order, ...flood }, () => {
    recovered = timeToRecover(`${gateway.url}/work`, '{}', calmMs * 2);
  });
  const recoveredMs = (await recovered) ?? Number.NaN;
  clearInterval(watch);

  const refusedMs = indexesOf(flooded, (at) => flooded.status[at] === 503).map((at) => flooded.tookMs[at] as number);
  const goodMs = goodOnes(flooded, timeoutMs).map((at) => flooded.tookMs[at] as number);
  return {
    sent: flooded.status.length,
    nominal,
    capacity,
    goodput: goodPerSecond(flooded, flood),
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

function indexesOf({ status }: LoadResult, fits: (at: number) => boolean): number[] {
  return [...status.keys()].filter(fits);
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
