/** The buckets of request times, from what an author says of them. */
import { ServiceError } from '../errors.ts';
import type { serviceOptions } from './options.ts';
import type { Resolved } from './resolve.ts';

const mostEnds = 100; // as the Python original

/**
 * The upper ends in seconds, without infinity.
 * @throws ServiceError `OPTION_INVALID`
 */
export function durationBuckets(
  { buckets, min, max, factor }: Resolved<typeof serviceOptions>['metrics']['duration'],
  where: string,
): readonly number[] {
  if (min === undefined && max === undefined && factor === undefined) return buckets;
  if (min === undefined || max === undefined || factor === undefined) {
    const missing = Object.entries({ min, max, factor }).flatMap(([name, value]) =>
      value === undefined ? [name] : [],
    );
    refuse(where, `without ${missing.join(' and ')}`, 'given with min, max and factor, or with buckets alone');
  }
  if (min >= max) refuse(where, `from min ${min} to max ${max}`, 'from a min below its max');
  const ends: number[] = [];
  for (let end = min; end < max && ends.length < mostEnds; end *= factor) ends.push(end);
  return [...ends, max];
}

function refuse(where: string, seen: string, wanted: string): never {
  throw new ServiceError('OPTION_INVALID', { where, name: 'metrics.duration', seen, wanted });
}
