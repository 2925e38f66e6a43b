/** Calls the author's methods: the only place where that happens. */
import { deserialize } from 'node:v8';
import { type ErrorRecord, ServiceError, toRecord } from '../errors.ts';
import { openFiles, pack, unpack } from '../io/crossing.ts';
import type { KeepOnDisk } from '../io/file-content.ts';
import type { Log } from '../sdk/context.ts';
import { inflowOf } from '../spec/inflow.ts';
import type { CallArguments, ResponseChanges, Trace } from '../spec/invocation.ts';
import type { BatchedCall, FromWorker, ToWorker } from '../spec/messages.ts';
import { traitsOf } from '../spec/schema-parts.ts';
import type { ApiSpec, BatchingSpec } from '../spec/service-spec.ts';
import type { MethodSchemas } from './author-schemas.ts';
import { createBatchContext } from './batch-context.ts';
import { type CallContext, createContext } from './context.ts';
import { createInflow, type WorkerInflow } from './inflow.ts';
import { type KeptFiles, openFile } from './keep-files.ts';
import { mapItems } from './map-items.ts';
import { readResponse } from './read-response.ts';
import { type Member, runBatch } from './run-batch.ts';
import { leastSharedBytes } from './shared-memory.ts';
import { type StreamBatchDeps, streamBatch } from './stream-batch.ts';
import { type StreamSender, sendStream } from './stream-sender.ts';

type Call = Extract<ToWorker, { kind: 'call' }>;
type BatchOfCalls = Extract<ToWorker, { kind: 'batch' }>;
type Method = (...args: unknown[]) => unknown;
type Items = AsyncIterable<unknown> | Iterable<unknown>;
type Eventually<T> = T | PromiseLike<T>;

interface InvokerDeps {
  readonly service: object;
  readonly apis: ReadonlyMap<string, ApiSpec>;
  /** The author's own schemas, by method. */
  readonly schemas: ReadonlyMap<string, MethodSchemas>;
  /** Sends at the end of the turn. */
  send(message: FromWorker, mayBeLarge?: boolean): void;
  /** Sends what is waiting now. */
  flush(): void;
  log(call: Pick<Call, 'trace'>): Log;
  /** Runs a piece of a call, so that whatever it prints is known to be its own. */
  runInCall(trace: Trace, run: () => void): void;
  /** What a call keeps on disk that is too large to be sent. */
  keepFiles(): KeptFiles;
}

/** Runs calls, several at once. */
export interface Invoker {
  call(message: Call): void;
  batch(message: BatchOfCalls): void;
  cancel(id: number, reason: string): void;
  credit(message: Extract<ToWorker, { kind: 'credit' }>): void;
  feed(message: Extract<ToWorker, { kind: 'feed' }>): void;
  /** No more items of an argument will come. */
  endFeed(id: number): void;
  /** Resolves when no call is running any more that anybody waits for. */
  idle(): Promise<void>;
}

interface Running {
  readonly trace: Trace;
  readonly abort: AbortController;
  stream?: StreamSender;
  readonly inflow: WorkerInflow | undefined;
}

/** Creates the invoker of one service instance. */
export function createInvoker(deps: InvokerDeps): Invoker {
  const running = new Map<number, Running>();
  const state: Record<string, unknown> = {};
  const onIdle: (() => void)[] = [];
  const crossings = new Map(Array.from(deps.apis.values(), (api) => [api.name, crossingOf(api)]));

  const isIdle = () => [...running.values()].every(({ abort }) => abort.signal.aborted);
  const tellIdle = () => {
    if (onIdle.length === 0 || !isIdle()) return;
    for (const resolve of onIdle.splice(0)) resolve();
  };

  const run = async (message: Call, api: ApiSpec, entry: Running) => {
    const { id } = message;
    let around: CallContext | undefined;
    let error: ErrorRecord | undefined;
    try {
      const read = readCall(message, api, entry.inflow);
      const args = [...(isThenable(read) ? await read : read)];
      entry.abort.signal.throwIfAborted(); // nobody waits any more for what a slow schema has let through
      if (api.takesContext) {
        around = createContext({
          request: message.request ?? { headers: {}, path: api.route },
          signal: entry.abort.signal,
          deadline: new Date(Date.now() + message.timeoutMs),
          state,
          log: deps.log(message),
        });
        args.length = api.parameters.length; // left-out arguments keep their places
        args.push(around.context);
      }
      const result = applyMethod(api, args);
      if (api.kind === 'unary') {
        const answer = answerCall(id, api, isThenable(result) ? await result : result, around);
        if (isThenable(answer)) await answer;
      } else if (api.kind === 'response') {
        const { head, pieces } = readResponse(isThenable(result) ? await result : result, around?.changes());
        deps.send({ kind: 'items', id, items: [], bytes: 0, response: head }); // not with the first piece, which may be late
        deps.flush();
        await stream(message, entry, pieces, undefined);
      } else {
        const returned = asIterable(isThenable(result) ? await result : result);
        await stream(message, entry, toSent(returned, api), around);
      }
    } catch (thrown) {
      error = toRecord(thrown);
    }
    if (error) deps.send({ kind: 'error', id, error });
    await around?.cleanUp().catch((thrown: unknown) => {
      deps.log(message).warn('the temporary folder of a call could not be removed', { error: String(thrown) });
    });
    running.delete(id);
    tellIdle();
  };

  const readCall = (
    { args, hasFiles, inflowAt = 0 }: Pick<Call, 'args' | 'hasFiles' | 'inflowAt'>,
    api: ApiSpec,
    inflow?: WorkerInflow,
  ): Eventually<readonly unknown[]> => {
    const { unpacksArguments } = crossings.get(api.name) as Crossing; // every api has one
    const crossed = readArguments(args);
    if (hasFiles) return openFiles(crossed, openFile).then(() => readCall({ args: crossed, inflowAt }, api, inflow));
    const given = unpacksArguments ? crossed.map((arg) => unpack(arg)) : crossed;
    const sent = inflow ? given.with(inflowAt, inflow.items) : given;
    return deps.schemas.get(api.name)?.input?.(sent) ?? sent;
  };

  const applyMethod = (api: ApiSpec, args: readonly unknown[]): unknown => {
    const method = (deps.service as Record<string, Method>)[api.name] as Method; // joined with the class's own decorators
    return method.apply(deps.service, args as unknown[]); // which changes nothing in it
  };

  /** Sends what a call came to; answers with a promise only where something has to be waited for. */
  const answerCall = (id: number, api: ApiSpec, returned: unknown, around?: CallContext): Eventually<void> => {
    const schema = deps.schemas.get(api.name)?.output;
    const output = schema ? schema(returned) : returned;
    if (crossings.get(api.name)?.packsResult) return answerPacked(id, output, around);
    const send = (value: unknown) => deps.send({ kind: 'value', id, value, ...changesOf(around) });
    return isThenable(output) ? output.then(send) : send(output);
  };

  const answerPacked = async (id: number, output: unknown, around: CallContext | undefined): Promise<void> => {
    const kept = deps.keepFiles();
    try {
      const value = await packOutput(await output, kept.keep);
      const files = kept.files.length > 0 && { files: kept.files };
      deps.send({ kind: 'value', id, value, ...files, ...changesOf(around) }, true);
    } catch (error) {
      kept.drop();
      throw error;
    }
  };

  /** What a stream gives, as it is sent. */
  const toSent = (source: Items, api: ApiSpec): Items => {
    const schema = deps.schemas.get(api.name)?.output;
    const checked = schema ? mapItems(source, schema) : source;
    return crossings.get(api.name)?.packsResult ? mapItems(checked, packItem) : checked;
  };

  const runCalls = async ({ id, calls }: BatchOfCalls, api: ApiSpec, batching: BatchingSpec) => {
    const members = calls.map((call) => ({ call, abort: new AbortController() }));
    for (const { call, abort } of members) running.set(call.id, { trace: call.trace, abort, inflow: undefined });
    const { signal } = abortAfterAll(members, (call) => !running.has(call.id));
    const leave = (callId: number) => {
      running.delete(callId);
      tellIdle();
    };
    const batchDeps: StreamBatchDeps = {
      api,
      batching,
      signal,
      read: (call) => readCall(call, api),
      invoke(args, group) {
        if (!api.takesContext) return applyMethod(api, args);
        const inPlace = Array.from({ length: api.parameters.length }, (_, at) => args[at]); // also what was left out
        const facts = group.map((one) => ({ call: one.call, signal: one.abort.signal }));
        return applyMethod(api, [
          ...inPlace,
          createBatchContext(facts, { signal, state, path: api.route, log: deps.log }),
        ]);
      },
      async answer(call, part) {
        await answerCall(call.id, api, part);
        leave(call.id);
      },
      refuse(call, error) {
        if (!running.has(call.id)) return;
        deps.send({ kind: 'error', id: call.id, error: toRecord(error) });
        leave(call.id);
      },
      async send(call, chunks) {
        const entry = running.get(call.id);
        if (entry) await stream(call, entry, toSent(chunks, api), undefined);
        leave(call.id);
      },
      now: () => performance.now(),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    };
    const isTypical = await (api.kind === 'stream' ? streamBatch(members, batchDeps) : runBatch(members, batchDeps));
    deps.send({ kind: 'ran', id, isTypical });
  };

  const stream = async (
    message: Pick<Call, 'id' | 'credit'>,
    entry: Running,
    source: Items,
    around: CallContext | undefined,
  ) => {
    let isFirst = true;
    const changes = (): { response?: ResponseChanges } => {
      const first = isFirst;
      isFirst = false;
      return first ? changesOf(around) : {};
    };
    entry.stream = sendStream(source, message.credit ?? { items: 1, bytes: 1 }, {
      send: (items, bytes) => {
        deps.send({ kind: 'items', id: message.id, items, bytes, ...changes() }, bytes >= leastSharedBytes);
        deps.flush();
      },
      signal: entry.abort.signal,
      now: () => performance.now(),
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
    });
    await entry.stream.finished;
    deps.send({ kind: 'end', id: message.id, ...changes() });
  };

  const openInflow = (id: number, api: ApiSpec, signal: AbortSignal): WorkerInflow => {
    const { unpacksItems } = crossings.get(api.name) as Crossing; // every api has one
    const inflow = createInflow({
      open: unpacksItems ? (item) => unpack(item) : (item) => item,
      take: (credit) => deps.send({ kind: 'taken', id, credit }),
      enough: () => deps.send({ kind: 'enough', id }),
    });
    signal.addEventListener('abort', () => inflow.fail(signal.reason), { once: true });
    return inflow;
  };

  return {
    call(message) {
      const api = deps.apis.get(message.method);
      if (!api) throw new Error(`the gateway called ${message.method}, which the service does not have`);
      const abort = new AbortController();
      const inflow = message.inflowAt === undefined ? undefined : openInflow(message.id, api, abort.signal);
      const entry: Running = { trace: message.trace, abort, inflow };
      running.set(message.id, entry);
      deps.runInCall(message.trace, () => void run(message, api, entry));
    },
    batch(message) {
      const api = deps.apis.get(message.method);
      const [first] = message.calls;
      if (!api?.batching || !first) throw new Error(`the gateway sent a batch for ${message.method}, which takes none`);
      const { batching } = api;
      deps.runInCall(first.trace, () => void runCalls(message, api, batching));
    },
    cancel(id, reason) {
      const name = reason === 'TIMEOUT' ? 'TimeoutError' : 'AbortError';
      const entry = running.get(id);
      if (!entry) return;
      const error = new DOMException(`the call was cancelled: ${reason}`, name);
      deps.runInCall(entry.trace, () => entry.abort.abort(error)); // listeners of the author's
      tellIdle();
    },
    credit(message) {
      running.get(message.id)?.stream?.grant(message.credit);
    },
    feed: ({ id, items, bytes }) => running.get(id)?.inflow?.push(items, bytes),
    endFeed: (id) => running.get(id)?.inflow?.end(),
    idle() {
      return isIdle() ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve));
    },
  };
}

/** What has to be done to a method's values so that they cross between the processes. */
interface Crossing {
  readonly unpacksArguments: boolean;
  readonly packsResult: boolean;
  /** The same as for arguments, of an argument that comes item by item. */
  readonly unpacksItems: boolean;
}

function crossingOf(api: ApiSpec): Crossing {
  const { hasParcels, isOpen } = traitsOf(api.output.schema);
  const inflow = inflowOf(api);
  return {
    unpacksArguments: traitsOf(api.input).hasParcels,
    packsResult: hasParcels || isOpen,
    unpacksItems: inflow !== undefined && traitsOf(inflow.item).hasParcels,
  };
}

/** Aborts when the last of the calls that have no answer yet is aborted. */
function abortAfterAll(members: readonly Member[], hasAnswer: (call: BatchedCall) => boolean): AbortController {
  const all = new AbortController();
  const isOver = ({ call, abort: { signal } }: Member) => signal.aborted || hasAnswer(call);
  const look = ({ target }: Event) => {
    if (members.every(isOver)) all.abort((target as AbortSignal).reason); // it listens to signals
  };
  for (const { abort } of members) abort.signal.addEventListener('abort', look, { once: true });
  return all;
}

/** Items are sent one by one as there is credit for them: they need no disk. */
function packItem(item: unknown): unknown {
  return packOutput(item, undefined);
}

function readArguments(args: CallArguments): readonly unknown[] {
  return args instanceof Uint8Array ? deserialize(args) : args;
}

function packOutput(value: unknown, keep: KeepOnDisk | undefined): unknown {
  try {
    return pack(value, keep);
  } catch (cause) {
    throw new ServiceError('OUTPUT_INVALID', {}, { cause });
  }
}

function changesOf(around: CallContext | undefined): { response?: ResponseChanges } {
  const response = around?.changes();
  return response ? { response } : {};
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function asIterable(value: unknown): Items {
  if (typeof value === 'object' && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value)) {
    return value as AsyncIterable<unknown>; // one of the two, which the sender tells apart
  }
  throw new TypeError('the method is declared to give an AsyncIterable, but gave something that cannot be iterated');
}
