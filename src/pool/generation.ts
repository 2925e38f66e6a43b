/** Everything that hangs on one reading of the author's code: spec, routes, validators, queue and workers. */
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { layout } from '../build/built-bento.ts';
import { serviceOptions } from '../config/options.ts';
import { ServiceError } from '../errors.ts';
import type { GenerationMetrics } from '../observe/author-metrics.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { PoolMetrics } from '../observe/pool-metrics.ts';
import type { ModelPlace, ModelProgress } from '../sdk/model-ref.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import { joinSpec, type ModuleTypes, schemaSources } from '../spec/join.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { createValidatorCompiler } from '../spec/validator.ts';
import type { BatchDecisionLog } from './batch-line.ts';
import { createDispatcher, type Dispatcher } from './dispatch.ts';
import type { GenerationStatus } from './generation-status.ts';
import { createHolds } from './holds.ts';
import { loaderTsconfig } from './loader-tsconfig.ts';
import { logModelProgress } from './model-progress.ts';
import { resolveModels } from './models.ts';
import { countProcessors } from './processors.ts';
import { readIfThere } from './read-if-there.ts';
import { reflectTypes } from './reflect-types.ts';
import { type Route, toRoute } from './route.ts';
import type { Spool } from './spool.ts';
import { type Supervisor, startSupervisor } from './supervisor.ts';
import { chooseService, isTypeScript, type Target } from './target.ts';
import type { TypeReader } from './type-reader.ts';
import { toWarmUpCalls } from './warm-up-calls.ts';
import { type LaunchOptions, launchWorker, type WorkerInTheMaking } from './worker-handle.ts';
import { startProcess } from './worker-process.ts';

/** One immutable generation of a service; a request keeps the one that decoded it. */
export interface Generation {
  readonly spec: ServiceSpec;
  /** Methods by path. */
  readonly routes: ReadonlyMap<string, Route>;
  /** How many workers it is to have in the end. */
  readonly size: number;
  /** Workers that can take calls now. */
  readonly readyCount: number;
  /** Whether as many workers are ready as it is to have now. */
  readonly isReady: boolean;
  /** Why workers are missing, if they end again and again. */
  readonly trouble: ServiceError<'CRASH_LOOP'> | undefined;
  /** False when workers are not alive, and replacing them has not helped. */
  readonly isAlive: boolean;
  /** How long whoever waits for a worker to finish, or for all, waits before what is left is cut. */
  readonly drainMs: number;
  /** How it is. */
  status(): GenerationStatus;
  /** Starts one more worker; resolves when it is ready. @throws ServiceError if it does not get there. */
  addWorker(index: number, signal: AbortSignal): Promise<void>;
  /** Starts one that was removed, again and again if need be; resolves after the first try. */
  restoreWorker(index: number): Promise<void>;
  /** Has one worker finish its calls, then ends it; what takes longer than that is cut. */
  removeWorker(index: number, longestMs: number): Promise<void>;
  dispatch(invocation: Invocation): Promise<Outcome>;
  /** Rewrites the text of the metrics where the author wants that. @throws what the author's method threw, or `NOT_READY` */
  filterMetrics(text: string): Promise<string>;
  /** Says that a request is being read and will become a call; `stop` waits until the function it gives is called. */
  hold(): () => void;
  /** Takes the calls of the requests that hold it, lets all finish, however long they go on, ends the workers. */
  retire(): Promise<void>;
  /** The same, within the time given. */
  stop(graceMs: number): Promise<void>;
  /** Ends the workers at once. */
  kill(): void;
}

// What the service itself says is known only once it has loaded.
const loadTimeoutMs = serviceOptions.startTimeoutMs.default;

/** What a generation is started with. */
export interface GenerationOptions {
  readonly target: Target;
  /** Overrides what the service says. */
  readonly workers: number | 'cpu_count' | undefined;
  readonly niceness: number;
  readonly gracefulTimeoutMs: number;
  /** What the author's modules get from `useArguments`. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Environment variables that hold unless the operator has set them; a bento has its own. */
  readonly variables?: LaunchOptions['variables'];
  /** Where the service's queues and workers are counted. */
  metricsOf(spec: ServiceSpec): PoolMetrics;
  /** Which workers are started: all at once, or the first, so that others are added one by one. */
  readonly startsWith: 'all' | 'one';
  readonly startWorker: typeof startProcess;
  /** Keeps what is too large for memory. */
  readonly spool: Spool;
  /** Aborts the start. */
  readonly signal: AbortSignal;
  /** Told of every decision about batches, where somebody wants a log of them. */
  readonly onBatchDecision?: BatchDecisionLog | undefined;
  /** Told how downloads of models go on, in place of the log. */
  readonly onModelProgress?: ((progress: ModelProgress) => void) | undefined;
  /** For a server that is reloaded: what reads the types again and again, and who is told what the code came from. */
  readonly watched?: { readonly types: TypeReader; onSource(source: SourceFile): void };
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/**
 * Reads the types and starts the workers, at the same time where it can.
 * @throws ServiceError with what the author or the operator has to mend.
 */
export async function startGeneration(options: GenerationOptions): Promise<Generation> {
  const { target, log } = options;
  options.signal.throwIfAborted(); // a listener would never hear of it
  const code = codeOf(options);
  let authors: GenerationMetrics | undefined; // once the service is known
  const launch = (index: number) =>
    launchWorker({
      startProcess: (log) => options.startWorker(options.niceness, log),
      ...code,
      index,
      spool: options.spool.ofWorker(),
      loadTimeoutMs,
      log: (level, message, fields) => log(level, message, { ...fields, worker: index }),
      authorMetrics: () => authors,
      onSource: options.watched?.onSource,
    });
  let first = launch(1);
  const abandon = () => first.kill();
  options.signal.addEventListener('abort', abandon, { once: true });
  try {
    const { spec } = await describe(options, first);
    const compile = createValidatorCompiler();
    const routes = new Map(spec.apis.map((api) => [api.route, toRoute(api, compile)]));
    const warmUp = Array.from(routes.values()).flatMap(toWarmUpCalls);
    const place: ModelPlace = {
      ...(code.bento?.place ?? { folder: dirname(target.file) }),
      signal: options.signal,
      onProgress: options.onModelProgress ?? logModelProgress(log),
      onWarning: (message) => log('warn', message, {}),
    };
    const models = await resolveModels(spec, place, target.bento?.manifest.models);
    if (spec.deploymentHooks.length > 0) {
      await first.deploy(spec);
      options.signal.throwIfAborted();
      first = launch(1); // whatever the hooks left in memory would be in one worker and not in the others
    }
    const counted = options.metricsOf(spec);
    authors = counted.authors.begin();
    const dispatcher = createDispatcher({
      spec,
      metrics: counted,
      compile,
      spool: options.spool,
      onBatchDecision: options.onBatchDecision,
      log,
    });
    // No call takes longer than the second, so that none fails because its worker is replaced.
    const drainMs = Math.max(options.gracefulTimeoutMs, spec.settings.traffic.timeoutMs);
    const size = countWorkers(options.workers ?? spec.settings.workers);
    const supervisor = await startSupervisor(
      {
        spec,
        count: options.startsWith === 'all' ? size : 1,
        metrics: counted,
        kit: { models, warmUp },
        drainMs,
        launch,
        onReady: dispatcher.add,
        onGone: dispatcher.remove,
        onOutage: dispatcher.setOutage,
        log,
      },
      first,
      options.signal,
    );
    const since = new Date();
    const holds = createHolds();
    const unwatch = counted.watch(() => ({ methods: dispatcher.methods, workers: supervisor.states }));
    return {
      spec,
      routes,
      size,
      drainMs,
      get readyCount() {
        return supervisor.readyCount;
      },
      get isAlive() {
        return !supervisor.isBeyondHelp;
      },
      get isReady() {
        return supervisor.isReady;
      },
      get trouble() {
        return supervisor.trouble;
      },
      status: () => describeGeneration(spec, since, dispatcher, supervisor),
      addWorker: supervisor.add,
      restoreWorker: supervisor.restore,
      removeWorker: supervisor.remove,
      dispatch: dispatcher.dispatch,
      async filterMetrics(text) {
        if (spec.metricsFilter === undefined) return text;
        const worker = dispatcher.idlest;
        if (!worker) throw new ServiceError('NOT_READY', {});
        return worker.filter(spec.metricsFilter, text);
      },
      hold: holds.hold,
      async retire() {
        await holds.untilNone(); // each is bounded by the time that a request may take to arrive
        await dispatcher.close();
        await supervisor.retire();
        unwatch();
      },
      async stop(graceMs) {
        const startedMs = performance.now();
        await holds.untilNone(graceMs);
        await dispatcher.close();
        await supervisor.stop(Math.max(0, graceMs - (performance.now() - startedMs)));
        unwatch();
      },
      kill() {
        supervisor.kill();
        unwatch();
      },
    };
  } catch (error) {
    first.kill();
    await first.ended;
    throw error;
  } finally {
    options.signal.removeEventListener('abort', abandon);
  }
}

function countWorkers(workers: number | 'cpu_count'): number {
  return workers === 'cpu_count' ? countProcessors(availableParallelism(), readIfThere) : workers;
}

function describeGeneration(
  { name, settings }: ServiceSpec,
  since: Date,
  dispatcher: Dispatcher,
  supervisor: Supervisor,
): GenerationStatus {
  const methods = dispatcher.methods.map(({ api, waiting, running, costMs }) => ({
    name: api.name,
    isStream: api.kind !== 'unary',
    waiting,
    running,
    slots: api.slots,
    ...(costMs === undefined ? {} : { costMs }),
  }));
  const sum = (isStream: boolean) =>
    methods.reduce((total, one) => (one.isStream === isStream ? total + one.waiting + one.running : total), 0);
  const { timeoutMs, maxQueue, maxConcurrency } = settings.traffic;
  return {
    service: name,
    since: since.toISOString(),
    requests: sum(false),
    streams: sum(true),
    workers: supervisor.workers,
    methods,
    limits: { timeoutMs, maxQueue, ...(maxConcurrency === undefined ? {} : { maxConcurrency }) },
  };
}

/** What is known of a service without starting it. */
export interface Description {
  readonly spec: ServiceSpec;
  readonly types: ModuleTypes;
}

/** Describes the service that the target names: what `bento schema` prints, and `bento build` keeps. */
export async function describeTarget(
  options: Omit<
    GenerationOptions,
    'workers' | 'gracefulTimeoutMs' | 'startsWith' | 'startWorker' | 'metricsOf' | 'spool'
  >,
): Promise<Description> {
  const { log } = options;
  const worker = launchWorker({
    ...codeOf(options),
    index: 1,
    spool: undefined,
    startProcess: (log) => startProcess(options.niceness, log),
    loadTimeoutMs,
    log,
    authorMetrics: () => undefined,
    onSource: undefined,
  });
  try {
    return await describe(options, worker);
  } finally {
    worker.kill();
    await worker.ended;
  }
}

/** What a worker loads, and with what. */
function codeOf({
  target: { file, bento },
  args,
  variables = [],
}: Pick<GenerationOptions, 'target' | 'args' | 'variables'>): Pick<
  LaunchOptions,
  'file' | 'tsconfig' | 'args' | 'variables' | 'bento'
> {
  if (!bento) return { file, tsconfig: loaderTsconfig(file), args, variables, bento: undefined };
  const { name, folder, packageFolders, manifest } = bento;
  const places = {
    name,
    folder,
    packageFolders,
    place: {
      folder: dirname(join(folder, layout.source, manifest.service.file)),
      models: join(folder, layout.models),
      packageFolders,
    },
  };
  const kept = bento.variables.filter(({ stage, isSecret }) => stage !== 'build' && !isSecret);
  return { file, tsconfig: undefined, args: { ...bento.args, ...args }, variables: kept, bento: places };
}

async function describe(
  options: Pick<GenerationOptions, 'target' | 'signal' | 'log' | 'watched'>,
  worker: WorkerInTheMaking,
): Promise<Description> {
  const { target, signal, log, watched } = options;
  // What the decorators raise explains more than what the types lack: it is waited for first.
  const types = readTypes(target, signal, watched);
  types.catch(() => {});
  try {
    const decorated = chooseService(target, await worker.hello);
    const module = await types;
    for (const warning of module.warnings) log('warn', warning, {});
    const schemas = await worker.exportSchemas(schemaSources(decorated, module));
    return { spec: joinSpec(decorated, module, schemas), types: module };
  } catch (error) {
    if (watched) await types.catch(() => {}); // what it looked for may be what is missing
    throw error;
  }
}

/** Plain JavaScript has no types to be read, and of a bento they are known. */
async function readTypes(
  { file, bento }: Target,
  signal: AbortSignal,
  watched: GenerationOptions['watched'],
): Promise<ModuleTypes> {
  if (bento) return bento.types;
  if (!isTypeScript(file)) return { file, warnings: [] };
  return watched ? watched.types.read(file, signal, watched.onSource) : reflectTypes(file, signal);
}
