/** The address that the user gave, and what is found below it. */

/** Where a service is. */
export interface BaseUrl {
  /** Without a slash at the end, a query or a fragment. */
  readonly href: string;
  readonly readyUrl: string;
  /** Where the schema may be, best first: Python servers never put it under their prefix. */
  readonly schemaUrls: readonly string[];
  /**
   * What the absolute routes of a schema are appended to. That is the origin, since routes carry the service's prefix.
   * Only where the schema was found under a path that its routes do not have, a proxy takes that path away, and it
   * must be put before them.
   */
  rootFor(routes: readonly string[], schemaUrl: string): string;
}

/** @throws TypeError if it is no HTTP address, or holds credentials. */
export function parseBaseUrl(input: string | URL): BaseUrl {
  if (!URL.canParse(input)) throw new TypeError(`createClient: "${input}" is not an address; write http://host:port`);
  const { protocol, origin, pathname, username, password } = new URL(input);
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(`createClient: the address begins with ${protocol}, but must begin with http: or https:`);
  }
  if (username || password) throw new TypeError('createClient: the address holds credentials; use the option token');
  return toBaseUrl(origin, pathname);
}

/** @param origin what stands before the paths of all requests. */
export function toBaseUrl(origin: string, pathname: string): BaseUrl {
  const path = pathname.replace(/\/+$/, '');
  const href = origin + path;
  return {
    href,
    readyUrl: `${href}/readyz`,
    schemaUrls: path === '' ? [`${href}/schema.json`] : [`${href}/schema.json`, `${origin}/schema.json`],
    rootFor(routes, schemaUrl) {
      const isBelow = path !== '' && schemaUrl === `${href}/schema.json`;
      return isBelow && !routes.some((route) => route.startsWith(`${path}/`)) ? href : origin;
    },
  };
}
