/** Starts the server and the load, each as a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ServeOptions } from 'bentots/serve';
import { fixture } from '../start.ts';
import type { GeneratorMessage, LoadOrder, LoadResult } from './generator.ts';

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
  const child = start('gateway', [fixture(name), JSON.stringify({ niceness: 0, ...options })], ['--expose-gc'], {
    BENTOTS_TEST_TIMEOUT_MS: String(timeoutMs),
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
    [Symbol.asyncDispose]: () => end(child),
  };
}

/**
 * Sends load at a steady rate; resolves when each request has been answered or cut.
 * @param onAllDue is told when the last one was due.
 */
export async function sendLoad(
  order: Partial<LoadOrder> & { readonly url: string },
  onAllDue: () => void = () => {},
): Promise<LoadResult> {
  const child = start('generator', [], [], {});
  try {
    const all = { path: '/work', body: '{}', headers: {}, requestsPerSecond: 100, forMs: 1000, mostConnections: 512 };
    child.send({ ...all, ...order });
    for await (const [message] of on(child, 'message', { close: ['exit'] }) as AsyncIterable<[GeneratorMessage]>) {
      if (message !== 'all due') return message;
      onAllDue();
    }
    throw new Error('the generator ended without a result');
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
