/** Reads addresses and networks as they are written: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`. */
import { isIP } from 'node:net';

/** A network; a single address is one with all of its bits fixed. */
export interface Network {
  readonly address: string;
  readonly prefixBits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** The network that a text means; undefined if it is none. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const mostBits = version === 4 ? 32 : 128;
  const prefixBits = bits === undefined ? mostBits : Number(bits);
  if (prefixBits > mostBits) return undefined;
  return { address, prefixBits, family: version === 4 ? 'ipv4' : 'ipv6' };
}
