/** Decides whether a text is an address that may be fetched at all, and where a redirect may lead. */
import { ServiceError } from '../errors.ts';

const longestAddress = 2048;

/**
 * The address that a caller wrote.
 * @throws ServiceError `URL_REFUSED`.
 */
export function checkAddress(text: string): URL {
  if (text.length > longestAddress) {
    throw refusal(text, `it has ${text.length} characters, and at most ${longestAddress} are read`);
  }
  const url = URL.parse(text);
  if (!url) throw refusal(text, 'it is no URL; send one such as https://example.com/cat.png');
  return checkParts(url, url);
}

/**
 * Where an answer leads on to.
 * @param first the address that the caller wrote, which messages name.
 * @throws ServiceError `URL_REFUSED`.
 */
export function checkRedirect(first: URL, from: URL, location: string): URL {
  const to = URL.parse(location, from);
  if (!to) throw refusal(first, 'it leads to something that is no URL');
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw refusal(first, 'it leads from https to an address without it');
  }
  return checkParts(to, first);
}

/** An error that says what was asked for and why it is not done; nothing of where it would have led. */
export function refusal(address: URL | string, problem: string): ServiceError {
  return new ServiceError('URL_REFUSED', { url: showAddress(address), problem });
}

/** An address in a message: without its query, which may have a signature in it, and without a password. */
export function showAddress(address: URL | string): string {
  if (typeof address === 'string') return JSON.stringify(address.slice(0, 80));
  return `${address.protocol}//${address.host}${address.pathname}`.slice(0, 200);
}

function checkParts(url: URL, named: URL): URL {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refusal(named, 'only http and https addresses are fetched');
  }
  if (url.username !== '' || url.password !== '') {
    throw refusal(named, 'addresses with a user name or a password are not fetched');
  }
  return url;
}
