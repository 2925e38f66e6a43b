/** The one way in for every call: queue, deadline, cancellation, hand-out to a free worker, check of the result. */
import { ServiceError } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import type { ApiSpec, JsonSchema, OutputSpec, ServiceSpec } from '../spec/service-spec.ts';
import type { Validator } from '../spec/validator.ts';
import { decideRefusal, type ServiceLoad } from './admission.ts';
import { createCallListener } from './call-listener.ts';
import { createOutputCheck, type OutputCheck } from './output.ts';
import { learnCost, type MethodLoad, predictDrainMs } from './predict-wait.ts';
import { createStreamReader } from './stream-reader.ts';
import { createWaitingLine, type Place, type WaitingLine } from './waiting-line.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface DispatchDeps {
  readonly spec: ServiceSpec;
  compile(schema: JsonSchema): Validator;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** Hands calls to workers. */
export interface Dispatcher {
  /**
   * Runs a call. Resolves with its value, or, for a stream, with the first items at hand.
   * @throws ServiceError `QUEUE_FULL`, `TIMEOUT`, `CANCELLED`, `WORKER_LOST`, `STOPPING`, `METHOD_FAILED`,
   * `OUTPUT_INVALID`; ApiError as the author raised it.
   */
  dispatch(invocation: Invocation): Promise<Outcome>;
  /** Makes a worker available for calls. */
  add(worker: WorkerHandle): void;
  /** Takes a worker out of the hand-out; its running calls go on. */
  remove(worker: WorkerHandle): void;
  /** Refuses new calls; resolves when the waiting and running ones have ended. */
  close(): Promise<void>;
}

interface Ticket {
  readonly invocation: Invocation;
  readonly api: ApiSpec;
  readonly expiresAtMs: number;
  /** Both without effect once one of them was called; `refuse` says whether it was. */
  settle(outcome: Outcome): void;
  refuse(error: Error): boolean;
  /** Set once it waits. */
  place?: Place<Ticket> | undefined;
  /** Set while a worker runs it. */
  running?: { readonly worker: WorkerHandle; readonly id: number };
}

/** Where the author's own schema has run, it has checked more than the gateway could. */
function outputCheckOf({ schema, checked = schema }: OutputSpec, compile: DispatchDeps['compile']): OutputCheck {
  return createOutputCheck(checked, compile(checked));
}

/** One method, its queue, and what is known of it. */
interface Line {
  readonly api: ApiSpec;
  readonly check: OutputCheck;
  readonly waiting: WaitingLine<Ticket>;
  /** How long a call runs, in milliseconds: learned as calls end. */
  costMs: number | undefined;
}

/** Creates the dispatcher of one generation of a service. */
export function createDispatcher({ spec, compile, log }: DispatchDeps): Dispatcher {
  const { timeoutMs: longestMs } = spec.settings.traffic;
  const lines = new Map<string, Line>(
    spec.apis.map((api) => [
      api.name,
      {
        api,
        check: outputCheckOf(api.output, compile),
        waiting: createWaitingLine<Ticket>(),
        costMs: undefined,
      },
    ]),
  );
  const workers = new Set<WorkerHandle>();
  let waitingCount = 0;
  let openCount = 0;
  let onEmpty: (() => void) | undefined;
  let isClosed = false;

  const enqueue = (ticket: Ticket) => {
    ticket.place = lines.get(ticket.api.name)?.waiting.join(ticket);
    waitingCount++;
  };
  const dequeue = (ticket: Ticket) => {
    if (ticket.place && lines.get(ticket.api.name)?.waiting.leave(ticket.place)) waitingCount--;
  };

  /** Sends waiting calls, the most urgent first among the methods that some worker has room for. */
  const handOut = () => {
    while (waitingCount > 0) {
      let first: Ticket | undefined;
      let target: WorkerHandle | undefined;
      for (const { api, waiting } of lines.values()) {
        const { head } = waiting;
        if (!head || (first && head.expiresAtMs >= first.expiresAtMs)) continue;
        const worker = leastLoaded(api);
        if (!worker) continue;
        first = head;
        target = worker;
      }
      if (!first || !target) return;
      dequeue(first);
      send(first, target);
    }
  };

  const leastLoaded = (api: ApiSpec): WorkerHandle | undefined => {
    let best: WorkerHandle | undefined;
    for (const worker of workers) {
      if (worker.accepts(api) && (!best || worker.load < best.load)) best = worker;
    }
    return best;
  };

  const lanesOf = ({ isBlocking, slots }: ApiSpec) => workers.size * (isBlocking ? 1 : slots);

  const loadNow = (): ServiceLoad => {
    let running = 0;
    for (const worker of workers) running += worker.load;
    if (waitingCount === 0) return { waiting: 0, running, drainMs: 0 };
    return { waiting: waitingCount, running, drainMs: predictDrainMs(waitingMethods()) };
  };

  function* waitingMethods(): Generator<MethodLoad> {
    for (const { api, waiting, costMs } of lines.values()) {
      if (waiting.count > 0) yield { waiting: waiting.count, costMs, lanes: lanesOf(api) };
    }
  }

  const send = (ticket: Ticket, worker: WorkerHandle) => {
    const { api, invocation } = ticket;
    const line = lines.get(api.name) as Line; // every api has its line
    const sentAtMs = performance.now();
    const cancel = () => worker.cancel(id, 'CANCELLED');
    const { listener, credit } = createCallListener({
      name: `${spec.name}.${api.name}`,
      api,
      invocation,
      check: line.check,
      openStream: () => createStreamReader((more) => worker.credit(id, more), cancel),
      cancel,
      settle: ticket.settle,
      refuse: ticket.refuse,
      onFree() {
        line.costMs = learnCost(line.costMs, performance.now() - sentAtMs);
        handOut();
      },
      log,
    });
    const id = worker.call(
      api,
      {
        method: api.name,
        args: invocation.args,
        timeoutMs: Math.max(0, ticket.expiresAtMs - performance.now()),
        trace: invocation.trace,
        ...(api.takesContext ? { request: invocation.request } : {}),
        ...(credit ? { credit } : {}),
      },
      listener,
    );
    ticket.running = { worker, id };
  };

  return {
    dispatch(invocation) {
      const api = lines.get(invocation.method)?.api;
      if (!api) throw new Error(`${spec.name} has no method ${invocation.method}`);
      if (isClosed) return Promise.reject(new ServiceError('STOPPING', {}));
      if (invocation.signal.aborted) return Promise.reject(new ServiceError('CANCELLED', {}));
      const timeoutMs = Math.min(invocation.timeoutMs, longestMs);
      const refusal = decideRefusal(spec.name, spec.settings.traffic, loadNow(), timeoutMs);
      if (refusal) return Promise.reject(refusal);
      return new Promise<Outcome>((resolve, reject) => {
        openCount++;
        const abandon = (reason: 'TIMEOUT' | 'CANCELLED') => {
          dequeue(ticket);
          ticket.running?.worker.cancel(ticket.running.id, reason);
          ticket.refuse(
            reason === 'TIMEOUT' ? new ServiceError('TIMEOUT', { timeoutMs }) : new ServiceError('CANCELLED', {}),
          );
        };
        const timer = setTimeout(abandon, timeoutMs, 'TIMEOUT');
        const onAbort = () => abandon('CANCELLED');
        invocation.signal.addEventListener('abort', onAbort, { once: true });
        let isSettled = false;
        const finish = () => {
          isSettled = true;
          clearTimeout(timer);
          invocation.signal.removeEventListener('abort', onAbort);
          openCount--;
          if (openCount === 0) onEmpty?.();
        };
        const ticket: Ticket = {
          invocation,
          api,
          expiresAtMs: performance.now() + timeoutMs,
          settle(outcome) {
            if (isSettled) return;
            finish();
            resolve(outcome);
          },
          refuse(error) {
            if (isSettled) return false;
            finish();
            reject(error);
            return true;
          },
        };
        enqueue(ticket);
        handOut();
      });
    },
    add(worker) {
      workers.add(worker);
      handOut();
    },
    remove: (worker) => void workers.delete(worker),
    close() {
      isClosed = true;
      if (openCount === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onEmpty = resolve;
      });
    },
  };
}
