/** The servers that run the model of model.ts: ours, a greedy loop, and peers in Python. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bentomlService, pythonScript, startPeer } from '../peers/peer.ts';
import { pidsOf } from '../process-tree.ts';
import { startBento } from '../start-bento.ts';
import { ownName } from './measure.ts';

/** One way to serve it. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  /** Of the first of its processes. */
  readonly pid: number;
  pathFor(clients: number): string;
  /** Has it run until this is disposed of: what a server does that has nothing to do must not slow the others down. */
  takeTurn(): Disposable;
}

/** What ours is measured by. */
export const oracleName = 'oracle';

const oracles: Readonly<Record<number, string>> = { 1: '/alone', 8: '/oracle8', 32: '/oracle32', 128: '/oracle128' };

/** How many callers there are: an oracle is there for each number. */
export const groups = Object.keys(oracles).map(Number);

const bentomlLatencyMs = 1000;
const litserveWindowMs = 5;

const peers = [
  bentomlService('BentoML', {
    folder: import.meta.dirname,
    target: 'bentoml_model:Model',
    env: { BATCHING_MAX_LATENCY_MS: String(bentomlLatencyMs) },
  }),
  litserve('LitServe', 0),
  litserve(`LitServe, ${litserveWindowMs} ms`, litserveWindowMs),
];

function litserve(name: string, windowMs: number) {
  return pythonScript(name, join(import.meta.dirname, 'litserve_model.py'), {
    BATCHING_TIMEOUT_S: String(windowMs / 1000),
  });
}

/** Starts all of them; the oracle is in the same server as ours. */
export async function startContestants(): Promise<{ readonly all: readonly Contestant[] } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const ours = stack.use(await startBento({ service: join(import.meta.dirname, 'service.ts') }));
  const greedy = stack.use(await startGreedy());
  const takeTurn = () => ({ [Symbol.dispose]() {} }); // these sleep when nobody asks
  const all: Contestant[] = [
    { name: oracleName, port: ours.port, pid: ours.pid, pathFor: (clients) => oracles[clients] as string, takeTurn },
    { name: ownName, port: ours.port, pid: ours.pid, pathFor: () => '/learned', takeTurn },
    { name: 'greedy loop', ...greedy, pathFor: () => '/', takeTurn },
  ];
  for (const peer of peers) {
    const { port, pid } = stack.use(await startPeer(peer));
    const pids = pidsOf(pid);
    const tell = (signal: NodeJS.Signals) => {
      for (const one of pids) process.kill(one, signal);
    };
    stack.defer(() => tell('SIGCONT')); // who is stopped does not hear that it is to end
    tell('SIGSTOP');
    const takeItsTurn = () => {
      tell('SIGCONT');
      return { [Symbol.dispose]: () => tell('SIGSTOP') };
    };
    all.push({ name: peer.name, port, pid, pathFor: () => '/learned', takeTurn: takeItsTurn });
  }
  const servers = stack.move();
  return { all, [Symbol.asyncDispose]: () => servers.disposeAsync() };
}

async function startGreedy(): Promise<{ readonly port: number; readonly pid: number } & AsyncDisposable> {
  const child = fork(join(import.meta.dirname, 'greedy-server.ts'));
  const [port] = (await once(child, 'message')) as [number];
  return {
    port,
    pid: child.pid as number, // it has spoken
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
