/** A token bucket as one number: the moment at which it is full again. */

/** How fast a bucket fills, and how much it holds. */
export interface BucketSize {
  readonly requestsPerSecond: number;
  readonly burst: number;
}

/**
 * How long until there is a token, in milliseconds; 0 if there is one.
 * @param fullAtMs of a bucket that nothing was taken from it does not matter, as long as it is past.
 */
export function waitForToken({ requestsPerSecond, burst }: BucketSize, fullAtMs: number, nowMs: number): number {
  const missing = (Math.max(0, fullAtMs - nowMs) * requestsPerSecond) / 1000;
  const waitMs = ((missing - (burst - 1)) / requestsPerSecond) * 1000;
  return waitMs > sliverMs ? waitMs : 0;
}

const sliverMs = 1e-6; // whoever comes when we said must not be sent away by a rounding error

/** When the bucket is full after one more token was taken. */
export function takeToken({ requestsPerSecond }: BucketSize, fullAtMs: number, nowMs: number): number {
  return Math.max(fullAtMs, nowMs) + 1000 / requestsPerSecond;
}
