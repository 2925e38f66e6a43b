/** Decides which addresses may be connected to for a caller: those that the whole internet can reach, and what an operator allows. */
import ipaddr from 'ipaddr.js';

/** Where the rules end: the machine that asks, and whom its operator names. */
export interface Surroundings {
  /** Networks that may be reached though they are not public, such as `10.1.0.0/16`. */
  readonly allowed: readonly string[];
  /** Addresses of this machine itself: behind its firewall there may be more than in front of it. */
  readonly own: readonly string[];
}

// Of the internet only what files are served at: a caller who could choose the port would scan others by us.
const publicPorts = [80, 443];

// Global unicast: RFC 4291, section 2.4. What lies outside of it is reserved, whether or not it has a name yet.
const globalUnicast = ipaddr.parseCIDR('2000::/3');

// The host of Azure's machines, which answers them alone, at an address that looks public.
const hostOfAzure = '168.63.129.16';

/** Whether an address, as a socket has it, may be connected to at a port. */
export function isConnectable(address: string, port: number, { allowed, own }: Surroundings): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address); // what is IPv4 in the guise of IPv6 is judged as IPv4
  if (allowed.some((network) => isWithin(parsed, network))) return true;
  const text = parsed.toString();
  if (text === hostOfAzure || own.some((one) => ipaddr.process(one).toString() === text)) return false;
  if (!publicPorts.includes(port) || parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast);
}

/** Whether a text is an address in a network. */
export function isInNetwork(address: string, network: string): boolean {
  return ipaddr.isValid(address) && isWithin(ipaddr.process(address), network);
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = network.includes('/') ? ipaddr.parseCIDR(network) : [ipaddr.parse(network), undefined];
  return address.kind() === base.kind() && address.match(base, bits ?? (base.kind() === 'ipv4' ? 32 : 128));
}
