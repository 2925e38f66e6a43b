/** The options of a rate limit → the limit, if they say one. */
import { ServiceError } from '../errors.ts';
import type { RateLimit } from './service-spec.ts';

interface RateLimitOptions {
  readonly requestsPerSecond: number | undefined;
  readonly burst: number | undefined;
  readonly isShared: boolean;
  readonly callerHeader: string | undefined;
}

/**
 * The limit; undefined if nothing is said of one.
 * @param where begins the message, for example `@api of Embedder.embed`.
 * @throws ServiceError `OPTION_INVALID` if the options do not go together.
 */
export function toRateLimit(options: RateLimitOptions, where: string): RateLimit | undefined {
  const { requestsPerSecond, burst, isShared, callerHeader } = options;
  const invalid = (name: string, seen: string, wanted: string) =>
    new ServiceError('OPTION_INVALID', { where: `${where}, rateLimit`, name, seen, wanted });
  if (requestsPerSecond === undefined) {
    if (burst === undefined && !isShared && callerHeader === undefined) return undefined;
    throw invalid('requestsPerSecond', 'left out', 'a number above 0, since the rest says nothing without it');
  }
  if (isShared && callerHeader !== undefined) {
    throw invalid('callerHeader', JSON.stringify(callerHeader), 'left out, since isShared makes all callers one');
  }
  return {
    requestsPerSecond,
    burst: burst ?? Math.max(1, Math.ceil(requestsPerSecond)),
    isShared,
    ...(callerHeader === undefined ? {} : { callerHeader }),
  };
}
