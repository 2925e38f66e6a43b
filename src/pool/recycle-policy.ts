/** Decides when a worker gives its place to another one. */
import type { Vitals } from '../spec/messages.ts';
import type { RecycleLimits } from '../spec/service-spec.ts';

/** What is known of one worker's life. */
export interface WorkerLife {
  readonly ageMs: number;
  /** Requests that it has been given. */
  readonly requests: number;
  /** From 0 to 1, drawn once in a life: keeps workers that began together from going together. */
  readonly luck: number;
  /** How it was when it began. */
  readonly first: Vitals;
  /** How it was of late, {@link readingsKept} times at most. */
  readonly recent: readonly Vitals[];
}

/** How many readings in a row have to be above a limit: one may be garbage that is about to be collected. */
export const readingsKept = 3;

const spread = 0.2; // of a limit: where workers share the load, the next one goes a fifth of a life later

const memoryLimits = [
  { limit: 'maxRssBytes', reading: 'rssBytes', what: 'holds' },
  { limit: 'maxHeapBytes', reading: 'heapBytes', what: 'has a heap of' },
] as const;

/** Why the worker should be replaced, as it reads after "since"; undefined if it may stay. */
export function decideRecycle(life: WorkerLife, limits: RecycleLimits): string | undefined {
  const share = 1 - spread * life.luck;
  const { maxRequests, maxAgeMs } = limits;
  if (maxRequests !== undefined && life.requests >= Math.ceil(maxRequests * share)) {
    return `it has taken ${life.requests} requests`;
  }
  if (maxAgeMs !== undefined && life.ageMs >= maxAgeMs * share) return `it is ${Math.round(life.ageMs / 1000)} s old`;
  if (life.recent.length < readingsKept) return undefined;
  for (const { limit, reading, what } of memoryLimits) {
    const most = limits[limit];
    if (most === undefined || life.first[reading] > most) continue; // another one would be no smaller
    if (life.recent.every((vitals) => vitals[reading] > most)) {
      return `it ${what} ${toMebibytes(life.recent.at(-1)?.[reading])} MiB`;
    }
  }
  return undefined;
}

/** What is said of a worker that is above a limit as it begins, so that the limit cannot be kept. */
export function findVainLimit(first: Vitals, limits: RecycleLimits): string | undefined {
  for (const { limit, reading, what } of memoryLimits) {
    const most = limits[limit];
    if (most === undefined || first[reading] <= most) continue;
    return `${what} ${toMebibytes(first[reading])} MiB as it begins, which is above recycle.${limit}; raise that, since another one would be no smaller`;
  }
  return undefined;
}

function toMebibytes(bytes = 0): number {
  return Math.round(bytes / 1024 ** 2);
}
