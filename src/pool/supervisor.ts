/** Keeps as many workers running as were asked for. */
import { toRecord } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import { decideRestart } from './restart-policy.ts';
import type { WorkerHandle, WorkerInTheMaking } from './worker-handle.ts';

interface SupervisorDeps {
  readonly spec: ServiceSpec;
  readonly count: number;
  readonly models: Readonly<Record<string, unknown>>;
  /** Starts the process of the worker with this index, counted from 1. */
  launch(index: number): WorkerInTheMaking;
  /** Told when a worker can take calls, and when it cannot any more. */
  onReady(worker: WorkerHandle): void;
  onGone(worker: WorkerHandle): void;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The workers of one generation. */
export interface Supervisor {
  /** Workers that can take calls now. */
  readonly readyCount: number;
  /** Lets running calls finish, runs shut-down hooks, ends every worker; those that need longer than that are killed. */
  stop(graceMs: number): Promise<void>;
  /** Ends every worker at once. */
  kill(): void;
}

/**
 * Starts the workers in parallel and resolves when all are ready; `first` has loaded its file already.
 * @throws ServiceError of the first worker that does not get there; the others are ended.
 */
export async function startSupervisor(
  deps: SupervisorDeps,
  first: WorkerInTheMaking,
  signal = new AbortController().signal,
): Promise<Supervisor> {
  const { spec, log } = deps;
  const making = new Set<WorkerInTheMaking>();
  const ready = new Set<WorkerHandle>();
  const restarts = new Set<NodeJS.Timeout>();
  let isStopping = false;

  const bring = async (worker: WorkerInTheMaking, index: number, shortLives: number): Promise<void> => {
    making.add(worker);
    try {
      await worker.hello;
      const handle = await worker.start(spec, deps.models);
      const readyAtMs = performance.now();
      ready.add(handle);
      deps.onReady(handle);
      void handle.ended.then((how) => {
        ready.delete(handle);
        deps.onGone(handle);
        if (isStopping) return;
        log('error', `worker ${index} of ${spec.name} ended with ${how}; another one is started`, {
          worker: index,
          pid: handle.pid,
        });
        restart(index, { readyAtMs, endedAtMs: performance.now(), shortLives });
      });
    } finally {
      making.delete(worker);
    }
  };

  const restart = (index: number, history: Parameters<typeof decideRestart>[0]) => {
    const { afterMs, shortLives } = decideRestart(history);
    const timer = setTimeout(() => {
      restarts.delete(timer);
      bringAgain(index, shortLives).catch((error: unknown) => {
        if (isStopping) return;
        log('error', `worker ${index} of ${spec.name} could not be started again: ${toRecord(error).message}`, {
          worker: index,
        });
        restart(index, { readyAtMs: undefined, endedAtMs: performance.now(), shortLives });
      });
    }, afterMs);
    restarts.add(timer);
  };

  const bringAgain = async (index: number, shortLives: number) => {
    const worker = deps.launch(index); // throws where the system has no more processes or descriptors
    try {
      await bring(worker, index, shortLives);
    } catch (error) {
      worker.kill();
      throw error;
    }
  };

  const kill = () => {
    isStopping = true;
    for (const timer of restarts) clearTimeout(timer);
    for (const worker of [...making, ...ready]) worker.kill();
  };

  const rest = Array.from({ length: deps.count - 1 }, (_, position) => deps.launch(position + 2));
  const all = [first, ...rest];
  try {
    await Promise.race([
      Promise.all(all.map((worker, position) => bring(worker, position + 1, 0))),
      rejectOnAbort(signal),
    ]);
  } catch (error) {
    kill();
    for (const worker of all) worker.kill(); // also the one that is late: it would never end by itself
    await Promise.all(all.map((worker) => worker.ended));
    throw error;
  }

  return {
    get readyCount() {
      return ready.size;
    },
    kill,
    async stop(graceMs) {
      isStopping = true;
      for (const timer of restarts) clearTimeout(timer);
      for (const worker of making) worker.kill();
      const leaving = [...ready];
      const late = setTimeout(() => {
        for (const worker of leaving) worker.kill();
      }, graceMs);
      await Promise.all([...leaving.map((worker) => worker.stop()), ...[...making].map((worker) => worker.ended)]);
      clearTimeout(late);
    },
  };
}

/** Also when some workers are ready already: they would be started again otherwise. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
