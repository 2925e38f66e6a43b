/** Decides whether a call may join a queue: what could only be refused later is refused at once. */
import { ServiceError } from '../errors.ts';
import type { ServiceSettings } from '../spec/service-spec.ts';

/** How a service stands when one more call comes. */
export interface ServiceLoad {
  /** Calls in all queues. */
  readonly waiting: number;
  /** Calls in all workers, those that nobody waits for any more included. */
  readonly running: number;
  /** How long it takes to work through what waits, in milliseconds. */
  readonly drainMs: number;
}

/**
 * What a call is answered that comes too much; undefined if it may join.
 * @param timeoutMs how long its caller waits.
 */
export function decideRefusal(
  service: string,
  { maxQueue, maxConcurrency }: ServiceSettings['traffic'],
  { waiting, running, drainMs }: ServiceLoad,
  timeoutMs: number,
): ServiceError | undefined {
  const retryAfterMs = drainMs;
  if (maxConcurrency !== undefined && waiting + running >= maxConcurrency) {
    return new ServiceError('CONCURRENCY_EXCEEDED', { service, limit: maxConcurrency }, { retryAfterMs });
  }
  if (waiting >= maxQueue) return new ServiceError('QUEUE_FULL', { service, limit: maxQueue }, { retryAfterMs });
  if (drainMs <= timeoutMs) return undefined;
  return new ServiceError(
    'OVERLOADED',
    { waitMs: Math.round(drainMs), timeoutMs },
    { retryAfterMs: drainMs - timeoutMs }, // by then a caller who waits as long gets a place
  );
}
