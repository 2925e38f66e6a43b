/** Threads that decode large bodies, so that one does not hold everyone: parsing 20 MB takes longer than a probe waits. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { fromRecord, ServiceError } from '../../errors.ts';
import type { Route } from '../../pool/route.ts';
import type { Addressed, DecodeLimits, ReceivedBody } from './decode-body.ts';
import type { DecodeAnswer, DecodeRequest, WrittenArguments } from './messages.ts';

/** Decodes bodies elsewhere. */
export interface DecodeThreads {
  /**
   * The arguments, or what they need first. The bytes of the body are given away; only with the latter they come back.
   * @throws ServiceError what `decodeBody` throws; `MEMORY_LOW` if too much waits already, or the thread ran out of
   * memory; `CANCELLED` once the signal is aborted.
   */
  decode(route: Route, body: ReceivedBody, signal: AbortSignal): Promise<WrittenArguments | Addressed>;
  /** Ends the threads. */
  close(): void;
}

/** What bounds them. */
interface DecodeOptions extends DecodeLimits {
  /** How many there are at most; each is started when it is needed. */
  readonly decodeThreads: number;
}

interface Job {
  readonly request: DecodeRequest;
  readonly result: PromiseWithResolvers<WrittenArguments | Addressed>;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
}

// What waits is memory that nobody uses yet; a body that waits for nobody else may be larger.
const mostWaitingBytes = 256 * 1024 * 1024;

// A thread whose heap is full while it parses takes the process with it. What takes most is [{},{},…: 8 bytes of a list
// and 56 of an object for 3 of text, and the text itself.
const heapBytesPerByte = 48;
const leastHeapMiB = 256;

/**
 * Creates them; none runs before the first large body.
 * @param startWorker gives a thread that runs `main.ts`.
 */
export function createDecodeThreads(
  { decodeThreads, jsonBodyLimitBytes, jsonDepthLimit }: DecodeOptions,
  startWorker = (resourceLimits: ResourceLimits) =>
    new Worker(new URL(import.meta.resolve('#decode-main')), { resourceLimits }),
): DecodeThreads {
  const threads = new Set<Thread>();
  const waiting = new Set<Job>();
  const ids = new WeakMap<Route, number>();
  let waitingBytes = 0;
  let lastId = 0;
  let isClosed = false;
  const limits: DecodeLimits = { jsonBodyLimitBytes, jsonDepthLimit };
  const maxOldGenerationSizeMb = Math.max(leastHeapMiB, Math.ceil((jsonBodyLimitBytes * heapBytesPerByte) / 2 ** 20));

  const start = (): Thread => {
    const worker = startWorker({ maxOldGenerationSizeMb });
    worker.unref();
    const thread: Thread = { worker, job: undefined };
    threads.add(thread);
    worker.on('message', (answer: DecodeAnswer) => {
      const { job } = thread;
      thread.job = undefined;
      if ('error' in answer) job?.result.reject(fromRecord(answer.error));
      else job?.result.resolve(answer);
      next();
    });
    const end = (error: Error) => {
      threads.delete(thread); // whoever needs one starts another
      thread.job?.result.reject(error);
      thread.job = undefined;
      next();
    };
    worker.once('error', (cause: NodeJS.ErrnoException) =>
      end(cause.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new ServiceError('MEMORY_LOW', {}, { cause }) : cause),
    );
    worker.once('exit', (code) =>
      end(isClosed ? new ServiceError('STOPPING', {}) : new Error(`a decode thread ended with exit code ${code}`)),
    );
    return thread;
  };

  const leave = (job: Job): boolean => {
    if (!waiting.delete(job)) return false;
    waitingBytes -= job.request.body.bytes.length;
    return true;
  };

  const next = (): void => {
    if (isClosed) return;
    for (const job of waiting) {
      const idle = [...threads].find((thread) => !thread.job) ?? (threads.size < decodeThreads ? start() : undefined);
      if (!idle) return;
      leave(job);
      idle.job = job;
      idle.worker.postMessage(job.request, [job.request.body.bytes.buffer as ArrayBuffer]);
    }
  };

  const idOf = (route: Route): number => {
    const id = ids.get(route) ?? ++lastId;
    ids.set(route, id);
    return id;
  };

  return {
    async decode(route, { bytes, ...rest }, signal) {
      if (signal.aborted) throw new ServiceError('CANCELLED', {});
      if (isClosed) throw new ServiceError('STOPPING', {});
      if (waiting.size > 0 && waitingBytes + bytes.length > mostWaitingBytes) throw new ServiceError('MEMORY_LOW', {});
      const isWhole = bytes.byteLength === bytes.buffer.byteLength;
      const body = { bytes: isWhole ? bytes : new Uint8Array(bytes), ...rest };
      const request: DecodeRequest = { routeId: idOf(route), api: route.api, body, limits };
      const job: Job = { request, result: Promise.withResolvers() };
      const abandon = () => {
        leave(job); // what is under way already ends by itself
        job.result.reject(new ServiceError('CANCELLED', {}));
      };
      signal.addEventListener('abort', abandon, { once: true });
      waiting.add(job);
      waitingBytes += body.bytes.length;
      next();
      try {
        return await job.result.promise;
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    },
    close() {
      isClosed = true;
      for (const job of waiting) job.result.reject(new ServiceError('STOPPING', {}));
      waiting.clear();
      for (const { worker } of threads) void worker.terminate();
    },
  };
}
