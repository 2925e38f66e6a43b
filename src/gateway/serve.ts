/** Serves a target: opens the doors, starts the workers, and stops both in good order. */
/// <reference lib="esnext.disposable" preserve="true" /> for projects whose own `lib` is older than our handle
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findHome } from '../config/home.ts';
import { serverOptions } from '../config/options.ts';
import { type Given, resolveOptions } from '../config/resolve.ts';
import { ServiceError, toRecord } from '../errors.ts';
import { openBatchLog } from '../observe/batch-log.ts';
import { openLog } from '../observe/log.ts';
import { createServerMetrics } from '../observe/server-metrics.ts';
import { type Generation, startGeneration } from '../pool/generation.ts';
import { locate } from '../pool/locate.ts';
import { createSpool } from '../pool/spool.ts';
import { createTypeReader } from '../pool/type-reader.ts';
import { startProcess } from '../pool/worker-process.ts';
import { copyOf } from '../sdk/copy.ts';
import type { ModelProgress } from '../sdk/model-ref.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import { type Control, openControl } from './control/control-server.ts';
import type { ReloadLine, ServerStatus } from './control/protocol.ts';
import { createGenerations } from './generations.ts';
import { openHttp } from './http/server.ts';
import { logReload, type ReloadEvent } from './reload/event.ts';
import { keepCurrent } from './reload/keep-current.ts';
import { startTracked } from './reload/start-tracked.ts';
import { createTracker } from './reload/tracker.ts';

// Of the time to stop. What takes longer than the rest is cut, but a stream without end must not cost the hooks theirs.
const hooksShare = 0.1;

/** Options of {@link serve}; what each means and its default stand in the options reference. */
export interface ServeOptions extends Given<typeof serverOptions> {
  /** Where log lines go. @default standard output */
  readonly logTo?: { write(line: string): unknown };
  /** Gives up a start that is under way. */
  readonly signal?: AbortSignal;
  /** Told of reloads, whoever asks for them. @default a line in the log for each */
  readonly onReload?: (event: ReloadEvent) => void;
  /** Told how downloads of models go on. @default a line in the log now and then */
  readonly onModelProgress?: (progress: ModelProgress) => void;
}

/** How a server is stopped. */
export interface StopOptions {
  /**
   * Whether requests are accepted for another `drainDelayMs`, each answered as the last one of its connection, while
   * `/readyz` says 503: whoever sends requests here has time to send them elsewhere. @default false
   */
  readonly afterDrainDelay?: boolean;
}

/** A running server. */
export interface ServerHandle extends AsyncDisposable {
  /** Where it can be reached, for example `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Of the code that serves now. */
  readonly spec: ServiceSpec;
  /**
   * Loads the service again and serves it once it is ready: new requests go to the new workers, those under way finish
   * on the old ones. If it does not start, the old ones go on. While a reload is under way one more is queued.
   *
   * @throws ServiceError as `serve` would.
   */
  reload(): Promise<void>;
  /**
   * Stops accepting, lets requests finish, runs shut-down hooks, ends the workers: all within `gracefulTimeoutMs`, the
   * last tenth of which is left to the hooks. Called again without the delay it cuts that short.
   */
  stop(options?: StopOptions): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/**
 * Serves the service of a file, `file:Class`, folder or bento (its tag, or its folder); resolves when every worker is ready. With the option `reload` a
 * service that does not start is no failure: it is started again after the next save.
 *
 * @example
 * ```ts
 * await using server = await serve('./service.ts', { port: 0 });
 * const answer = await fetch(`${server.url}/hello`, { method: 'POST', body: '{"name":"you"}' });
 * ```
 * @throws ServiceError with what to mend, for example `PORT_UNAVAILABLE` or `TYPE_UNSUPPORTED`.
 */
export function serve(target: string, options: ServeOptions = {}): Promise<ServerHandle> {
  return serveWith(startProcess, target, options);
}

/** {@link serve} with workers that are started in another way. */
export async function serveWith(
  startWorker: typeof startProcess,
  target: string,
  options: ServeOptions,
): Promise<ServerHandle> {
  const { logTo, signal = new AbortController().signal, onReload, onModelProgress, ...given } = options;
  const settings = resolveOptions(serverOptions, given, 'serve()');
  const workingFolder = process.cwd(); // of now: it may be another one when the service is loaded again
  const find = () => locate(target, workingFolder);
  const { bento } = await find(); // what is not there is said before a port is opened
  if (bento && settings.reload) {
    const wanted = `left out: ${bento.name} is built, and what is built does not change`;
    throw new ServiceError('OPTION_INVALID', { where: 'serve()', name: 'reload', seen: 'true', wanted });
  }
  const isTerminal = logTo === undefined && process.stdout.isTTY;
  const format = settings.logFormat === 'auto' ? (isTerminal ? 'text' : 'json') : settings.logFormat;
  const { log, close: closeLog } = openLog({ format, level: settings.logLevel, destination: logTo ?? 1 });

  const tell = onReload ?? ((event: ReloadEvent) => logReload(event, log));
  const tracking = settings.reload
    ? {
        tracker: createTracker({
          onProblem: (error) => tell({ kind: 'problem', error }),
          onMore: () => keeper?.hint(),
        }),
        types: createTypeReader(),
      }
    : undefined;
  const { workers, niceness, gracefulTimeoutMs, args } = settings;
  const spool = createSpool();
  const startedAt = new Date();
  const batchLog =
    settings.batchLog === undefined
      ? undefined
      : openBatchLog(resolve(workingFolder, settings.batchLog), (problem) => log('warn', problem));
  const metrics = createServerMetrics((problem) => log('warn', problem));
  const metricsOf = (spec: ServiceSpec) => metrics.of({ name: spec.name, ...spec.settings.metrics }).pool;
  const generations = createGenerations({
    rolls: !tracking, // whoever has saved a file waits for no stream of before
    async start(signal, startsWith) {
      const start = {
        workers,
        niceness,
        gracefulTimeoutMs,
        args,
        startsWith,
        startWorker,
        spool,
        signal,
        log,
        metricsOf,
        onModelProgress,
        onBatchDecision: batchLog?.write,
      };
      return tracking ? startTracked(find, start, tracking) : startGeneration({ ...start, target: await find() });
    },
    onReplaced: metrics.reloaded,
  });
  const keeper = tracking && keepCurrent({ ...tracking, generations, pollMs: settings.reloadPollMs, tell });
  const hurry = new AbortController(); // ends the delay of a stop
  let isStopping = false;
  let stopped: Promise<void> | undefined;
  // The port first: a probe is answered while models load, and a port that is taken is known at once.
  const http = await openHttp(settings, {
    log,
    metrics,
    spool,
    generation: generations.choose,
    isReady: () => generations.isReady,
    isStopping: () => isStopping,
  }).catch(async (error: unknown) => {
    metrics.close();
    await spool.close();
    await batchLog?.close();
    await closeLog();
    throw error;
  });

  const reload = async (): Promise<Generation> => {
    if (isStopping) throw new ServiceError('STOPPING', {});
    const askedMs = performance.now();
    tell({ kind: 'asked' });
    try {
      const generation = await generations.replace();
      tell({ kind: 'reloaded', afterMs: performance.now() - askedMs });
      return generation;
    } catch (error) {
      tell({ kind: 'failed', error, servingSince: generations.since, isTriedAgain: keeper !== undefined });
      throw error;
    }
  };
  const control = settings.control ? await openOwnControl() : undefined;

  const stop = async () => {
    const { drainDelayMs } = settings;
    const startedMs = performance.now();
    const requestsMs = gracefulTimeoutMs * (1 - hooksShare);
    isStopping = true;
    keeper?.close();
    http.announceClose();
    const late = setTimeout(() => http.closeAll(), requestsMs);
    await wait(Math.min(drainDelayMs, requestsMs), undefined, hurry).catch(() => {}); // cut short: that is all it says
    const closed = http.close();
    await generations.stop(Math.max(0, gracefulTimeoutMs - (performance.now() - startedMs)));
    await closed;
    clearTimeout(late);
    control?.close();
    tracking?.types.close();
    metrics.close();
    await spool.close();
    await batchLog?.close();
    await closeLog();
  };
  const stopOnce = ({ afterDrainDelay = false }: StopOptions = {}) => {
    if (!afterDrainDelay) hurry.abort();
    stopped ??= stop();
    return stopped;
  };

  const abandon = () => void stopOnce();
  signal.addEventListener('abort', abandon, { once: true });
  try {
    signal.throwIfAborted();
    await (keeper ? keeper.start() : generations.replace());
  } catch (error) {
    http.closeAll();
    await stopOnce();
    throw signal.aborted ? new ServiceError('STOPPING', {}, { cause: error }) : error;
  } finally {
    signal.removeEventListener('abort', abandon);
  }
  return {
    url: http.url,
    get spec() {
      return (generations.current as Generation).spec; // there is one since the start
    },
    async reload() {
      await reload();
    },
    stop: stopOnce,
    [Symbol.asyncDispose]: () => stopOnce(),
    kill() {
      isStopping = true;
      control?.close();
      tracking?.types.close();
      generations.kill();
      http.closeAll();
      void stopOnce();
    },
  };

  function status(): ServerStatus {
    const isReady = generations.isReady ? 'ready' : generations.current ? 'not ready' : 'starting';
    return {
      version: copyOf(import.meta.url).version,
      pid: process.pid,
      url: http.url,
      since: startedAt.toISOString(),
      state: isStopping ? 'stopping' : isReady,
      generations: generations.all.map(({ generation, phase }) => ({ phase, ...generation.status() })),
    };
  }

  /** A server that cannot be asked can still serve. */
  async function openOwnControl(): Promise<Control | undefined> {
    const reloadFor = async (say: (line: ReloadLine) => void): Promise<ReloadLine> => {
      const askedMs = performance.now();
      const unwatch = generations.watch(say);
      try {
        const { spec } = await reload();
        return { kind: 'reloaded', service: spec.name, afterMs: performance.now() - askedMs };
      } finally {
        unwatch();
      }
    };
    try {
      return await openControl(findHome(), Number(new URL(http.url).port || 80), { status, reload: reloadFor });
    } catch (error) {
      log('warn', `bento status and bento reload will not find this server: ${toRecord(error).message}`);
      return undefined;
    }
  }
}
