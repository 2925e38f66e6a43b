/** Recorded bodies of a method → the calls that each of its workers makes before it is ready. */
import { isServiceError, ServiceError } from '../errors.ts';
import type { WarmUpCall } from '../spec/messages.ts';
import { type Route, toArguments } from './route.ts';

/** @throws ServiceError `SERVICE_INVALID` naming method and place, if a body is none that the method takes. */
export function toWarmUpCalls(route: Route): WarmUpCall[] {
  const { name, warmUp = [] } = route.api;
  return warmUp.map((body, at) => {
    try {
      return { method: name, place: at, args: toArguments(route, { value: structuredClone(body) }, true) };
    } catch (cause) {
      if (!isServiceError(cause, 'INVALID_INPUT')) throw cause;
      const problem = `warmUp[${at}] of ${name} is nothing that it takes: ${cause.message.replace(/^invalid input: /, '')}; correct it in the options of @api`;
      throw new ServiceError('SERVICE_INVALID', { problem }, { cause, detail: cause.detail });
    }
  });
}
