/** One worker's life: load, start, calls, stop. */
import { setMissingVariables } from '../config/set-variables.ts';
import { toRecord } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { shorten } from '../observe/plain-text.ts';
import type { Log } from '../sdk/context.ts';
import { apiOptionsOf, assignedFields, describeClass, describeWithSchemas } from '../sdk/describe-class.ts';
import { exportSchema } from '../sdk/export-schema.ts';
import { construct, inWorker, withArguments } from '../sdk/inject.ts';
import type { Trace } from '../spec/invocation.ts';
import type { BentoPlaces, FromWorker, ToWorker } from '../spec/messages.ts';
import { never } from '../spec/never.ts';
import type { ServiceSpec } from '../spec/service-spec.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { createMethodSchemas, type MethodSchemas } from './author-schemas.ts';
import { checkArguments } from './check-arguments.ts';
import { enterBento } from './enter-bento.ts';
import { createInvoker, type Invoker } from './invoke.ts';
import { createKeeper } from './keep-files.ts';
import { type LoadedService, loadSchema, loadServices, packageLoader } from './load.ts';
import { receiveModels } from './models.ts';
import { createProber, type Prober } from './prober.ts';
import { reportMetrics } from './report-metrics.ts';
import { estimateBytes } from './stream-sender.ts';
import { reportVitals, type VitalsReport } from './vitals.ts';
import { createWarmUp } from './warm-up.ts';

interface WorkerDeps {
  send(message: FromWorker, mayBeLarge?: boolean): void;
  flush(): void;
  /** Ends the worker once everything that was sent has left. */
  leave(exitCode: number): void;
  /** Runs a piece of a call, so that whatever it prints is known to be its own. */
  runInCall(trace: Trace, run: () => void): void;
  /** Whether a log line of about so many bytes may be written now. */
  admitsLine(bytes: number): boolean;
  /** Says what the operator shall see in a list of processes. */
  nameProcess(name: string): void;
}

const longestFieldsBytes = 64 * 1024;

type Failure = Extract<FromWorker, { kind: 'failed' }>;

/** One worker, whatever place it has. */
export interface ServiceWorker {
  /** Takes the gateway's messages in order. */
  onMessage(message: ToWorker): void;
  /** Sends what would be lost with the process. */
  flush(): void;
  /** Says no more of itself: for one that shares its process, whose timers would go on. */
  close(): void;
}

/** Creates a worker. */
export function createWorker(deps: WorkerDeps): ServiceWorker {
  let loaded: readonly LoadedService[] = [];
  let file = '';
  let bento: BentoPlaces | undefined;
  let instance: object | undefined;
  let invoker: Invoker | undefined;
  let shutdownHooks: readonly string[] = [];
  let schemas: ReadonlyMap<string, MethodSchemas> = new Map();
  let vitals: VitalsReport | undefined;
  let prober: Prober | undefined;
  let workerIndex: number | undefined;
  let isClosed = false;

  const metrics = reportMetrics(
    (changes) => deps.send({ kind: 'metrics', changes }),
    (problem) => createLog().warn(problem),
  );

  const fail = (failure: Omit<Failure, 'kind'>) => {
    deps.send({ kind: 'failed', ...failure });
    deps.leave(1);
  };

  const load = async (message: Extract<ToWorker, { kind: 'load' }>) => {
    file = message.file;
    bento = message.bento;
    try {
      setMissingVariables(message.variables);
      if (bento) enterBento(bento);
      const report = message.reportsSources && ((source: SourceFile) => deps.send({ kind: 'loaded', source }));
      loaded = await withArguments(message.args, () => loadServices(file, message.tsconfig, report || undefined));
      checkArguments(
        message.args,
        loaded.map(({ serviceClass }) => serviceClass),
      );
      const services = loaded.map(({ serviceClass, exportName }) =>
        describeWithSchemas(serviceClass, exportName, packageLoader(file, bento?.packageFolders ?? [])),
      );
      deps.send({ kind: 'hello', services: await Promise.all(services) });
    } catch (error) {
      fail({ step: 'load', error: toRecord(error) });
    }
  };

  const exportSources = async ({ sources }: Extract<ToWorker, { kind: 'export' }>) => {
    try {
      const schemas = sources.map(async (source) => {
        const where = `the schema ${source.path.join('.')} of ${source.file}`;
        return exportSchema(await loadSchema(source), {
          side: 'input',
          where,
          loadPackage: packageLoader(source.file, bento?.packageFolders ?? []),
        });
      });
      deps.send({ kind: 'exported', schemas: await Promise.all(schemas) });
    } catch (error) {
      fail({ step: 'load', error: toRecord(error) });
    }
  };

  const classOf = ({ exportName }: ServiceSpec) => {
    const serviceClass = loaded.find((candidate) => candidate.exportName === exportName)?.serviceClass;
    if (!serviceClass) throw new Error(`the gateway started ${exportName}, which ${file} does not export`);
    return serviceClass;
  };

  const deploy = async ({ spec }: Extract<ToWorker, { kind: 'deploy' }>) => {
    const serviceClass = classOf(spec);
    deps.nameProcess(`bentots ${spec.name} deployment`);
    for (const hook of spec.deploymentHooks) {
      try {
        await inWorker(undefined, callHook, serviceClass, hook); // for all workers, and none of them
      } catch (error) {
        return fail({ step: 'deployment', hook, error: toRecord(error) });
      }
    }
    deps.send({ kind: 'deployed' });
    deps.leave(0);
  };

  const start = async ({ spec, kit, files }: Extract<ToWorker, { kind: 'start' }>) => {
    const serviceClass = classOf(spec);
    deps.nameProcess(`bentots ${spec.name} ${workerIndex}`);
    const described = describeClass(serviceClass, spec.exportName);
    try {
      metrics.begin(spec.settings.metrics.namespace);
      const place = bento?.place ?? { folder: folderOf(file) };
      const values = await receiveModels(serviceClass, kit.models, { service: spec.name, place });
      instance = construct(serviceClass, values);
      for (const field of assignedFields(serviceClass)) Object.assign(instance, { [field]: values.get(field) });
      schemas = await allSchemas(serviceClass, spec);
    } catch (error) {
      return fail({ step: 'construct', error: toRecord(error) });
    }
    for (const hook of described.startupHooks) {
      try {
        await callHook(instance, hook);
      } catch (error) {
        return fail({ step: 'startup', hook, error: toRecord(error) });
      }
    }
    shutdownHooks = described.shutdownHooks;
    const warmUp = createWarmUp({ apis: spec.apis, timeoutMs: spec.settings.traffic.timeoutMs });
    let answer: WorkerDeps['send'] = warmUp.hear;
    invoker = createInvoker({
      service: instance,
      apis: new Map(spec.apis.map((api) => [api.name, api])),
      schemas,
      send: (message, mayBeLarge) => answer(message, mayBeLarge),
      flush: deps.flush,
      log: (call) => createLog(call.trace),
      runInCall: deps.runInCall,
      keepFiles: createKeeper(files),
    });
    for (const call of kit.warmUp) {
      try {
        await warmUp.call(invoker, call);
      } catch (error) {
        return fail({ step: 'warmUp', hook: `warmUp[${call.place}] of ${call.method}`, error: toRecord(error) });
      }
    }
    answer = deps.send;
    prober = createProber({
      service: instance,
      hooks: { alive: described.aliveHooks, ready: described.readyHooks },
      periodMs: spec.settings.probePeriodMs,
      timeoutMs: spec.settings.probeTimeoutMs,
      tell: (health) => deps.send({ kind: 'health', health }),
    });
    try {
      await prober.untilReady();
    } catch (error) {
      return fail({ step: 'probe', error: toRecord(error) });
    }
    if (isClosed) return;
    prober.start();
    vitals = reportVitals((told) => deps.send({ kind: 'vitals', vitals: told }));
    deps.send({ kind: 'ready' });
  };

  const createLog = (trace?: Trace): Log => {
    const write =
      (level: LogLevel) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const text = shorten(String(message));
        const bytes = estimateBytes(fields);
        if (!deps.admitsLine(text.length + bytes)) return;
        const kept = bytes <= longestFieldsBytes ? fields : { omitted: Object.keys(fields).join(', ').slice(0, 200) };
        deps.send({ kind: 'log', level, message: text, fields: kept, ...(trace ? { trace } : {}) });
      };
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  };

  const filter = async ({ id, method, text }: Extract<ToWorker, { kind: 'filter' }>) => {
    try {
      const filtered = await (instance as Record<string, (text: string) => unknown>)[method]?.(text);
      if (typeof filtered !== 'string') throw new TypeError(`it gave ${typeof filtered}, and not a text`);
      deps.send({ kind: 'filtered', id, result: { text: filtered } });
    } catch (error) {
      deps.send({ kind: 'filtered', id, result: { error: toRecord(error) } });
    }
  };

  const flush = () => {
    vitals?.tell();
    metrics.flush();
  };

  const stop = async () => {
    prober?.stop();
    await invoker?.idle();
    let isClean = true;
    for (const hook of instance ? shutdownHooks : []) {
      try {
        await callHook(instance as object, hook); // looped over only where there is one
      } catch (error) {
        isClean = false;
        deps.send({ kind: 'failed', step: 'shutdown', hook, error: toRecord(error) });
      }
    }
    flush();
    vitals?.stop();
    vitals = undefined;
    deps.send({ kind: 'stopped' });
    deps.leave(isClean ? 0 : 1);
  };

  const hear = (message: ToWorker) => {
    switch (message.kind) {
      case 'load':
        return void load(message);
      case 'export':
        return void exportSources(message);
      case 'deploy':
        return void deploy(message);
      case 'start':
        return void start(message);
      case 'call':
        return invoker?.call(message);
      case 'batch':
        return invoker?.batch(message);
      case 'cancel':
        return invoker?.cancel(message.id, message.reason);
      case 'credit':
        return invoker?.credit(message);
      case 'feed':
        return invoker?.feed(message);
      case 'fed':
        return invoker?.endFeed(message.id);
      case 'filter':
        return void filter(message);
      case 'ping':
        deps.send({ kind: 'pong' });
        return deps.flush();
      case 'stop':
        return void stop();
      default:
        return never(message);
    }
  };

  return {
    flush,
    close() {
      isClosed = true;
      prober?.stop();
      vitals?.stop();
      metrics.close();
    },
    onMessage(message) {
      if (message.kind === 'load') workerIndex = message.workerIndex;
      inWorker(workerIndex, hear, message);
    },
  };
}

/** The schemas that run around each method. */
async function allSchemas(serviceClass: object, spec: ServiceSpec): Promise<ReadonlyMap<string, MethodSchemas>> {
  const options = apiOptionsOf(serviceClass);
  const all = spec.apis.map(async (api) => {
    const inferred = api.parameters.map(async ({ name, from }) =>
      from ? [[name, { schema: await loadSchema(from), gives: from.gives }] as const] : [],
    );
    const given = { ...options.get(api.name), inferred: new Map((await Promise.all(inferred)).flat()) };
    return [api.name, createMethodSchemas(api, given)] as const;
  });
  return new Map(await Promise.all(all));
}

/** @param owner the instance, or the class for static hooks. */
function callHook(owner: object, hook: string): unknown {
  return (owner as Record<string, () => unknown>)[hook]?.();
}

function folderOf(file: string): string {
  return file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')));
}
