/** Keeps as many workers running as were asked for. */
import { toRecord } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { PoolMetrics, WorkerStates } from '../observe/pool-metrics.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import { type ExitReason, stackOf, toWords } from './exit-reason.ts';
import { readProcessUsage } from './process-usage.ts';
import { createRecycler } from './recycler.ts';
import { decideRestart } from './restart-policy.ts';
import type { WorkerHandle, WorkerInTheMaking } from './worker-handle.ts';

interface SupervisorDeps {
  readonly spec: ServiceSpec;
  readonly count: number;
  readonly metrics: PoolMetrics;
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
  /** All workers, also those that cannot take calls. */
  readonly states: WorkerStates;
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
  const ready = new Map<number, WorkerHandle>(); // by place
  const leaving = new Set<WorkerHandle>();
  const successions = new Set<number>(); // places for whose worker another one is being started
  const restarts = new Set<NodeJS.Timeout>();
  let isStopping = false;

  /** Resolves when the worker has its place; who had it before leaves. */
  const bring = async (worker: WorkerInTheMaking, index: number, shortLives: number): Promise<void> => {
    making.add(worker);
    const forget = deps.metrics.addProcess(index, () => readProcessUsage(worker.pid));
    void worker.ended.then(forget);
    try {
      await worker.hello;
      const handle = await worker.start(spec, deps.models);
      const readyAtMs = performance.now();
      const before = ready.get(index);
      ready.set(index, handle);
      deps.onReady(handle);
      if (before) leave(before);
      recycler.watch(handle);
      void handle.ended.then((reason) => {
        const endedAtMs = performance.now();
        const wasLeaving = leaving.delete(handle);
        if (!isExpected(reason, wasLeaving)) tellEnd(handle, reason, endedAtMs - readyAtMs, wasLeaving);
        if (wasLeaving) return;
        ready.delete(index);
        deps.onGone(handle);
        if (isStopping) return;
        deps.metrics.workerReplaced(reason.kind);
        if (!successions.has(index)) restart(index, { readyAtMs, endedAtMs, shortLives });
      });
    } finally {
      making.delete(worker);
    }
  };

  /** Gets no more calls, finishes those that it has, ends. */
  const leave = (worker: WorkerHandle) => {
    leaving.add(worker);
    deps.onGone(worker);
    void worker.retire(spec.settings.traffic.timeoutMs); // no call stands still for longer
  };

  /** Puts another worker into the place of one, which goes on until the other is ready. */
  const replace = async (worker: WorkerHandle, because: string) => {
    const { index } = worker;
    successions.add(index);
    try {
      await bringAnother(index, 0);
      deps.metrics.workerReplaced('recycled');
      tell('info', worker, `gave its place to another one, since ${because}`);
    } catch (error) {
      if (isStopping) throw error;
      const hasPlace = ready.get(index) === worker;
      const what = hasPlace ? 'goes on, since none could take its place' : 'could not be started again';
      tell('error', worker, `${what}: ${toRecord(error).message}`);
      if (!hasPlace) restart(index, { readyAtMs: undefined, endedAtMs: performance.now(), shortLives: 0 });
      throw error;
    } finally {
      successions.delete(index);
    }
    await worker.ended;
  };

  const tell = (level: LogLevel, { index, pid }: WorkerHandle, what: string) =>
    log(level, `worker ${index} of ${spec.name} ${what}`, { worker: index, pid });

  const recycler = createRecycler({
    limits: spec.settings.recycle,
    random: Math.random,
    now: () => performance.now(),
    // One that is missing is more urgent.
    mayReplace: (worker) => !isStopping && ready.size === deps.count && ready.get(worker.index) === worker,
    replace,
    warn: (worker, problem) => tell('warn', worker, problem),
  });

  const isExpected = ({ kind }: ExitReason, wasLeaving: boolean) =>
    isStopping ? kind === 'stopped' || kind === 'killed' : wasLeaving && kind === 'stopped';

  const tellEnd = ({ index, pid }: WorkerHandle, reason: ExitReason, livedMs: number, wasLeaving: boolean) => {
    const isMissed = !isStopping && !wasLeaving;
    const when = isMissed ? '' : ', as it was leaving';
    const next = isMissed ? '; another one is started' : '';
    const what = `ended after ${(livedMs / 1000).toFixed(1)} s${when}: ${toWords(reason)}${next}`;
    log(isMissed ? 'error' : 'warn', `worker ${index} of ${spec.name} ${what}`, {
      worker: index,
      pid,
      reason: reason.kind,
      livedMs: Math.round(livedMs),
      stack: stackOf(reason),
    });
  };

  const restart = (index: number, history: Parameters<typeof decideRestart>[0]) => {
    const { afterMs, shortLives } = decideRestart(history);
    const timer = setTimeout(() => {
      restarts.delete(timer);
      bringAnother(index, shortLives).catch((error: unknown) => {
        if (isStopping) return;
        log('error', `worker ${index} of ${spec.name} could not be started again: ${toRecord(error).message}`, {
          worker: index,
        });
        restart(index, { readyAtMs: undefined, endedAtMs: performance.now(), shortLives });
      });
    }, afterMs);
    restarts.add(timer);
  };

  const bringAnother = async (index: number, shortLives: number) => {
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
    for (const worker of [...making, ...ready.values(), ...leaving]) worker.kill();
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
    get states() {
      return { starting: making.size, ready: ready.size, leaving: leaving.size, backing_off: restarts.size };
    },
    kill,
    async stop(graceMs) {
      isStopping = true;
      for (const timer of restarts) clearTimeout(timer);
      for (const worker of making) worker.kill();
      const all = [...ready.values(), ...leaving];
      const late = setTimeout(() => {
        for (const worker of all) worker.kill();
      }, graceMs);
      await Promise.all([
        ...Array.from(ready.values(), (worker) => worker.stop()),
        ...Array.from([...leaving, ...making], (worker) => worker.ended),
      ]);
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
