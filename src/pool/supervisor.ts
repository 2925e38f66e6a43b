/** Keeps as many workers running as were asked for. */
import { isDeepStrictEqual } from 'node:util';
import { ServiceError, toRecord } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { shorten } from '../observe/plain-text.ts';
import type { CountedProcess, PoolMetrics, WorkerStates } from '../observe/pool-metrics.ts';
import type { DecoratedService } from '../spec/decorated.ts';
import type { StartKit } from '../spec/messages.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import { type EndCause, type ExitReason, stackOf, toPublicWords, toWords } from './exit-reason.ts';
import type { WorkerStatus } from './generation-status.ts';
import { watchForHang } from './hang-watch.ts';
import { deadAfter } from './health-policy.ts';
import { createHealthWatch } from './health-watch.ts';
import { explainMissing, type MissingWorker, type Outage } from './outage.ts';
import { readProcessUsage } from './process-usage.ts';
import { createRecycler } from './recycler.ts';
import { decideRestart, type RestartPlan } from './restart-policy.ts';
import { unlessAborted } from './unless-aborted.ts';
import type { WorkerHandle, WorkerInTheMaking } from './worker-handle.ts';

interface SupervisorDeps {
  readonly spec: ServiceSpec;
  /** How many to begin with; more can be added. */
  readonly count: number;
  readonly metrics: PoolMetrics;
  readonly kit: StartKit;
  /** How long a worker that gave its place to another one may keep the next one waiting before what it still does is cut. */
  readonly drainMs: number;
  /** Starts the process of the worker with this index, counted from 1. */
  launch(index: number): WorkerInTheMaking;
  /** Told when a worker can take calls, and when it cannot any more. */
  onReady(worker: WorkerHandle): void;
  onGone(worker: WorkerHandle): void;
  /** Told when calls have nobody to wait for, and when they have again. */
  onOutage(outage: Outage | undefined): void;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** The workers of one generation. */
export interface Supervisor {
  /** Workers that can take calls now. */
  readonly readyCount: number;
  /** All workers, also those that cannot take calls. */
  readonly states: WorkerStates;
  /** Why workers are missing, if they end again and again. */
  readonly trouble: ServiceError<'CRASH_LOOP'> | undefined;
  /** Whether there is one in every place. */
  readonly isReady: boolean;
  /** Every worker, and every place whose worker is missing. */
  readonly workers: readonly WorkerStatus[];
  /**
   * Starts a worker in one more place; resolves when it is ready.
   * @throws ServiceError if it does not get there, or what the signal says; there is no such place then.
   */
  add(index: number, signal: AbortSignal): Promise<void>;
  /** The same, but goes on trying if it does not get there, as for a worker that ends; resolves after the first try. */
  restore(index: number): Promise<void>;
  /**
   * Gives a place up: its worker gets no more calls, and ends when it has finished those that it has. What takes longer
   * than that is cut.
   */
  remove(index: number, longestMs: number): Promise<void>;
  /** Gives every place up; workers that go on with calls are not cut. Resolves when all have ended. */
  retire(): Promise<void>;
  /** Whether workers are not alive, and replacing them has not helped. */
  readonly isBeyondHelp: boolean;
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
  const places = new Set<number>(Array.from({ length: deps.count }, (_, position) => position + 1));
  const joining = new Set<number>(); // places that are there once their first worker is ready
  const ends = new Map<number, { count: number; last: string }>(); // of workers that ended by themselves, by place
  const making = new Map<WorkerInTheMaking, number>();
  const ready = new Map<number, WorkerHandle>(); // by place
  const leaving = new Set<WorkerHandle>();
  const successions = new Set<number>(); // places for whose worker another one is being started
  let finishing: { readonly worker: WorkerHandle; readonly sinceMs: number } | undefined; // the last that was recycled
  const restarts = new Set<NodeJS.Timeout>();
  const missing = new Map<number, MissingWorker>(); // by place: those that end again and again
  let known: readonly DecoratedService[] | undefined; // what the file said at first
  let startMs = 0; // how long the last worker took
  let isStopping = false;

  /** Resolves when the worker has its place; who had it before leaves. */
  const bring = async (worker: WorkerInTheMaking, index: number, shortLives: number): Promise<void> => {
    const begunMs = performance.now();
    making.set(worker, index);
    const counted = deps.metrics.addProcess(index, () => readProcessUsage(worker.pid));
    void worker.ended.then(counted.end);
    try {
      const hello = await worker.hello;
      known ??= hello;
      const isChanged = !isDeepStrictEqual(hello, known);
      const handle = await worker.start(spec, deps.kit);
      if (isStopping || (!places.has(index) && !joining.has(index))) throw new ServiceError('STOPPING', {}); // it was given up meanwhile
      if (isChanged) tell('warn', handle, hasOtherFiles);
      const readyAtMs = performance.now();
      startMs = readyAtMs - begunMs;
      missing.delete(index);
      const before = ready.get(index);
      ready.set(index, handle);
      deps.onReady(handle);
      deps.onOutage(undefined); // also of one that nobody started again, but in another place
      if (before) leave(before);
      const toPlan = (wasShot: boolean) =>
        decideRestart({ readyAtMs, endedAtMs: performance.now(), shortLives, wasShot });
      const dismiss = (cause: EndCause) => {
        if (isStopping || ready.get(index) !== handle) return; // it leaves already
        const plan = toPlan(false);
        tell('error', handle, `leaves: ${toWords(cause)}; ${toNext(plan)}`);
        leave(handle, cause);
        deps.metrics.workerReplaced(cause.kind);
        noteEnd(index, cause);
        if (!successions.has(index)) restart(index, plan, toPublicWords(cause));
      };
      healthWatch.watch(handle, (problem) =>
        dismiss({ kind: 'not_alive', problem: `${problem}, ${deadAfter} times in a row` }),
      );
      recycler.watch(handle);
      countVitals(handle, counted);
      watchForHang(handle, {
        limits: spec.settings.traffic,
        now: () => performance.now(),
        onSuspect: deps.onGone, // what waits here goes to another one, or waits on
        onCleared: (worker) => ready.get(index) === worker && healthWatch.isReady(worker) && deps.onReady(worker),
        dismiss: (_, cause) => dismiss(cause),
      });
      void handle.ended.then((reason) => {
        if (finishing?.worker === handle) finishing = undefined;
        const wasLeaving = leaving.delete(handle);
        const plan = wasLeaving || isStopping ? undefined : toPlan(reason.kind === 'signal');
        if (!isExpected(reason, wasLeaving)) tellEnd(handle, reason, performance.now() - readyAtMs, plan);
        if (wasLeaving) return;
        vacate(handle);
        deps.onGone(handle);
        if (!plan) return;
        noteEnd(index, reason);
        deps.metrics.workerReplaced(reason.kind);
        if (!successions.has(index)) restart(index, plan, toPublicWords(reason));
      });
    } finally {
      making.delete(worker);
    }
  };

  /** Its place is free: unless somebody else has it already. */
  const vacate = (worker: WorkerHandle) => {
    healthWatch.forget(worker);
    if (ready.get(worker.index) === worker) ready.delete(worker.index);
  };

  /** Gets no more calls, finishes those that it has, ends. */
  const leave = (worker: WorkerHandle, cause?: EndCause) => {
    vacate(worker);
    leaving.add(worker);
    deps.onGone(worker);
    void worker.retire(spec.settings.traffic.timeoutMs, cause); // no call stands still for longer
  };

  /** Puts another worker into the place of one, which goes on until the other is ready. */
  const replace = async (worker: WorkerHandle, because: string) => {
    const { index } = worker;
    successions.add(index);
    try {
      if (finishing) await cutOff(finishing.worker);
      await bringAnother(index, 0);
      deps.metrics.workerReplaced('recycled');
      tell('info', worker, `gave its place to another one, since ${because}`);
    } catch (error) {
      if (isStopping || !places.has(index)) throw error;
      const hasPlace = ready.get(index) === worker;
      const what = hasPlace ? 'goes on, since none could take its place' : 'could not be started again';
      tell('error', worker, `${what}: ${toRecord(error).message}`);
      if (!hasPlace) {
        healthWatch.noteFailedStart(index);
        restart(index, planAfterFailure(0), notStarted);
      }
      throw error;
    } finally {
      successions.delete(index);
    }
    if (leaving.has(worker)) finishing = { worker, sinceMs: performance.now() };
  };

  /** Ends the one that gave its place before, if it still has streams: of two more than asked for there may be no memory. */
  const cutOff = async (worker: WorkerHandle) => {
    tell(
      'warn',
      worker,
      'is ended before its streams are: another worker is to be replaced, and has waited long enough',
    );
    worker.kill();
    await worker.ended;
  };

  const countReady = () => ready.size - healthWatch.unreadyCount;

  const tell = (level: LogLevel, { index, pid }: WorkerHandle, what: string) =>
    log(level, `worker ${index} of ${spec.name} ${what}`, { worker: index, pid });

  const healthWatch = createHealthWatch({
    places: () => places,
    onUnready(worker, problem) {
      deps.onGone(worker);
      tell('warn', worker, `gets no calls: ${problem}`);
    },
    onReadyAgain(worker) {
      deps.onReady(worker);
      tell('info', worker, 'gets calls again');
    },
  });

  const recycler = createRecycler({
    limits: spec.settings.recycle,
    random: Math.random,
    now: () => performance.now(),
    // One that is missing is more urgent.
    mayReplace: (worker) =>
      !isStopping &&
      countReady() === places.size &&
      ready.get(worker.index) === worker &&
      (!finishing || performance.now() - finishing.sinceMs >= deps.drainMs),
    replace,
    warn: (worker, problem) => tell('warn', worker, problem),
  });

  const noteEnd = (index: number, reason: ExitReason) =>
    void ends.set(index, { count: (ends.get(index)?.count ?? 0) + 1, last: shorten(toWords(reason)) });

  const isExpected = ({ kind }: ExitReason, wasLeaving: boolean) => {
    if (kind === 'stopped') return isStopping || wasLeaving;
    if (kind === 'killed') return isStopping;
    return wasLeaving && (kind === 'abort_ignored' || kind === 'not_alive'); // was told when it began to leave
  };

  const tellEnd = (
    { index, pid }: WorkerHandle,
    reason: ExitReason,
    livedMs: number,
    plan: RestartPlan | undefined,
  ) => {
    const when = plan ? '' : ', as it was leaving';
    const next = plan ? `; ${toNext(plan)}` : '';
    const what = `ended after ${(livedMs / 1000).toFixed(1)} s${when}: ${toWords(reason)}${next}`;
    log(plan ? 'error' : 'warn', `worker ${index} of ${spec.name} ${what}`, {
      worker: index,
      pid,
      reason: reason.kind,
      livedMs: Math.round(livedMs),
      stack: stackOf(reason),
    });
  };

  const restart = (index: number, { afterMs, shortLives }: RestartPlan, problem: string) => {
    if (afterMs > 0) missing.set(index, { times: shortLives, problem, retryAtMs: performance.now() + afterMs });
    const timer = setTimeout(() => {
      restarts.delete(timer);
      if (!places.has(index)) return;
      bringAnother(index, shortLives).catch((error: unknown) => {
        if (isStopping || !places.has(index)) return;
        restartAfter(error, index, shortLives);
      });
      deps.onOutage(undefined); // whoever comes now may wait for this try
    }, afterMs);
    restarts.add(timer);
    tellOutage();
  };

  const restartAfter = (error: unknown, index: number, shortLives: number) => {
    healthWatch.noteFailedStart(index);
    const plan = planAfterFailure(shortLives);
    const what = `could not be started again: ${toRecord(error).message}; its files are read as they are now`;
    log('error', `worker ${index} of ${spec.name} ${what}; ${toNext(plan)}`, { worker: index });
    restart(index, plan, notStarted);
  };

  /** While no worker lives and none is being started, only those should wait who can. */
  const tellOutage = () => {
    if (ready.size > 0 || making.size > 0 || missing.size < places.size) return;
    const endsAtMs = Math.min(...Array.from(missing.values(), ({ retryAtMs }) => retryAtMs)) + startMs;
    deps.onOutage({ endsAtMs, refusal: () => explainTrouble() as ServiceError<'CRASH_LOOP'> }); // some are missing
  };
  const explainTrouble = () =>
    explainMissing(spec.name, places.size, [...missing.values()], startMs, performance.now());

  const bringAnother = async (index: number, shortLives: number) => {
    if (isStopping) throw new ServiceError('STOPPING', {});
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
    for (const worker of [...making.keys(), ...ready.values(), ...leaving]) worker.kill();
  };

  const all = [first];
  try {
    while (all.length < deps.count) all.push(deps.launch(all.length + 1));
    // Also when some are ready already: they would be started again otherwise.
    await unlessAborted(Promise.all(all.map((worker, position) => bring(worker, position + 1, 0))), signal);
  } catch (error) {
    kill();
    for (const worker of all) worker.kill(); // also the one that is late: it would never end by itself
    await Promise.all(all.map((worker) => worker.ended));
    throw error;
  }

  const giveUp = (index: number): WorkerHandle | undefined => {
    places.delete(index);
    joining.delete(index);
    missing.delete(index);
    for (const [worker, place] of making) if (place === index) worker.kill();
    const worker = ready.get(index);
    if (worker) leave(worker);
    return worker;
  };

  return {
    get readyCount() {
      return countReady();
    },
    get isBeyondHelp() {
      return healthWatch.isBeyondHelp;
    },
    get states() {
      return {
        starting: making.size,
        ready: countReady(),
        not_ready: healthWatch.unreadyCount,
        leaving: leaving.size,
        backing_off: restarts.size,
      };
    },
    get trouble() {
      return explainTrouble();
    },
    get isReady() {
      return countReady() >= places.size; // each ready one has a place
    },
    get workers() {
      return describe(places, { making, ready, leaving, isReady: healthWatch.isReady }, ends);
    },
    async add(index, signal) {
      signal.throwIfAborted();
      if (isStopping) throw new ServiceError('STOPPING', {});
      const worker = deps.launch(index);
      const abandon = () => worker.kill();
      signal.addEventListener('abort', abandon, { once: true });
      joining.add(index);
      try {
        await bring(worker, index, 0);
        places.add(index);
      } catch (error) {
        worker.kill();
        await worker.ended;
        throw signal.aborted ? signal.reason : error;
      } finally {
        joining.delete(index);
        signal.removeEventListener('abort', abandon);
      }
    },
    async restore(index) {
      joining.add(index);
      try {
        await bringAnother(index, 0);
      } catch (error) {
        if (isStopping) return;
        restartAfter(error, index, 0);
      } finally {
        joining.delete(index);
        places.add(index);
      }
    },
    async remove(index, longestMs) {
      const worker = giveUp(index);
      if (!worker) return;
      const late = setTimeout(worker.kill, longestMs);
      await worker.ended;
      clearTimeout(late);
    },
    async retire() {
      isStopping = true;
      for (const timer of restarts) clearTimeout(timer);
      for (const index of [...places, ...joining]) giveUp(index);
      await Promise.all([...leaving, ...making.keys()].map((worker) => worker.ended));
    },
    kill,
    async stop(graceMs) {
      isStopping = true;
      for (const timer of restarts) clearTimeout(timer);
      for (const worker of making.keys()) worker.kill();
      const all = [...ready.values(), ...leaving];
      const late = setTimeout(() => {
        for (const worker of all) worker.kill();
      }, graceMs);
      await Promise.all([
        ...Array.from(ready.values(), (worker) => worker.stop()),
        ...Array.from([...leaving, ...making.keys()], (worker) => worker.ended),
      ]);
      clearTimeout(late);
    },
  };
}

/** What it said before it was ready, and whatever it says from then on. */
function countVitals(worker: WorkerHandle, counted: CountedProcess): void {
  const count = () => {
    const { rssBytes, cpuSeconds, loopLagSeconds } = worker.vitals;
    if (worker.pid !== undefined) counted.used({ residentBytes: rssBytes, cpuSeconds }); // else it is of the gateway, too
    counted.lagged(loopLagSeconds);
  };
  count();
  worker.onVitals(count);
}

function describe(
  places: ReadonlySet<number>,
  workers: {
    readonly making: ReadonlyMap<WorkerInTheMaking, number>;
    readonly ready: ReadonlyMap<number, WorkerHandle>;
    readonly leaving: ReadonlySet<WorkerHandle>;
    isReady(worker: WorkerHandle): boolean;
  },
  ends: ReadonlyMap<number, { readonly count: number; readonly last: string }>,
): readonly WorkerStatus[] {
  const past = (index: number) => {
    const known = ends.get(index);
    return { restarts: known?.count ?? 0, ...(known && { lastEnd: known.last }) };
  };
  const living = (worker: WorkerHandle, state: WorkerStatus['state']): WorkerStatus => ({
    index: worker.index,
    ...(worker.pid === undefined ? {} : { pid: worker.pid }),
    state,
    calls: worker.load,
    since: worker.since.toISOString(),
    ...past(worker.index),
    rssBytes: worker.vitals.rssBytes,
  });
  const started = new Set([...workers.making.values(), ...workers.ready.keys()]);
  return [
    ...Array.from(workers.ready.values(), (worker) => living(worker, workers.isReady(worker) ? 'ready' : 'not ready')),
    ...Array.from(workers.making, ([{ pid }, index]): WorkerStatus => {
      return { index, ...(pid === undefined ? {} : { pid }), state: 'starting', calls: 0, ...past(index) };
    }),
    ...Array.from(workers.leaving, (worker) => living(worker, 'leaving')),
    ...[...places]
      .filter((index) => !started.has(index))
      .map((index): WorkerStatus => ({ index, state: 'missing', calls: 0, ...past(index) })),
  ].sort((one, other) => one.index - other.index);
}

const hasOtherFiles =
  'runs files that have changed since the service was started, and that say something else of its methods: reload it, so that calls are checked against what runs';
const notStarted = 'it could not be started; the log says why';

function planAfterFailure(shortLives: number): RestartPlan {
  return decideRestart({ readyAtMs: undefined, endedAtMs: performance.now(), shortLives, wasShot: false });
}

function toNext({ afterMs, shortLives }: RestartPlan): string {
  if (afterMs === 0) return 'another one is started';
  return `another one is started in ${afterMs / 1000} s, since that was the end number ${shortLives} within 30 s in a row`;
}
