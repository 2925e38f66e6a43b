/** Reads where a registry leads to: neither a login nor a way without encryption can come of it. */

/**
 * @param location as the header says it.
 * @param from the address that answered.
 * @param fail makes the error of what is not followed.
 */
export function follow(location: string, from: URL, fail: (problem: string) => Error): URL {
  const next = URL.parse(location, from);
  if (!next || !/^https?:$/.test(next.protocol) || next.username !== '')
    throw fail('it leads to something that is no address');
  if (from.protocol === 'https:' && next.protocol !== 'https:')
    throw fail('it leads from https to an address without it');
  return next;
}
