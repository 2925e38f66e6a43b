/** How a generation of a service is at one moment, as plain data. */

/** One generation. */
export interface GenerationStatus {
  readonly service: string;
  /** When its first calls could come, in ISO 8601. */
  readonly since: string;
  /** Calls that wait or run, streams left out. */
  readonly requests: number;
  /** Streams that wait or run. */
  readonly streams: number;
  readonly workers: readonly WorkerStatus[];
  readonly methods: readonly MethodStatus[];
  readonly limits: { readonly timeoutMs: number; readonly maxQueue: number; readonly maxConcurrency?: number };
}

/** One worker, or the place of one. */
export interface WorkerStatus {
  /** Counts from 1. */
  readonly index: number;
  readonly pid?: number;
  /** `not ready` says so by its hooks; `leaving` finishes its calls; `missing` has ended, and is started again soon. */
  readonly state: 'starting' | 'ready' | 'not ready' | 'leaving' | 'missing';
  /** Calls that run in it now. */
  readonly calls: number;
  /** When it became ready, in ISO 8601. */
  readonly since?: string;
  /** How often one in this place has ended by itself. */
  readonly restarts: number;
  /** How the last of these ended. */
  readonly lastEnd?: string;
  /** Memory that its process holds, as it said last. */
  readonly rssBytes?: number;
}

/** One method. */
export interface MethodStatus {
  readonly name: string;
  readonly isStream: boolean;
  /** Calls in its queue. */
  readonly waiting: number;
  /** Calls in workers. */
  readonly running: number;
  /** How many calls of it one worker runs at once. */
  readonly slots: number;
  /** How long a call runs, in milliseconds, as far as it is known. */
  readonly costMs?: number;
}
