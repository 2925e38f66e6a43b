/** Who calls: told apart by address, for turns in queues and for limits. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { parseNetwork } from '../../config/network.ts';

/** Reads who calls. */
export interface CallerReader {
  /**
   * The name of the caller: its IPv4 address, or the first 64 bits of its IPv6 address, since one machine commonly has all
   * addresses that begin so.
   */
  callerOf(request: IncomingMessage): string;
  /** The whole address of one who comes through a proxy that is trusted. */
  forwardedFor(request: IncomingMessage): string | undefined;
}

/**
 * Creates the reader. Behind proxies that are trusted the caller is the last address in `X-Forwarded-For` that is not one
 * of them: what stands before it can be made up.
 */
export function createCallerReader(trustedProxies: readonly string[]): CallerReader {
  const forwardedFor = createForwardedFor(trustedProxies);
  return {
    forwardedFor,
    callerOf: (request) => toCaller(forwardedFor(request) ?? request.socket.remoteAddress),
  };
}

function createForwardedFor(trustedProxies: readonly string[]): CallerReader['forwardedFor'] {
  if (trustedProxies.length === 0) return () => undefined;
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const network = parseNetwork(text);
    if (network) trusted.addSubnet(network.address, network.prefixBits, network.family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
  return ({ socket, headers }) => {
    const peer = withoutMapping(socket.remoteAddress ?? '');
    let address = peer;
    const forwarded = headers['x-forwarded-for'];
    const hops = forwarded === undefined ? [] : String(forwarded).split(',');
    while (isIP(address) !== 0 && isTrusted(address)) {
      const hop = addressOf(hops.pop() ?? '');
      if (hop === undefined) break; // nobody to believe says where it came from
      address = hop;
    }
    return address === peer ? undefined : address;
  };
}

/** `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`, as proxies write them. */
function addressOf(hop: string): string | undefined {
  const text = hop.trim();
  const [, bare = text] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? /^([\d.]+):\d+$/.exec(text) ?? [];
  const address = withoutMapping(bare.split('%', 1)[0] as string); // a zone is of the machine that wrote it
  return isIP(address) === 0 ? undefined : address;
}

/** A socket for both families writes IPv4 addresses as IPv6 ones. */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

function toCaller(remoteAddress: string | undefined): string {
  const address = withoutMapping(remoteAddress ?? '');
  return address.includes(':') ? `${first64Bits(address)}/64` : address;
}

/** In one form, however it was written. */
function first64Bits(address: string): string {
  const [left = '', right] = address.split('::') as [string, string?];
  const [begin, end] = [left, right ?? ''].map((half) => (half === '' ? [] : half.split(':'))) as [string[], string[]];
  const endGroups = end.length + (end.at(-1)?.includes('.') ? 1 : 0); // an IPv4 address at the end is two groups
  const omitted = right === undefined ? 0 : Math.max(0, 8 - begin.length - endGroups);
  const groups = [...begin, ...Array.from({ length: omitted }, () => '0'), ...end];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
