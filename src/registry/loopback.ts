/** Tells whether a host is this machine itself, by its name. */

/** @param host as an address has it, IPv6 between brackets. */
export function isLoopback(host: string): boolean {
  const isNamed = host === 'localhost' || host.endsWith('.localhost');
  return isNamed || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
