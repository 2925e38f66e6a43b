/** Starts a server as a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServeOptions } from 'bentots/serve';
import { endNow } from '../../bench/load/send-load.ts';
import { fixture } from '../start.ts';

/** What a process holds. */
export interface Footprint {
  readonly rssBytes: number;
  readonly heapBytes: number;
  /** Open handles and requests of Node by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

/** A server, seen from outside. */
export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** What it holds, garbage collected: for the time that this takes it does nothing else. */
  look(): Promise<Footprint>;
  /** What it holds, garbage and all. */
  glance(): Promise<Footprint>;
}

/** Serves a fixture in a process of its own; `timeoutMs` is that of the service, if it asks for one. */
export async function startGateway(name: string, options: ServeOptions = {}, timeoutMs = 5000): Promise<Gateway> {
  // Whatever else runs on the machine must not starve its workers: what a low priority does is not the question here.
  const file = fileURLToPath(new URL('./gateway.ts', import.meta.url));
  const child = fork(file, [fixture(name), JSON.stringify({ niceness: 0, ...options })], {
    env: { ...process.env, BENTOTS_TEST_TIMEOUT_MS: String(timeoutMs) },
    execArgv: [...process.execArgv, '--expose-gc'],
    serialization: 'advanced',
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  const ask = async (wish: 'look' | 'glance'): Promise<Footprint> => {
    child.send(wish);
    return (await once(child, 'message'))[0] as Footprint;
  };
  return {
    url,
    pid: child.pid as number, // it has answered
    look: () => ask('look'),
    glance: () => ask('glance'),
    [Symbol.asyncDispose]: () => endNow(child),
  };
}
