/** One worker as the pool sees it: the handshake, then calls. */
import { type ErrorRecord, fromRecord, ServiceError, toRecord } from '../errors.ts';
import type { FileOnDisk } from '../io/file-content.ts';
import type { GenerationMetrics } from '../observe/author-metrics.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { shorten, toPlainText } from '../observe/plain-text.ts';
import type { DecoratedService, ExportedSchema } from '../spec/decorated.ts';
import type { ResponseChanges, Trace } from '../spec/invocation.ts';
import type {
  BatchedCall,
  BentoPlaces,
  Credit,
  FromWorker,
  Health,
  StartKit,
  ToWorker,
  Vitals,
} from '../spec/messages.ts';
import { never } from '../spec/never.ts';
import { traitsOf } from '../spec/schema-parts.ts';
import type { ApiSpec, SchemaSource, ServiceSpec } from '../spec/service-spec.ts';
import type { SourceFile } from '../spec/source-file.ts';
import { leastSharedBytes } from '../worker/shared-memory.ts';
import { type EndCause, type ExitReason, toWords } from './exit-reason.ts';
import type { AbandonedCall } from './hang-policy.ts';
import type { WorkerSpool } from './spool.ts';
import { causeOf, toStartError } from './start-error.ts';
import type { OutputLog } from './worker-output.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What one call hears from its worker. Exactly one of `onValue`, `onEnd`, `onError`, `onLost` comes last. */
export interface CallListener {
  /** @param files what of the value lies on disk, to be removed by whoever hears this. */
  onValue(value: unknown, response: ResponseChanges | undefined, files: readonly FileOnDisk[]): void;
  onItems(items: readonly unknown[], bytes: number, response: ResponseChanges | undefined): void;
  /** The method has taken so much of the argument that comes item by item. */
  onTaken(credit: Credit): void;
  /** It wants no more of it. */
  onEnough(): void;
  onEnd(response: ResponseChanges | undefined): void;
  onError(error: ErrorRecord): void;
  /** The worker ended first. */
  onLost(reason: ExitReason): void;
}

type LineFields = Readonly<Record<string, unknown>> & { readonly trace?: Trace | undefined };

type CallMessage = Omit<Extract<ToWorker, { kind: 'call' }>, 'kind' | 'id'>;

/** A call of a batch, and who hears of it. */
export interface BatchMember {
  readonly message: Omit<BatchedCall, 'id'>;
  readonly listener: CallListener;
}

/** A call that a worker runs. */
interface RunningCall extends AbandonedCall {
  readonly api: ApiSpec;
  readonly listener: CallListener;
  /** The batch that it is in, which holds the slot for it. */
  readonly batch?: RunningBatch;
  isCancelled: boolean;
  movedAtMs: number;
}

/** A batch that a worker runs. */
interface RunningBatch extends AbandonedCall {
  readonly api: ApiSpec;
  /** Is told whether the next will take about as long. */
  onRan(isTypical: boolean): void;
  /** Its calls that have no answer yet, and that somebody waits for. */
  waitedFor: number;
  /** Whether somebody has left it, or got an error: then it may run on though nothing is left to be answered. */
  mayRunOn: boolean;
  /** Whether the method is done with it: what its streams still have to send holds no slot. */
  hasRun: boolean;
  movedAtMs: number;
}

/** A worker that is ready for calls. */
export interface WorkerHandle {
  /** Counts from 1. */
  readonly index: number;
  readonly pid: number | undefined;
  /** When it became ready. */
  readonly since: Date;
  /** Calls that run in it now. */
  readonly load: number;
  /** Calls that it has been given so far. */
  readonly callCount: number;
  /** How it said last that it is. */
  readonly vitals: Vitals;
  /** Calls that nobody waits for any more, and that run on. */
  readonly abandoned: Iterable<AbandonedCall>;
  /** How many more calls of a method, or batches of them, it has room for. */
  roomFor(api: ApiSpec): number;
  /** Sends a call; the slot is held until the worker says that it has ended. */
  call(api: ApiSpec, message: CallMessage, listener: CallListener): number;
  /**
   * Sends calls that run together, in one slot, which is held until the worker says that they have run; gives the id of each.
   * @param onRan is told when they have, or the worker has ended, and whether the next will take about as long.
   */
  batch(api: ApiSpec, members: readonly BatchMember[], onRan: (isTypical: boolean) => void): readonly number[];
  cancel(id: number, reason: 'TIMEOUT' | 'CANCELLED'): void;
  credit(id: number, credit: Credit): void;
  /** Sends items of an argument. */
  feed(id: number, items: readonly unknown[], bytes: number): void;
  /** Says that no more of them will come. */
  endFeed(id: number): void;
  /** Has the author's method rewrite a text. @throws what it threw, or that the worker ended */
  filter(method: string, text: string): Promise<string>;
  /** Lets running calls finish, runs the shut-down hooks, ends the process; resolves when it has ended. */
  stop(): Promise<void>;
  /**
   * Like `stop`, but ends the process once its calls have stood still for between one and two times that long.
   * @param cause for another reason than that it is not wanted.
   */
  retire(quietMs: number, cause?: EndCause): Promise<void>;
  /** Resolves when its event loop has taken a turn. */
  ping(): Promise<void>;
  /** Tells each time when a call is abandoned. */
  onAbandoned(listener: () => void): void;
  /** Tells each time when it has said how it is. */
  onVitals(listener: () => void): void;
  /** Tells each time what its hooks say. */
  onHealth(listener: (health: Health) => void): void;
  /** Ends the process at once. @param cause for another reason than that it is not wanted. */
  kill(cause?: EndCause): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<ExitReason>;
}

/** A log line of a worker, as the gateway passes it on. */
export type WorkerLog = (level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>) => void;

/** A worker between its process's start and its being ready. */
export interface WorkerInTheMaking {
  readonly pid: number | undefined;
  /** What the file exports. @throws ServiceError `SOURCE_BROKEN`, or what a decorator raised. */
  readonly hello: Promise<readonly DecoratedService[]>;
  /** What the schemas are that parameter types are inferred from; asked for after `hello`. @throws ServiceError `SERVICE_INVALID` */
  exportSchemas(sources: readonly SchemaSource[]): Promise<readonly ExportedSchema[]>;
  /** Runs the deployment hooks; resolves when they have run and the process has ended. @throws ServiceError `START_FAILED` */
  deploy(spec: ServiceSpec): Promise<void>;
  /** @throws ServiceError `START_FAILED`, or what was raised on the way. */
  start(spec: ServiceSpec, kit: StartKit): Promise<WorkerHandle>;
  kill(): void;
  readonly ended: Promise<ExitReason>;
}

/** What a worker is launched with. */
export interface LaunchOptions {
  readonly file: string;
  readonly tsconfig: string | undefined;
  readonly args: Readonly<Record<string, unknown>>;
  /** Environment variables that hold unless the operator has set them. */
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  readonly bento: BentoPlaces | undefined;
  /** Counts from 1. */
  readonly index: number;
  /** Starts its process; what that prints goes to the log. */
  startProcess(log: OutputLog): WorkerProcess;
  /** How long the file may take to load, before it is known what the service says. */
  readonly loadTimeoutMs: number;
  readonly log: WorkerLog;
  /** Where the author's metrics are merged; asked for once the worker is told to start. */
  authorMetrics(): GenerationMetrics | undefined;
  /** Where it puts what is too large to be sent; none where it only says what the file holds. */
  readonly spool: WorkerSpool | undefined;
  /** Told of the files that the worker's code comes from. */
  readonly onSource: ((source: SourceFile) => void) | undefined;
}

const lineClosedMs = 1000;

/** Starts a worker's process and has it load the file. */
export function launchWorker(options: LaunchOptions): WorkerInTheMaking {
  const launchedMs = performance.now();
  const log = (level: LogLevel, message: string, { trace, ...fields }: LineFields) =>
    options.log(level, toPlainText(shorten(message)), {
      ...fields,
      ...(trace ? { trace: trace.traceId, requestId: trace.spanId } : {}),
      ...(serviceName === '' ? {} : { service: serviceName }),
    });
  const { channel, ended, expectEnd, kill, pid } = options.startProcess(log);
  const hello = Promise.withResolvers<readonly DecoratedService[]>();
  const exported = Promise.withResolvers<readonly ExportedSchema[]>();
  const deployed = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<void>();
  for (const { promise } of [hello, exported, deployed, ready]) promise.catch(() => {}); // whoever waits for it hears of it
  // An object and not a Map, whose outgrown tables would keep ended calls alive: see waiting-line.ts.
  const calls: Record<number, RunningCall> = Object.create(null);
  const batches: Record<number, RunningBatch> = Object.create(null);
  const abandoned = new Set<RunningCall | RunningBatch>();
  const abandonedListeners: (() => void)[] = [];
  let onPong: (() => void) | undefined;
  const filters = new Map<number, PromiseWithResolvers<string>>();
  let nextFilterId = 1;
  let load = 0;
  const running = new Map<string, number>();
  let blocking = 0;
  let isConnected = true; // the line closes a moment before the process has ended
  let nextId = 1;
  let nextBatchId = 1;
  let serviceName = '';
  let vitals: Vitals = { rssBytes: 0, heapBytes: 0, cpuSeconds: 0, loopLagSeconds: 0 }; // told before it is ready
  const vitalsListeners: (() => void)[] = [];
  const healthListeners: ((health: Health) => void)[] = [];
  let problem = ''; // that keeps it from being ready
  let steps = 0; // of its calls, whatever they are

  const rejectAll = (error: Error) => {
    for (const { reject } of [hello, exported, deployed, ready]) reject(error);
  };

  const release = (id: number, isError = false): CallListener | undefined => {
    const call = calls[id];
    if (!call) return undefined;
    delete calls[id];
    steps++;
    if (!call.batch) leaveSlot(call);
    else if (!call.isCancelled) waitLess(call.batch, isError);
    return call.listener;
  };

  const takeSlot = ({ name, isBlocking }: ApiSpec) => {
    load++;
    running.set(name, (running.get(name) ?? 0) + 1);
    if (isBlocking) blocking++;
  };
  const leaveSlot = (one: RunningCall | RunningBatch) => {
    if (abandoned.size > 0) abandoned.delete(one);
    load--;
    running.set(one.api.name, (running.get(one.api.name) ?? 1) - 1);
    if (one.api.isBlocking) blocking--;
  };
  const abandon = (one: RunningCall | RunningBatch) => {
    abandoned.add(one);
    for (const listener of abandonedListeners) listener();
  };

  /** One of its calls has its answer, or is left. Who has run for all is not abandoned: it is about to say so. */
  const waitLess = (batch: RunningBatch, mayRunOn: boolean) => {
    batch.waitedFor--;
    batch.mayRunOn ||= mayRunOn;
    if (batch.waitedFor === 0 && batch.mayRunOn && !batch.hasRun) abandon(batch);
  };

  const endBatch = (id: number, isTypical: boolean) => {
    const batch = batches[id];
    if (!batch) return;
    delete batches[id];
    steps++;
    batch.hasRun = true;
    leaveSlot(batch);
    batch.onRan(isTypical);
  };

  const onItems = ({ id, items, bytes, response }: Extract<FromWorker, { kind: 'items' }>) => {
    steps++;
    const call = calls[id];
    if (!call) return;
    call.movedAtMs = performance.now();
    if (call.batch) call.batch.movedAtMs = call.movedAtMs;
    call.listener.onItems(items, bytes, response);
  };

  const onValue = ({ id, value, response, files = [] }: Extract<FromWorker, { kind: 'value' }>) => {
    if (files.length > 0) options.spool?.claim(files);
    release(id)?.onValue(value, response, files);
  };

  const hear = (message: FromWorker) => {
    switch (message.kind) {
      case 'hello':
        return hello.resolve(message.services);
      case 'loaded':
        return options.onSource?.(message.source);
      case 'exported':
        return exported.resolve(message.schemas);
      case 'deployed':
        return deployed.resolve();
      case 'ready':
        return ready.resolve();
      case 'metrics':
        return options.authorMetrics()?.take(channel, options.index, message.changes);
      case 'filtered': {
        const asked = filters.get(message.id);
        filters.delete(message.id);
        if ('text' in message.result) return asked?.resolve(message.result.text);
        return asked?.reject(fromRecord(message.result.error));
      }
      case 'vitals':
        vitals = message.vitals;
        for (const listener of vitalsListeners) listener();
        return undefined;
      case 'health':
        problem = message.health.problem;
        for (const listener of healthListeners) listener(message.health);
        return undefined;
      case 'failed':
        if (message.step === 'shutdown') {
          return log('error', `the shut-down hook ${message.hook} threw: ${message.error.message}`, {
            stack: message.error.stack,
          });
        }
        return rejectAll(toStartError(message, options.file, serviceName));
      case 'value':
        return onValue(message);
      case 'items':
        return onItems(message);
      case 'taken':
        steps++;
        return calls[message.id]?.listener.onTaken(message.credit);
      case 'enough':
        return calls[message.id]?.listener.onEnough();
      case 'end':
        return release(message.id)?.onEnd(message.response);
      case 'error':
        return release(message.id, true)?.onError(message.error);
      case 'ran':
        return endBatch(message.id, message.isTypical);
      case 'log':
        return log(message.level, message.message, { ...message.fields, trace: message.trace });
      case 'pong':
        return onPong?.();
      case 'stopped':
        return expectEnd({ kind: 'stopped' });
      default:
        return never(message);
    }
  };

  channel.onMessage((message: FromWorker) => {
    try {
      hear(message);
    } catch (thrown) {
      // The author's code can write on the line, too. Whatever it wrote costs this worker, and not the gateway.
      const { cause, ...error } = toRecord(thrown);
      kill({ kind: 'foreign_message', error: { ...error, message: toPlainText(shorten(error.message)) } });
    }
  });

  channel.onClose(() => {
    isConnected = false;
    // It ends by itself, unless the author's code holds its thread.
    const late = setTimeout(() => kill({ kind: 'disconnected' }), lineClosedMs);
    void ended.then(() => clearTimeout(late));
  });
  void ended.then((reason) => {
    isConnected = false; // also where the line is not known to be closed yet: whoever hears that a batch is lost sends the next one
    const problem = `its worker ended before it was ready: ${toWords(reason)}`;
    const error = new ServiceError('START_FAILED', { service: serviceName || options.file, problem }, causeOf(reason));
    rejectAll(error);
    options.authorMetrics()?.forget(channel);
    void options.spool?.sweep();
    for (const { reject } of filters.values()) reject(error);
    for (const id of Object.keys(calls)) release(Number(id))?.onLost(reason);
    for (const id of Object.keys(batches)) endBatch(Number(id), false);
  });

  const stop = async () => {
    channel.send({ kind: 'stop' });
    await ended;
  };

  const createHandle = (takesBytes: ReadonlySet<string>): WorkerHandle => ({
    index: options.index,
    pid,
    ended,
    kill,
    since: new Date(),
    get load() {
      return load;
    },
    get callCount() {
      return nextId - 1;
    },
    get vitals() {
      return vitals;
    },
    get abandoned() {
      return abandoned;
    },
    onAbandoned: (listener) => void abandonedListeners.push(listener),
    ping: () =>
      new Promise((resolve) => {
        onPong = resolve;
        channel.send({ kind: 'ping' });
      }),
    onVitals: (listener) => void vitalsListeners.push(listener),
    onHealth: (listener) => void healthListeners.push(listener),
    roomFor(api) {
      // A blocking method holds the thread: whatever else were sent to that worker would wait there instead of here.
      if (!isConnected || blocking > 0) return 0;
      return api.isBlocking ? 1 : api.slots - (running.get(api.name) ?? 0);
    },
    call(api, message, listener) {
      const id = nextId++;
      calls[id] = { api, listener, method: api.name, isCancelled: false, movedAtMs: performance.now() };
      takeSlot(api);
      channel.send({ kind: 'call', id, ...message }, message.args instanceof Uint8Array || takesBytes.has(api.name));
      return id;
    },
    batch(api, members, onRan) {
      const movedAtMs = performance.now();
      const batch: RunningBatch = {
        api,
        onRan,
        method: api.name,
        waitedFor: members.length,
        mayRunOn: false,
        hasRun: false,
        movedAtMs,
      };
      const batchId = nextBatchId++;
      batches[batchId] = batch;
      takeSlot(api);
      const sent = members.map(({ message, listener }) => {
        const id = nextId++;
        calls[id] = { api, listener, batch, method: api.name, isCancelled: false, movedAtMs };
        return { ...message, id };
      });
      channel.send({ kind: 'batch', id: batchId, method: api.name, calls: sent }, takesBytes.has(api.name));
      channel.flush(); // what the turn still has to do, such as answering the batch before, must not keep the worker idle
      return sent.map(({ id }) => id);
    },
    cancel(id, reason) {
      channel.send({ kind: 'cancel', id, reason });
      const call = calls[id];
      if (!call || call.isCancelled) return;
      call.isCancelled = true;
      if (!call.batch) return abandon(call);
      waitLess(call.batch, true); // it runs on for the others
    },
    filter(method, text) {
      const asked = Promise.withResolvers<string>();
      const id = nextFilterId++;
      filters.set(id, asked);
      channel.send({ kind: 'filter', id, method, text });
      return asked.promise;
    },
    credit(id, credit) {
      steps++;
      channel.send({ kind: 'credit', id, credit });
    },
    feed(id, items, bytes) {
      steps++;
      channel.send({ kind: 'feed', id, items, bytes }, bytes >= leastSharedBytes);
    },
    endFeed: (id) => void channel.send({ kind: 'fed', id }),
    stop,
    async retire(quietMs, cause) {
      if (cause) expectEnd(cause);
      let known = steps;
      const watch = setInterval(() => {
        if (steps === known) kill();
        known = steps;
      }, quietMs);
      await stop();
      clearInterval(watch);
    },
  });

  const leftOf = ({ settings }: ServiceSpec) => settings.startTimeoutMs - (performance.now() - launchedMs);
  const loaded = withTimeout(hello.promise, options.loadTimeoutMs, options.file, () => 'loaded');
  loaded.catch(() => {}); // whoever waits for it hears of it
  channel.send({
    kind: 'load',
    file: options.file,
    tsconfig: options.tsconfig,
    reportsSources: options.onSource !== undefined,
    args: options.args,
    variables: options.variables,
    ...(options.bento ? { bento: options.bento } : {}),
    ...(options.spool ? { workerIndex: options.index } : {}),
  });
  return {
    pid,
    hello: loaded,
    ended,
    kill,
    exportSchemas(sources) {
      if (sources.length === 0) return Promise.resolve([]);
      channel.send({ kind: 'export', sources });
      return withTimeout(exported.promise, options.loadTimeoutMs, options.file, () => 'loaded');
    },
    async deploy(spec) {
      serviceName = spec.name;
      channel.send({ kind: 'deploy', spec });
      const over = deployed.promise.then(() => ended);
      await withTimeout(over, leftOf(spec), spec.name, () => 'deployed');
    },
    async start(spec, kit) {
      serviceName = spec.name;
      const files = options.spool?.place;
      if (!files) throw new Error(`${spec.name} was started in a process that only says what its file holds`);
      channel.send({ kind: 'start', spec, kit, files });
      await withTimeout(ready.promise, leftOf(spec), spec.name, () => (problem ? `ready (${problem})` : 'ready'));
      return createHandle(new Set(spec.apis.filter(({ input }) => traitsOf(input).hasParcels).map(({ name }) => name)));
    },
  };
}

/** @param step what it did not get to, asked when the time is up. */
async function withTimeout<T>(promise: Promise<T>, leftMs: number, service: string, step: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      const problem = `it was not ${step()} in time; make its module, its hooks and its warm-up quicker or raise startTimeoutMs`;
      late.reject(new ServiceError('START_FAILED', { service, problem }));
    },
    Math.max(0, leftMs),
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
