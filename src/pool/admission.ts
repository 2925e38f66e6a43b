/** Decides whether a call may join a queue: what could only be refused later is refused at once. */
import { ServiceError } from '../errors.ts';
import type { ServiceSettings } from '../spec/service-spec.ts';
import type { WaitingLine } from './waiting-line.ts';

/** How a service stands when one more call comes. */
export interface ServiceLoad {
  /** Calls in all queues. */
  readonly waiting: number;
  /** Calls in all workers, those that get no more calls and those that nobody waits for any more included. */
  readonly running: number;
  /** How long the call would wait, in milliseconds. */
  readonly waitMs: number;
  /** How long it would then run until it is answered, or with its first item; undefined before the first of its method was. */
  readonly leadMs: number | undefined;
  /** When it would be answered, where that is known better than by adding these. */
  readonly answerMs?: number;
}

// Under lasting overload every call that is let in waits as long as may be: were that to the millisecond, half of them
// would be answered too late, after they had cost a worker its time.
const margin = 1.25;

/**
 * What a call is answered that comes too much; undefined if it may join.
 * @param timeoutMs how long its caller waits.
 */
export function decideRefusal(
  service: string,
  { maxQueue, maxConcurrency }: Pick<ServiceSettings['traffic'], 'maxQueue' | 'maxConcurrency'>,
  load: ServiceLoad,
  timeoutMs: number,
): ServiceError | undefined {
  const { waiting, running, waitMs: retryAfterMs } = load;
  if (maxConcurrency !== undefined && waiting + running >= maxConcurrency) {
    return new ServiceError('CONCURRENCY_EXCEEDED', { service, limit: maxConcurrency }, { retryAfterMs });
  }
  if (waiting >= maxQueue) return new ServiceError('QUEUE_FULL', { service, limit: maxQueue }, { retryAfterMs });
  const answerMs = predictAnswerMs(load);
  if (answerMs <= timeoutMs) return undefined;
  return new ServiceError(
    'OVERLOADED',
    { answerMs: Math.round(answerMs), timeoutMs },
    { retryAfterMs: answerMs - timeoutMs }, // by then a caller who waits as long gets a place
  );
}

/** When a call is answered at the latest; one that need not wait may try, however long its like have run. */
export function predictAnswerMs({ waitMs, leadMs = 0, answerMs }: ServiceLoad): number {
  if (answerMs !== undefined) return answerMs;
  return waitMs === 0 ? 0 : (waitMs + leadMs) * margin;
}

/**
 * Who gives its place to a call for which there is none: the newest call of whoever has most, if that is more than the
 * newcomer would have then. So a flood, of one method or of one caller, fills the places that the others leave free,
 * and no more.
 *
 * @param own the line that the newcomer would join.
 */
export function decideVictim<T>(lines: Iterable<WaitingLine<T>>, own: WaitingLine<T>, caller: string): T | undefined {
  let most = own;
  for (const line of lines) if (line.count > most.count) most = line;
  if (most.count > own.count + 1) return most.longest()?.newest;
  const wouldHave = own.countOf(caller) + 1;
  if (wouldHave > own.count / own.callerCount) return undefined; // no need to look at every caller for one of the flood
  const longest = own.longest();
  return longest && longest.count > wouldHave ? longest.newest : undefined;
}
