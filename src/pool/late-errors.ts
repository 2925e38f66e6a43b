/** What callers hear whose time has gone by, or would. */
import { ServiceError } from '../errors.ts';
import type { Invocation } from '../spec/invocation.ts';

/** Of one that waited so long that it can no longer be answered in time. */
export function lateRefusal(timeoutMs: number, leadMs = 0): ServiceError {
  return new ServiceError('OVERLOADED', { answerMs: Math.round(timeoutMs + leadMs), timeoutMs });
}

/** Whom the time went by for: the caller, who sends no item, or the method. */
export function lateError({ inflow }: Invocation, timeoutMs: number): ServiceError {
  return inflow?.isWaiting
    ? new ServiceError('ITEM_TIMEOUT', { limitMs: timeoutMs })
    : new ServiceError('TIMEOUT', { timeoutMs });
}
