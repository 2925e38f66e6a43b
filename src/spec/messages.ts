/** Everything that the gateway and a worker say to each other, as two closed unions. */
import type { ErrorRecord } from '../errors.ts';
import type { FileOnDisk } from '../io/file-content.ts';
import type { MetricChange } from '../observe/author-metrics.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { DecoratedService, ExportedSchema } from './decorated.ts';
import type { CallArguments, RequestInfo, ResponseChanges, Trace } from './invocation.ts';
import type { SchemaSource, ServiceSpec } from './service-spec.ts';
import type { SourceFile } from './source-file.ts';

/** From the gateway to a worker. */
export type ToWorker =
  /** Import the file and say what is in it. */
  | {
      readonly kind: 'load';
      readonly file: string;
      readonly tsconfig: string | undefined;
      /** Whether the worker tells which files it loads. */
      readonly reportsSources: boolean;
      /** What its modules get from `useArguments`. */
      readonly args: Readonly<Record<string, unknown>>;
      /** Environment variables that hold unless the operator has set them. */
      readonly variables: readonly { readonly name: string; readonly value: string }[];
      /** Of a bento that was built. */
      readonly bento?: BentoPlaces;
      /** Which worker it becomes, counted from 1; none where it only says what the file holds. */
      readonly workerIndex?: number;
    }
  /** Say what the schemas are that parameter types are inferred from. */
  | { readonly kind: 'export'; readonly sources: readonly SchemaSource[] }
  /** Run the deployment hooks and leave. */
  | { readonly kind: 'deploy'; readonly spec: ServiceSpec }
  /** Construct the service, run its start-up hooks, warm it up. */
  | {
      readonly kind: 'start';
      readonly spec: ServiceSpec;
      readonly kit: StartKit;
      readonly files: WorkerFiles;
    }
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly method: string;
      readonly args: CallArguments;
      /** Whether some of them are files that lie on disk. */
      readonly hasFiles?: boolean;
      readonly timeoutMs: number;
      readonly trace: Trace;
      /** Only for methods that take a `Context`. */
      readonly request?: RequestInfo;
      /** What a stream may send before it must wait for more. */
      readonly credit?: Credit;
      /** Place of the argument whose items come with `feed`. */
      readonly inflowAt?: number;
    }
  /** Run the method once for several calls; each is answered as if it were alone, and `cancel` and `credit` go to it. */
  | { readonly kind: 'batch'; readonly id: number; readonly method: string; readonly calls: readonly BatchedCall[] }
  /** Items of an argument. */
  | { readonly kind: 'feed'; readonly id: number; readonly items: readonly unknown[]; readonly bytes: number }
  /** No more items of it will come. */
  | { readonly kind: 'fed'; readonly id: number }
  | { readonly kind: 'cancel'; readonly id: number; readonly reason: 'TIMEOUT' | 'CANCELLED' }
  | { readonly kind: 'credit'; readonly id: number; readonly credit: Credit }
  /** Run the filter over the text of the metrics. */
  | { readonly kind: 'filter'; readonly id: number; readonly method: string; readonly text: string }
  /** Give a sign of life: `pong`, in the same turn. */
  | { readonly kind: 'ping' }
  /** Run the shut-down hooks and leave. */
  | { readonly kind: 'stop' };

/** One of the calls of a batch. */
export type BatchedCall = Omit<Extract<ToWorker, { kind: 'call' }>, 'kind' | 'method' | 'inflowAt'> & {
  readonly items: number;
  /** Its first item, counted from 0 in the request that it may be a part of. */
  readonly from: number;
  /** Whether the request has more items, in other batches. */
  readonly isPart?: boolean;
};

/** What the modules of a bento need beside their code. */
export interface BentoPlaces {
  /** Its tag. */
  readonly name: string;
  /** Absolute folder of the bento. */
  readonly folder: string;
  /** Where packages are looked for that are not beside the bento. */
  readonly packageFolders: readonly string[];
  /** Where references to models are resolved: see `ModelPlace`. */
  readonly place: { readonly folder: string; readonly models: string; readonly packageFolders: readonly string[] };
}

/** Where a worker puts what is too large to be sent: files in a folder, whose names begin so. */
export interface WorkerFiles {
  readonly folder: string;
  readonly prefix: string;
}

/** What every worker of a generation starts with. */
export interface StartKit {
  /** Resolved models by field; a field without an entry is resolved by the worker. */
  readonly models: Readonly<Record<string, ResolvedModel>>;
  /** In the order in which they are made. */
  readonly warmUp: readonly WarmUpCall[];
}

/** A model that is present on this machine. */
export interface ResolvedModel {
  /** What the field gets: the path of the folder, or the model of the store that lies in it. */
  readonly gives: 'folder' | 'model';
  /** Absolute. */
  readonly folder: string;
}

/** A call that a worker makes itself before it is ready. */
export interface WarmUpCall {
  readonly method: string;
  /** Which of the method's, counted from 0. */
  readonly place: number;
  readonly args: readonly unknown[];
}

/** How much a stream may send; both bounds hold, and one item may overshoot the bytes. */
export interface Credit {
  readonly items: number;
  readonly bytes: number;
}

/**
 * What a stream may send before anything of it was taken: enough that a local reader never waits for a grant, little
 * enough that 500 stalled readers hold 32 MiB of items at most.
 */
export const initialCredit: Credit = { items: 256, bytes: 64 * 1024 };

/** The same of an argument that comes item by item, where an item is often as much as a connection gives at once. */
export const initialInflowCredit: Credit = { items: 256, bytes: 256 * 1024 };

/** How a worker is. */
export interface Vitals {
  /** Memory that its process holds. */
  readonly rssBytes: number;
  /** Its JavaScript heap in use, garbage included. */
  readonly heapBytes: number;
  /** Processor time that its process has used so far. */
  readonly cpuSeconds: number;
  /** How late its event loop was at most since it said this last. */
  readonly loopLagSeconds: number;
}

/** What the author's hooks say of a worker. */
export interface Health {
  readonly isAlive: boolean;
  readonly isReady: boolean;
  /** What is wrong, as it reads after "the worker gets no calls:"; empty if nothing is. */
  readonly problem: string;
}

/** From a worker to the gateway. */
export type FromWorker =
  | { readonly kind: 'hello'; readonly services: readonly DecoratedService[] }
  /** The author's code came from this file, or would have come from it; until the worker ends, since code loads late. */
  | { readonly kind: 'loaded'; readonly source: SourceFile }
  /** In the order in which they were asked for. */
  | { readonly kind: 'exported'; readonly schemas: readonly ExportedSchema[] }
  /** Every deployment hook has run. */
  | { readonly kind: 'deployed' }
  | { readonly kind: 'ready' }
  /** How the worker is; once before `ready`, then again and again. */
  | { readonly kind: 'vitals'; readonly vitals: Vitals }
  /** What the author's metrics have counted since this was told last; from `start` on. */
  | { readonly kind: 'metrics'; readonly changes: readonly MetricChange[] }
  | {
      readonly kind: 'filtered';
      readonly id: number;
      readonly result: { readonly text: string } | { readonly error: ErrorRecord };
    }
  /** What its hooks say, again and again; also while it waits to become ready. */
  | { readonly kind: 'health'; readonly health: Health }
  /** The worker cannot go on; `step` says what it was doing. */
  | {
      readonly kind: 'failed';
      readonly step: 'load' | 'deployment' | 'construct' | 'startup' | 'warmUp' | 'probe' | 'shutdown';
      /** Or the call, while it warms up. */
      readonly hook?: string;
      readonly error: ErrorRecord;
    }
  | {
      readonly kind: 'value';
      readonly id: number;
      readonly value: unknown;
      /** What of it lies on disk, and is the gateway's from now on. */
      readonly files?: readonly FileOnDisk[];
      readonly response?: ResponseChanges;
    }
  | {
      readonly kind: 'items';
      readonly id: number;
      readonly items: readonly unknown[];
      readonly bytes: number;
      readonly response?: ResponseChanges;
    }
  /** What the method has taken of an argument that comes item by item: as much more may be sent. */
  | { readonly kind: 'taken'; readonly id: number; readonly credit: Credit }
  /** The method wants no more of it. */
  | { readonly kind: 'enough'; readonly id: number }
  | { readonly kind: 'end'; readonly id: number; readonly response?: ResponseChanges }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorRecord }
  /** The method is done with a batch; what it gave may still be on its way. */
  | {
      readonly kind: 'ran';
      readonly id: number;
      /** Whether it ran once and gave what it should, so that the next will take about as long. */
      readonly isTypical: boolean;
    }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
      readonly trace?: Trace;
    }
  | { readonly kind: 'pong' }
  /** Every shut-down hook has run. */
  | { readonly kind: 'stopped' };
