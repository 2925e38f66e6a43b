/** Decides what `Retry-After` says: RFC 9110 section 10.2.3. */

const unknownMs = 1000; // a worker is replaced, and a queue of small calls is empty, within that
const longestSeconds = 60;
const jitter = 0.25; // those who were refused together must not come back together

/**
 * Whole seconds, at least 1: what is known, a quarter more or less.
 * @param chance from 0 to 1.
 */
export function decideRetryAfter(knownMs: number | undefined, chance = Math.random()): number {
  const spreadMs = (knownMs ?? unknownMs) * (1 - jitter + 2 * jitter * chance);
  return Math.min(longestSeconds, Math.max(1, Math.ceil(spreadMs / 1000)));
}
