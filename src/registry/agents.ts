/** Decides by which connections a registry, and whoever it leads to, is asked: directly or by a proxy. */
import { lookup } from 'node:dns/promises';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import { createConnector } from '../outbound/connect.ts';
import { isConnectable } from '../outbound/connectable.ts';
import type { RegistryAccess } from './access.ts';
import { findProxy } from './proxy.ts';
import { watchWhereabouts } from './whereabouts.ts';

/** How an address is asked. */
export interface Way {
  readonly agent: Dispatcher;
  /** Host of the proxy, with its port. */
  readonly proxy: string | undefined;
}

/** All that is connected; leaving the block closes it. */
export interface Agents extends AsyncDisposable {
  /** @throws the refusal, for an address that the registry may not lead to. */
  find(url: URL): Promise<Way>;
}

const connectMs = 10_000;

/**
 * Whoever a registry leads to is inside only if it is there itself, or if the operator has named that network.
 * @param origin of the registry.
 */
export async function createAgents(
  origin: string,
  { settings, signal, isPublic = isPublicByRange }: RegistryAccess,
  refusal: () => Error,
): Promise<Agents> {
  const { Agent: createAgent, ProxyAgent: createProxyAgent, buildConnector: build } = await import('undici'); // 30 ms that only who needs it pays
  const plain = build({ timeout: connectMs, allowH2: false, autoSelectFamily: true });
  const whereabouts = watchWhereabouts(isPublic);
  const own = createOwnAgent();
  const made = new Map<string, Dispatcher>();
  const judge = (address: string) =>
    isPublic(address) || isConnectable(address, 443, { allowed: settings.networks, own: [] });

  /** Of the registry itself alone: where it leads to says nothing of where it is. */
  function createOwnAgent(): Agent {
    const connector: buildConnector.connector = (target, callback) =>
      plain(target, (error, socket) => {
        if (!socket) return callback(error as Error, null);
        whereabouts.note(socket.remoteAddress);
        callback(null, socket);
      });
    return new createAgent({ connect: connector });
  }

  const createInsideAgent = (): Agent => new createAgent({ connect: plain });

  const createForeignAgent = (): Agent =>
    new createAgent({ connect: createConnector(build, { timeoutMs: connectMs, signal, resolve, judge, refusal }) });

  const once = <T extends Dispatcher>(key: string, create: () => T): Dispatcher => {
    const there = made.get(key) ?? create();
    made.set(key, there);
    return there;
  };

  /** A proxy connects to what it finds itself; of what cannot be resolved here it alone knows what it is. */
  const judgeBehindProxy = async (hostname: string): Promise<void> => {
    const addresses = await resolve(hostname).catch(() => []);
    signal.throwIfAborted();
    if (!addresses.every(judge)) throw refusal();
  };

  const isInside = async (): Promise<boolean> => {
    if (findProxy(new URL(origin), settings.proxies) === undefined) return whereabouts.isInside();
    const addresses = await resolve(new URL(origin).hostname).catch(() => []);
    return addresses.length > 0 && !addresses.some(isPublic);
  };

  return {
    async find(url) {
      const proxy = findProxy(url, settings.proxies);
      const isOwn = url.origin === origin;
      const isTrusted = isOwn || (await isInside());
      if (proxy) {
        if (!isTrusted) await judgeBehindProxy(url.hostname);
        const create = () => new createProxyAgent({ uri: proxy.href, connectTimeout: connectMs });
        return { agent: once(proxy.href, create), proxy: proxy.host };
      }
      if (isOwn) return { agent: own, proxy: undefined };
      const agent = isTrusted ? once('inside', createInsideAgent) : once('foreign', createForeignAgent);
      return { agent, proxy: undefined };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([own, ...made.values()].map((agent) => agent.destroy()));
    },
  };
}

async function resolve(hostname: string): Promise<readonly string[]> {
  return (await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true })).map(({ address }) => address);
}

// Ports are no matter here: registries and what they lead to have any.
const isPublicByRange = (address: string) => isConnectable(address, 443, { allowed: [], own: [] });
