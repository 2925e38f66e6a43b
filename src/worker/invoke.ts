/** Calls the author's methods: the only place where that happens. */
import { deserialize } from 'node:v8';
import { type ErrorRecord, ServiceError, toRecord } from '../errors.ts';
import { openFiles, pack, unpack } from '../io/crossing.ts';
import type { KeepOnDisk } from '../io/file-content.ts';
import type { Log } from '../sdk/context.ts';
import { inflowOf } from '../spec/inflow.ts';
import type { CallArguments, ResponseChanges, Trace } from '../spec/invocation.ts';
import type { FromWorker, ToWorker } from '../spec/messages.ts';
import { traitsOf } from '../spec/schema-parts.ts';
import type { ApiSpec } from '../spec/service-spec.ts';
import type { MethodSchemas } from './author-schemas.ts';
import { type CallContext, createContext } from './context.ts';
import { createInflow, type WorkerInflow } from './inflow.ts';
import { type KeptFiles, openFile } from './keep-files.ts';
import { mapItems } from './map-items.ts';
import { readResponse } from './read-response.ts';
import { type StreamSender, sendStream } from './stream-sender.ts';

type Call = Extract<ToWorker, { kind: 'call' }>;
type Method = (...args: unknown[]) => unknown;
type Items = AsyncIterable<unknown> | Iterable<unknown>;

interface InvokerDeps {
  readonly service: object;
  readonly apis: ReadonlyMap<string, ApiSpec>;
  /** The author's own schemas, by method. */
  readonly schemas: ReadonlyMap<string, MethodSchemas>;
  /** Sends at the end of the turn. */
  send(message: FromWorker): void;
  /** Sends what is waiting now. */
  flush(): void;
  log(call: Call): Log;
  /** Runs a piece of a call, so that whatever it prints is known to be its own. */
  runInCall(trace: Trace, run: () => void): void;
  /** What a call keeps on disk that is too large to be sent. */
  keepFiles(): KeptFiles;
}

/** Runs calls, several at once. */
export interface Invoker {
  call(message: Call): void;
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
    let kept: KeptFiles | undefined;
    try {
      const { unpacksArguments, packsResult } = crossings.get(api.name) as Crossing; // every api has one
      const crossed = readArguments(message.args);
      if (message.hasFiles) await openFiles(crossed, openFile);
      const given = unpacksArguments ? crossed.map((arg) => unpack(arg)) : crossed;
      const sent = entry.inflow ? given.with(message.inflowAt ?? 0, entry.inflow.items) : given;
      const schemas = deps.schemas.get(api.name);
      const checked = schemas?.input ? schemas.input(sent) : sent;
      const args = [...(isThenable(checked) ? await checked : checked)];
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
      const method = (deps.service as Record<string, Method>)[api.name] as Method; // joined with the class's own decorators
      const result = method.apply(deps.service, args);
      if (api.kind === 'unary') {
        const returned = isThenable(result) ? await result : result;
        const output = schemas?.output ? schemas.output(returned) : returned;
        const given = isThenable(output) ? await output : output;
        if (packsResult) kept = deps.keepFiles();
        const packed = packsResult ? packOutput(given, kept?.keep) : given;
        const value = isThenable(packed) ? await packed : packed;
        deps.send({
          kind: 'value',
          id,
          value,
          ...(kept && kept.files.length > 0 && { files: kept.files }),
          ...changesOf(around),
        });
      } else if (api.kind === 'response') {
        const { head, pieces } = readResponse(isThenable(result) ? await result : result, around?.changes());
        deps.send({ kind: 'items', id, items: [], bytes: 0, response: head }); // not with the first piece, which may be late
        deps.flush();
        await stream(message, entry, pieces, undefined);
      } else {
        const returned = asIterable(isThenable(result) ? await result : result);
        const source = schemas?.output ? mapItems(returned, schemas.output) : returned;
        await stream(message, entry, packsResult ? mapItems(source, packItem) : source, around);
      }
    } catch (thrown) {
      error = toRecord(thrown);
      kept?.drop();
    }
    if (error) deps.send({ kind: 'error', id, error });
    await around?.cleanUp().catch((thrown: unknown) => {
      deps.log(message).warn('the temporary folder of a call could not be removed', { error: String(thrown) });
    });
    running.delete(id);
    tellIdle();
  };

  const stream = async (message: Call, entry: Running, source: Items, around: CallContext | undefined) => {
    let isFirst = true;
    const changes = (): { response?: ResponseChanges } => {
      const first = isFirst;
      isFirst = false;
      return first ? changesOf(around) : {};
    };
    entry.stream = sendStream(source, message.credit ?? { items: 1, bytes: 1 }, {
      send: (items, bytes) => {
        deps.send({ kind: 'items', id: message.id, items, bytes, ...changes() });
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
