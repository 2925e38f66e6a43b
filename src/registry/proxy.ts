/** Finds the proxy by which an address is asked, as curl, Go and Docker read the environment. */
import { parseNetwork } from '../config/network.ts';
import type { RegistrySettings } from '../config/registries.ts';
import { ServiceError } from '../errors.ts';
import { isInNetwork } from '../outbound/connectable.ts';
import { isLoopback } from './loopback.ts';

/**
 * The proxy for an address; undefined if it is asked directly, as this machine itself always is.
 * @throws ServiceError `OPTION_INVALID` without the text, which may have a password.
 */
export function findProxy(
  url: URL,
  { httpProxy, httpsProxy, noProxy = '' }: RegistrySettings['proxies'],
): URL | undefined {
  const [name, text] = url.protocol === 'https:' ? ['HTTPS_PROXY', httpsProxy] : ['HTTP_PROXY', httpProxy];
  if (text === undefined || isLoopback(url.hostname) || isLeftOut(url, noProxy)) return undefined;
  const proxy = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (proxy && /^https?:$/.test(proxy.protocol)) return proxy;
  const wanted = 'an http or https address, such as http://proxy.example.com:3128';
  throw new ServiceError('OPTION_INVALID', { where: 'environment', name, seen: 'something else', wanted });
}

/** https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config has the forms. */
function isLeftOut(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy.split(/[\s,]+/).some((text) => {
    const rule = text.toLowerCase();
    if (rule === '' || rule === '*') return rule === '*';
    const network = rule.replace(/^\[|\]$/g, '');
    if (parseNetwork(network)) return isInNetwork(host, network);
    const [, name = '', only] = /^(.*?)(?::(\d+))?$/.exec(rule) ?? [];
    if (only !== undefined && only !== port) return false;
    const domain = name.replace(/^\*?\./, '');
    const hasDot = domain !== name; // its subdomains, and not itself
    return host.endsWith(`.${domain}`) || (!hasDot && host === domain);
  });
}
