/** Metrics of queues and workers: counted by the pool, and read from it when somebody asks. */
import { type AuthorMetrics, createAuthorMetrics } from './author-metrics.ts';
import { type BatchMetrics, createBatchMetrics } from './batch-metrics.ts';
import { createDistribution, type Distribution } from './distribution.ts';
import type { Family, Labels, Sample } from './family.ts';

/** What the pool counts of one method. */
export interface MethodMetrics {
  /** How long a call waited for a worker. */
  waited(waitMs: number): void;
  /** Items of a stream that came from a worker. */
  streamed(items: number): void;
}

/** How many workers are in which state. */
export interface WorkerStates {
  readonly [state: string]: number;
}

/** A generation as it stands. */
export interface PoolView {
  readonly methods: Iterable<{ readonly name: string; readonly waiting: number; readonly running: number }>;
  readonly workers: WorkerStates;
}

/** What a worker process has used. */
export interface ProcessUsage {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
}

/** A worker's process, which is counted until it ends. */
export interface CountedProcess {
  /** It has said itself what it has used: the last that is known of one that ends before somebody asks. */
  used(usage: ProcessUsage): void;
  /** It has said how late its event loop was. */
  lagged(seconds: number): void;
  end(): void;
}

/** What the pool tells of itself; counts go on over the generations of a service. */
export interface PoolMetrics {
  method(name: string): MethodMetrics;
  batches(method: string, maxBatchSize: number): BatchMetrics;
  /** A worker ended, or gave its place, and another one is started. @param reason one of few words. */
  workerReplaced(reason: string): void;
  /** A worker's process is there. @param usage is asked when somebody reads, as long as it lives. */
  addProcess(workerIndex: number, usage: () => ProcessUsage | undefined): CountedProcess;
  /** What the author's own metrics are merged in. */
  readonly authors: AuthorMetrics;
  /** A generation can be looked at until the function that this gives is called. */
  watch(view: () => PoolView): () => void;
}

// From what one turn of an event loop takes to what a caller hardly waits for.
const waitBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

interface Method extends MethodMetrics {
  readonly waits: Distribution;
  items: number;
}

/** The processes of one worker: one after another, and two while one takes the other's place. */
interface Processes {
  /** Of those that are gone, so that the sum never goes back. */
  endedSeconds: number;
  readonly alive: Map<() => ProcessUsage | undefined, ProcessUsage>; // with what was seen last
  /** The most since it was read, or what was said last. */
  lagSeconds: number;
  isLagRead: boolean;
}

/** Creates the metrics of the pool of one service. @param warn is told of too many series in the author's metrics. */
export function createPoolMetrics(
  namespace: string,
  common: Labels,
  warn: (problem: string) => void,
): PoolMetrics & {
  readonly families: readonly Family[] /** Of a service with batchable methods. */;
  batchFamilies(): readonly Family[];
} {
  const methods = new Map<string, Method>();
  const replacements = new Map<string, number>();
  const workers = new Map<number, Processes>();
  const views = new Set<() => PoolView>();

  const createMethod = (name: string): Method => {
    const waits = createDistribution(waitBuckets);
    const method: Method = {
      waits,
      items: 0,
      waited: (waitMs) => waits.observe(waitMs / 1000),
      streamed(items) {
        method.items += items;
      },
    };
    methods.set(name, method);
    return method;
  };
  const look = ({ alive, endedSeconds }: Processes): ProcessUsage => {
    let residentBytes = 0;
    let cpuSeconds = endedSeconds;
    for (const [usage, seen] of alive) {
      const now = later(seen, usage() ?? seen);
      alive.set(usage, now);
      residentBytes += now.residentBytes;
      cpuSeconds += now.cpuSeconds;
    }
    return { residentBytes, cpuSeconds };
  };

  const byMethod = (pick: (method: { waiting: number; running: number }) => number) =>
    function* (): Generator<Sample> {
      const sums = new Map<string, number>(Array.from(methods.keys(), (name) => [name, 0]));
      for (const view of views) {
        for (const method of view().methods) sums.set(method.name, (sums.get(method.name) ?? 0) + pick(method));
      }
      for (const [method, value] of sums) yield { labels: { ...common, method }, value };
    };
  const byWorker = (pick: (usage: ProcessUsage) => number) =>
    function* (): Generator<Sample> {
      for (const [worker, processes] of workers) yield { labels: { ...common, worker }, value: pick(look(processes)) };
    };

  const batches = createBatchMetrics(namespace, common);
  const waitName = `${namespace}_queue_wait_seconds`;
  return {
    authors: createAuthorMetrics(warn),
    batches: batches.of,
    batchFamilies: batches.families,
    method: (name) => methods.get(name) ?? createMethod(name),
    workerReplaced: (reason) => void replacements.set(reason, (replacements.get(reason) ?? 0) + 1),
    addProcess(workerIndex, usage) {
      const processes = workers.get(workerIndex) ?? {
        endedSeconds: 0,
        alive: new Map(),
        lagSeconds: 0,
        isLagRead: true,
      };
      workers.set(workerIndex, processes);
      const nothing = { residentBytes: 0, cpuSeconds: 0 };
      processes.alive.set(usage, nothing);
      return {
        used(now) {
          const seen = processes.alive.get(usage);
          if (seen) processes.alive.set(usage, later(seen, now));
        },
        lagged(seconds) {
          processes.lagSeconds = processes.isLagRead ? seconds : Math.max(processes.lagSeconds, seconds);
          processes.isLagRead = false;
        },
        end() {
          processes.endedSeconds += processes.alive.get(usage)?.cpuSeconds ?? 0;
          processes.alive.delete(usage);
        },
      };
    },
    watch(view) {
      views.add(view);
      return () => void views.delete(view);
    },
    families: [
      {
        name: `${namespace}_queue_depth`,
        help: 'Calls that wait for a worker now, by method',
        type: 'gauge',
        samples: byMethod(({ waiting }) => waiting),
      },
      {
        name: waitName,
        help: 'How long calls waited for a worker, in seconds, by method',
        type: 'histogram',
        *samples() {
          for (const [method, { waits }] of methods) yield* waits.samples(waitName, { ...common, method });
        },
      },
      {
        name: `${namespace}_running_calls`,
        help: 'Calls that workers run now, by method',
        type: 'gauge',
        samples: byMethod(({ running }) => running),
      },
      {
        name: `${namespace}_stream_items_total`,
        help: 'Items that streams gave, by method',
        type: 'counter',
        *samples() {
          for (const [method, { items }] of methods) yield { labels: { ...common, method }, value: items };
        },
      },
      {
        name: `${namespace}_workers`,
        help: 'Workers, by state',
        type: 'gauge',
        *samples() {
          const sums = new Map<string, number>();
          for (const view of views) {
            for (const [state, count] of Object.entries(view().workers))
              sums.set(state, (sums.get(state) ?? 0) + count);
          }
          for (const [state, value] of sums) yield { labels: { ...common, state }, value };
        },
      },
      {
        name: `${namespace}_worker_restarts_total`,
        help: 'Workers that ended, or gave their place, and were started again, by reason',
        type: 'counter',
        *samples() {
          for (const [reason, value] of replacements) yield { labels: { ...common, reason }, value };
        },
      },
      {
        name: `${namespace}_worker_cpu_seconds_total`,
        help: 'Processor time that workers have used, in seconds, by number of the worker',
        type: 'counter',
        samples: byWorker(({ cpuSeconds }) => cpuSeconds),
      },
      {
        name: `${namespace}_worker_resident_memory_bytes`,
        help: 'Memory that workers occupy, in bytes, by number of the worker',
        type: 'gauge',
        samples: byWorker(({ residentBytes }) => residentBytes),
      },
      {
        name: `${namespace}_worker_eventloop_lag_max_seconds`,
        help: 'How late the event loop of workers was at most since this was read last, in seconds, by number of the worker',
        type: 'gauge',
        *samples() {
          for (const [worker, processes] of workers) {
            yield { labels: { ...common, worker }, value: processes.lagSeconds };
            processes.isLagRead = true;
          }
        },
      },
    ],
  };
}

/** The system counts processor time in larger steps than the process itself: a counter must not go back. */
function later(seen: ProcessUsage, now: ProcessUsage): ProcessUsage {
  return { residentBytes: now.residentBytes, cpuSeconds: Math.max(seen.cpuSeconds, now.cpuSeconds) };
}
