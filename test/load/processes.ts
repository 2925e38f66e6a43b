/** Starts the server and the load, each as a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServeOptions } from 'bentots/serve';
import { fixture } from '../start.ts';
import type { LoadOrder, LoadResult } from './generator.ts';

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
  look(): Promise<Footprint>;
}

/** Serves a fixture in a process of its own; `timeoutMs` is that of the service, if it asks for one. */
export async function startGateway(name: string, options: ServeOptions = {}, timeoutMs = 5000): Promise<Gateway> {
  // Whatever else runs on the machine must not starve its workers: what a low priority does is not the question here.
  const child = start('gateway', [fixture(name), JSON.stringify({ niceness: 0, ...options })], ['--expose-gc'], {
    BENTOTS_TEST_TIMEOUT_MS: String(timeoutMs),
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    pid: child.pid as number, // it has answered
    async look() {
      child.send('look');
      return (await once(child, 'message'))[0] as Footprint;
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Sends load at a steady rate; resolves when each request has been answered or cut. */
export async function sendLoad(order: Partial<LoadOrder> & { readonly url: string }): Promise<LoadResult> {
  const child = start('generator', [], [], {});
  try {
    const all = { path: '/work', body: '{}', headers: {}, requestsPerSecond: 100, forMs: 1000, mostConnections: 512 };
    child.send({ ...all, ...order });
    return (await once(child, 'message'))[0] as LoadResult;
  } finally {
    await end(child);
  }
}

function start(
  script: string,
  args: readonly string[],
  execArgv: readonly string[],
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const file = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  return fork(file, args, {
    env: { ...process.env, ...env },
    execArgv: [...process.execArgv, ...execArgv],
    serialization: 'advanced',
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** The value that this share of all does not exceed, for example 0.99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
