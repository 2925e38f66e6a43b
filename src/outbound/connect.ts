/** Connects to what may be connected to, and to nothing else: who that is, is judged by addresses, not by names. */
import { isIP } from 'node:net';
import type { buildConnector } from 'undici';

/** Who may be connected to, and what is said of the others. */
export interface Judgement {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Finds the addresses of a name. */
  resolve(name: string): Promise<readonly string[]>;
  judge(address: string, port: number): boolean;
  refusal(): Error;
}

/** What a name means is asked once, and judged before and after, so that none can mean another address a moment later. */
export function createConnector(build: typeof buildConnector, judgement: Judgement): buildConnector.connector {
  const { timeoutMs, signal, resolve, refusal } = judgement;
  const connectTo = async (hostname: string, judge: (address: string) => boolean) => {
    const found = isIP(hostname) === 0 ? await unlessAborted(resolve(hostname), signal).catch(() => []) : [hostname];
    const addresses = found.filter(judge);
    signal.throwIfAborted();
    if (addresses.length === 0) throw refusal();
    const entries = addresses.map((address) => ({ address, family: isIP(address) }));
    return build({
      timeout: timeoutMs,
      allowH2: false,
      autoSelectFamily: true,
      lookup: (_name, { all }, done) => {
        const [one = { address: '', family: 0 }] = entries;
        all === true ? done(null, entries) : done(null, one.address, one.family);
      },
    });
  };
  return (target, callback) => {
    const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
    const judge = (address: string) => judgement.judge(address, port);
    connectTo(target.hostname, judge).then(
      (connect) =>
        connect(target, (error, socket) => {
          if (!socket) return callback(error as Error, null);
          if (judge(socket.remoteAddress ?? '')) return callback(null, socket);
          socket.destroy();
          callback(refusal(), null);
        }),
      (error: Error) => callback(error, null),
    );
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
