/** Which part of a file a caller asks for (RFC 9110 section 14). */

/** Bytes from `start` to `end`, both of them included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What of a request decides. */
export interface RangeHeaders {
  readonly range?: string | undefined;
  readonly 'if-range'?: string | undefined;
}

/**
 * What is to be sent of so many bytes. Several ranges are answered with the whole, as section 14.2 allows: they serve to
 * look into documents that can be got again and again, and a method would run for each look.
 */
export function decideRange(
  { range, 'if-range': ifRange }: RangeHeaders,
  etag: string,
  size: number,
): ByteRange | 'whole' | 'none' {
  // A date never fits: an answer has none, since it was made just now.
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return 'whole';
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(range) ?? [];
  if (first === undefined || last === undefined || first + last === '') return 'whole'; // in no way of ours
  if (first === '')
    return Number(last) === 0 || size === 0 ? 'none' : { start: Math.max(0, size - Number(last)), end: size - 1 };
  const [start, end] = [Number(first), last === '' ? Number.POSITIVE_INFINITY : Number(last)];
  if (end < start) return 'whole'; // no range at all
  return start >= size ? 'none' : { start, end: Math.min(end, size - 1) };
}
