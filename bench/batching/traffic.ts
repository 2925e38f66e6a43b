/** How requests come: at random, in clumps, in bursts. */
import type { Arrival } from '../../src/batching/simulate.ts';
import { createRandom, type Random } from './random.ts';

/** The gap after each request, in milliseconds, so that so many come in a millisecond. */
type Gaps = (random: Random, perMs: number, nowMs: number) => number;

const burstPeriodMs = 1000;
const burstPart = 0.25; // of each period
const burstFactor = 3; // of the mean rate; what is left for the rest of the period is a third of it

/** Ways of coming. */
export const traffics = {
  /** Callers who know nothing of each other. */
  poisson: (random, perMs) => random.exponential(1 / perMs),
  /** Clumps: the gaps' deviation is four times their mean. */
  'gamma, cv 4': (random, perMs) => random.gamma(1 / 16, 1 / perMs),
  /** A quarter of each second at three times the rate, the rest at a third of it. */
  bursts(random, perMs, nowMs) {
    const isBurst = nowMs % burstPeriodMs < burstPart * burstPeriodMs;
    const calm = (1 - burstPart * burstFactor) / (1 - burstPart);
    return random.exponential(1 / (perMs * (isBurst ? burstFactor : calm)));
  },
} satisfies Readonly<Record<string, Gaps>>;

/** Which of them. */
export type Traffic = keyof typeof traffics;

/** Requests of one item each, from a seed. */
export function createTrace(traffic: Traffic, perMs: number, endMs: number, timeMs: number, seed: number): Arrival[] {
  const random = createRandom(seed);
  const arrivals: Arrival[] = [];
  for (let nowMs = 0; ; ) {
    nowMs += (traffics[traffic] as Gaps)(random, perMs, nowMs);
    if (nowMs >= endMs) return arrivals;
    arrivals.push(arriveAt(nowMs, timeMs));
  }
}

/** One that comes then, and waits for so long. */
export function arriveAt(atMs: number, timeMs: number): Arrival {
  return { atMs, items: 1, expiresAtMs: atMs + timeMs, priority: 0, kind: '', bucket: 0 };
}
