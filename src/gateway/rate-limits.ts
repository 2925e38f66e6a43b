/** Holds callers to the rates that a service and its methods allow. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ServiceError } from '../errors.ts';
import type { RateLimit, ServiceSpec } from '../spec/service-spec.ts';
import { takeToken, waitForToken } from './token-bucket.ts';

/** The limits of one service. */
export interface RateLimits {
  /** Counts a request, unless one of the limits on it is reached: then it says so, and counts nothing. */
  refuse(method: string, caller: string, headers: IncomingHttpHeaders): ServiceError<'RATE_LIMITED'> | undefined;
  /** Buckets by what they are for, for those who come after. */
  readonly buckets: ReadonlyMap<string, Buckets>;
}

interface Limiter {
  readonly limit: RateLimit;
  /** Whose it is, in words. */
  readonly owner: string;
  readonly buckets: Buckets;
}

/**
 * Creates the limits of a service; undefined if it has none.
 * @param before those of the code that it replaces: callers do not get new buckets because the code was loaded again.
 */
export function createRateLimits(spec: ServiceSpec, before: RateLimits | undefined): RateLimits | undefined {
  const { buckets, byMethod } = toLimiters(spec, before?.buckets);
  return buckets.size > 0 ? { buckets, refuse: createRefuse(byMethod) } : undefined;
}

function toLimiters({ name: service, settings, apis }: ServiceSpec, before: RateLimits['buckets'] | undefined) {
  const buckets = new Map<string, Buckets>();
  const toLimiter = (owner: string, limit: RateLimit): Limiter => {
    const key = JSON.stringify([owner, limit]);
    const known = before?.get(key) ?? createBuckets();
    buckets.set(key, known);
    return { limit, owner, buckets: known };
  };
  const { rateLimit: common } = settings.traffic;
  const ofService = common ? [toLimiter(service, common)] : [];
  const byMethod = new Map(
    apis.map(({ name, rateLimit }) => [
      name,
      rateLimit ? [...ofService, toLimiter(`${service}.${name}`, rateLimit)] : ofService,
    ]),
  );
  return { buckets, byMethod };
}

// Where neither the spec nor the limits before can be seen: a closure that lives on holds all that its neighbours see.
function createRefuse(byMethod: ReadonlyMap<string, readonly Limiter[]>): RateLimits['refuse'] {
  return (method, caller, headers) => {
    const nowMs = performance.now();
    const limiters = byMethod.get(method) ?? [];
    const keys = limiters.map(({ limit }) => bucketKey(limit, caller, headers));
    for (const [at, { limit, owner, buckets }] of limiters.entries()) {
      const retryAfterMs = waitForToken(limit, buckets.get(keys[at] as string), nowMs);
      if (retryAfterMs > 0) return toExcess(owner, limit, retryAfterMs);
    }
    for (const [at, { limit, buckets }] of limiters.entries()) {
      const key = keys[at] as string; // one for each
      buckets.set(key, takeToken(limit, buckets.get(key), nowMs), nowMs);
    }
    return undefined;
  };
}

/** What who calls more often is told; `owner` is the service or the method. */
export function toExcess(
  owner: string,
  { requestsPerSecond, isShared }: RateLimit,
  retryAfterMs: number | undefined,
): ServiceError<'RATE_LIMITED'> {
  const from = isShared ? 'all callers together' : 'one caller';
  const extras = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ServiceError('RATE_LIMITED', { owner, requestsPerSecond, from }, extras);
}

// Keys can be secrets and of any length: neither is kept.
function bucketKey({ isShared, callerHeader }: RateLimit, caller: string, headers: IncomingHttpHeaders): string {
  if (isShared) return '';
  const named = callerHeader === undefined ? undefined : headers[callerHeader];
  if (named === undefined || named === '') return caller;
  return `#${createHash('sha256').update(String(named)).digest('base64').slice(0, 22)}`; // 128 bits; no address begins so
}

/** When the bucket of each caller is full again. */
interface Buckets {
  get(key: string): number;
  set(key: string, fullAtMs: number, nowMs: number): void;
}

/** At most 16 MiB for each limit. */
const mostBuckets = 65_536;
const mostChances = 8;

/**
 * Creates a table of bounded size. A full bucket says nothing, so that whoever is oldest and full is forgotten first; one
 * that is not full gets another chance. Only with as many callers at once as there is room for is a bucket forgotten that
 * still counts: to reset its own, a caller has to come from 65,536 addresses, each of which has its own already.
 */
export function createBuckets(most = mostBuckets): Buckets {
  const fullAt = new Map<string, number>(); // the oldest first
  let hand = fullAt.entries(); // goes on where it was: a new one would pass everything deleted again, 30 µs each time
  const oldest = (): [string, number] => {
    let next = hand.next();
    if (next.done) {
      hand = fullAt.entries();
      next = hand.next();
    }
    return next.value as [string, number]; // asked only where there is one
  };
  const makeRoom = (nowMs: number) => {
    for (let chance = 1; fullAt.size >= most; chance++) {
      const [key, fullAtMs] = oldest();
      fullAt.delete(key);
      if (fullAtMs > nowMs && chance < mostChances) fullAt.set(key, fullAtMs);
    }
  };
  return {
    get: (key) => fullAt.get(key) ?? Number.NEGATIVE_INFINITY,
    set(key, fullAtMs, nowMs) {
      if (!fullAt.has(key)) makeRoom(nowMs);
      fullAt.set(key, fullAtMs);
    },
  };
}
