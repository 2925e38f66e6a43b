/** What a registry says of how to log in: the header `WWW-Authenticate`. */

/** How a registry wants to know who asks. */
export type Challenge =
  | { readonly kind: 'basic' }
  /** With a token, which is given at `realm`. */
  | { readonly kind: 'bearer'; readonly realm: string; readonly service: string | undefined };

const longest = 8192;

/** Reads the header; of several ways the one with tokens. @see RFC 9110, section 11.6.1 */
export function parseChallenge(header: string): Challenge | undefined {
  if (header.length > longest) return undefined;
  const bearer = /(?:^|,)\s*bearer\s+(.*)$/is.exec(header)?.[1];
  if (bearer === undefined) return /(?:^|,)\s*basic(?:\s|,|$)/i.test(header) ? { kind: 'basic' } : undefined;
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare] of bearer.matchAll(/([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)) {
    const key = name.toLowerCase();
    if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  const realm = parameters.get('realm');
  return realm === undefined ? undefined : { kind: 'bearer', realm, service: parameters.get('service') };
}
