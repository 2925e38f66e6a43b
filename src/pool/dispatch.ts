/** The one way in for every call: queue, deadline, cancellation, hand-out to a free worker, check of the result. */
import { ServiceError } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { MethodMetrics, PoolMetrics } from '../observe/pool-metrics.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import type { Credit } from '../spec/messages.ts';
import type { ApiSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import type { Validator } from '../spec/validator.ts';
import { decideRefusal, decideVictim, predictAnswerMs, type ServiceLoad } from './admission.ts';
import { createCallListener } from './call-listener.ts';
import { createFairShare, type Share } from './fair-share.ts';
import { decideOutageRefusal, type Outage } from './outage.ts';
import { createOutputChecks, type OutputChecks } from './output.ts';
import { countAhead, learnCost, type MethodLoad, predictWaitMs } from './predict-wait.ts';
import { type InflowPump, pumpInflow } from './pump-inflow.ts';
import type { Spool } from './spool.ts';
import { createStreamReader, type StreamReader } from './stream-reader.ts';
import { createWaitingLine, type Place, type WaitingLine } from './waiting-line.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface DispatchDeps {
  readonly spec: ServiceSpec;
  readonly metrics: PoolMetrics;
  compile(schema: JsonSchema): Validator;
  /** Where files lie that workers give. */
  readonly spool: Pick<Spool, 'read' | 'remove'>;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** One method as it is now. */
interface MethodView {
  readonly name: string;
  readonly api: ApiSpec;
  /** Calls in its queue. */
  readonly waiting: number;
  /** Calls in workers. */
  readonly running: number;
  /** How long a call runs, in milliseconds; undefined before the first has ended. */
  readonly costMs: number | undefined;
}

/** Hands calls to workers. */
export interface Dispatcher {
  /**
   * Runs a call. Resolves with its value, or, for a stream, with the first items at hand.
   * @throws ServiceError `CONCURRENCY_EXCEEDED`, `QUEUE_FULL`, `OVERLOADED`, `CRASH_LOOP`, `TIMEOUT`, `CANCELLED`,
   * `WORKER_LOST`, `STOPPING`, `METHOD_FAILED`, `OUTPUT_INVALID`; ApiError as the author raised it.
   */
  dispatch(invocation: Invocation): Promise<Outcome>;
  /** Makes a worker available for calls. */
  add(worker: WorkerHandle): void;
  /** Takes a worker out of the hand-out; its running calls go on. */
  remove(worker: WorkerHandle): void;
  /** The one with the least to do; undefined while there is none. */
  readonly idlest: WorkerHandle | undefined;
  /** The queues as they are now, and what is known of their methods. */
  readonly methods: readonly MethodView[];
  /** Refuses what cannot wait until the outage is over, now and until told that there is none. */
  setOutage(outage: Outage | undefined): void;
  /** Refuses new calls; resolves when the waiting and running ones have ended. */
  close(): Promise<void>;
}

interface Ticket {
  readonly invocation: Invocation;
  readonly line: Line;
  readonly timeoutMs: number;
  readonly expiresAtMs: number;
  /** Both without effect once one of them was called; each says whether it was. */
  settle(outcome: Outcome): boolean;
  refuse(error: Error): boolean;
  /** Gives it all its time again: something came from the caller. */
  restart(): void;
  /** Set once it waits. */
  place?: Place<Ticket> | undefined;
  /** Set while a worker runs it. */
  running?: { readonly worker: WorkerHandle; readonly id: number; readonly inflow: InflowPump | undefined };
}

/** One method, its queue, and what is known of it. */
interface Line extends Share {
  readonly api: ApiSpec;
  readonly checks: OutputChecks;
  readonly queue: WaitingLine<Ticket>;
  readonly metrics: MethodMetrics;
  /** Calls that workers have now. */
  running: number;
  /** How long a call holds its slot, in milliseconds: learned as calls end. */
  costMs: number | undefined;
  /** How long it holds it until it is answered: for a stream, with the first item, since that is what its caller waits for. */
  leadMs: number | undefined;
}

/** How many calls of a method one worker runs at once. */
function lanesOf({ isBlocking, slots }: ApiSpec): number {
  return isBlocking ? 1 : slots;
}

/** Whether it would still run when its time is up, and keep another one from being answered in time. */
function isHopeless({ line, expiresAtMs }: Ticket): boolean {
  const { leadMs, queue } = line;
  return leadMs !== undefined && queue.count > 0 && expiresAtMs - performance.now() < leadMs;
}

function lateRefusal({ line, timeoutMs }: Ticket): ServiceError {
  return new ServiceError('OVERLOADED', { answerMs: Math.round(timeoutMs + (line.leadMs ?? 0)), timeoutMs });
}

/** Whom the time went by for: the caller, who sends no item, or the method. */
function lateError({ inflow }: Invocation, timeoutMs: number): ServiceError {
  return inflow?.isWaiting
    ? new ServiceError('ITEM_TIMEOUT', { limitMs: timeoutMs })
    : new ServiceError('TIMEOUT', { timeoutMs });
}

const unknownCostMs = 1; // before the first call has ended: little, but not for ever nothing

/** What handing out one call takes of a method's share. */
function chargeOf({ api, costMs = unknownCostMs }: Line): number {
  return costMs / lanesOf(api);
}

/** Of two methods that are due at once the one whose caller's time is up first. */
function isBefore(one: Line, other: Line): boolean {
  if (one.dueMs !== other.dueMs) return one.dueMs < other.dueMs;
  return (one.queue.head?.expiresAtMs ?? 0) < (other.queue.head?.expiresAtMs ?? 0);
}

/** Creates the dispatcher of one generation of a service. */
export function createDispatcher({ spec, metrics, compile, spool, log }: DispatchDeps): Dispatcher {
  const { timeoutMs: longestMs } = spec.settings.traffic;
  const lines = new Map<string, Line>(
    spec.apis.map((api) => [
      api.name,
      {
        api,
        checks: createOutputChecks(api.output, compile),
        queue: createWaitingLine<Ticket>(),
        dueMs: 0,
        metrics: metrics.method(api.name),
        running: 0,
        costMs: undefined,
        leadMs: undefined,
      },
    ]),
  );
  const fairShare = createFairShare();
  const workers = new Set<WorkerHandle>();
  let waitingCount = 0;
  let openCount = 0;
  let onEmpty: (() => void) | undefined;
  let isClosed = false;
  let outage: Outage | undefined;

  const enqueue = (ticket: Ticket) => {
    const { line, invocation } = ticket;
    if (line.queue.count === 0) fairShare.enter(line);
    ticket.place = line.queue.join(ticket, invocation.caller);
    waitingCount++;
  };
  const leaveQueue = ({ line, place }: Ticket) => {
    if (place && line.queue.leave(place)) waitingCount--;
  };

  /** Sends waiting calls: the methods that some worker has room for share its time, and within a method callers take turns. */
  const handOut = () => {
    while (waitingCount > 0) {
      let next: Line | undefined;
      let target: WorkerHandle | undefined;
      for (const line of lines.values()) {
        if (line.queue.count === 0 || (next && !isBefore(line, next))) continue;
        const worker = leastLoaded(line.api);
        if (!worker) continue;
        next = line;
        target = worker;
      }
      const ticket = next?.queue.take();
      if (!next || !target || !ticket) return;
      waitingCount--;
      if (isHopeless(ticket)) {
        ticket.refuse(lateRefusal(ticket));
        continue;
      }
      fairShare.charge(next, chargeOf(next));
      send(ticket, target);
    }
  };

  const leastLoaded = (api: ApiSpec): WorkerHandle | undefined => {
    let best: WorkerHandle | undefined;
    for (const worker of workers) {
      if (worker.accepts(api) && (!best || worker.load < best.load)) best = worker;
    }
    return best;
  };

  const loadOf = ({ api, queue, costMs }: Line): MethodLoad => ({
    waiting: queue.count,
    costMs,
    lanes: workers.size * lanesOf(api),
    isBlocking: api.isBlocking,
  });

  function* otherLoads(own: Line): Generator<MethodLoad> {
    for (const line of lines.values()) if (line !== own && line.queue.count > 0) yield loadOf(line);
  }

  const loadFor = (line: Line, caller: string): ServiceLoad => {
    let running = 0;
    for (const one of lines.values()) running += one.running; // also in workers that get no more calls
    const ahead = waitingCount === 0 ? 0 : countAhead(line.queue, line.queue.countOf(caller));
    const waitMs = ahead === 0 ? 0 : predictWaitMs(loadOf(line), ahead, otherLoads(line));
    return { waiting: waitingCount, running, waitMs, leadMs: line.leadMs };
  };

  /** Refuses a call, unless it can have the place of one whose caller or method has more than its share. */
  const admit = (line: Line, caller: string, timeoutMs: number): ServiceError | undefined => {
    const { traffic } = spec.settings;
    const load = loadFor(line, caller);
    const refusal = decideRefusal(spec.name, traffic, load, timeoutMs);
    if (!refusal || predictAnswerMs(load) > timeoutMs) return refusal; // nobody gives way to a call that would come too late
    const queues = Array.from(lines.values(), ({ queue }) => queue);
    const victim = decideVictim(queues, line.queue, caller);
    if (!victim) return refusal;
    const { line: itsLine, invocation, timeoutMs: itsTimeoutMs } = victim;
    const givesWay = decideRefusal(spec.name, traffic, loadFor(itsLine, invocation.caller), itsTimeoutMs);
    leaveQueue(victim);
    victim.refuse(givesWay ?? refusal);
    return undefined;
  };

  /** Refuses what waits already, if it cannot wait for that long. */
  const sweep = (during: Outage) => {
    for (const { queue } of lines.values()) {
      for (let left = queue.count; left > 0; left--) {
        const ticket = queue.take() as Ticket; // as many as it counts
        waitingCount--;
        const refusal = decideOutageRefusal(during, ticket.expiresAtMs);
        if (refusal) ticket.refuse(refusal);
        else enqueue(ticket);
      }
    }
  };

  const send = (ticket: Ticket, worker: WorkerHandle) => {
    const { line, invocation } = ticket;
    const { api } = line;
    const sentAtMs = performance.now();
    line.running++;
    line.metrics.waited(sentAtMs - ticket.expiresAtMs + ticket.timeoutMs);
    const cancel = () => {
      inflow?.stop();
      worker.cancel(id, 'CANCELLED');
    };
    let inflow: InflowPump | undefined;
    let reader: StreamReader | undefined;
    let isAnswered = false;
    const learnLead = (ranMs: number) => {
      // How long a caller takes to send items says nothing of the next one.
      if (!isAnswered && !invocation.inflow) line.leadMs = learnCost(line.leadMs, ranMs);
      isAnswered = true;
    };
    const { listener, credit, fail } = createCallListener({
      name: `${spec.name}.${api.name}`,
      api,
      invocation,
      check: line.checks(invocation.answerForm),
      openStream() {
        const grant = (more: Credit) => worker.credit(id, more);
        reader = createStreamReader(grant, cancel, () => performance.now());
        return reader;
      },
      inflow: () => inflow,
      cancel,
      spool,
      settle: ticket.settle,
      refuse: ticket.refuse,
      onItems(count) {
        learnLead(performance.now() - sentAtMs);
        line.metrics.streamed(count);
      },
      onLost() {
        line.running--;
        inflow?.stop();
      },
      onFree() {
        line.running--;
        inflow?.stop();
        const tookMs = performance.now() - sentAtMs;
        const ranMs = invocation.inflow ? Math.min(tookMs, longestMs) : tookMs;
        learnLead(ranMs);
        // A reader that lets its stream stand still costs others its slot, but what it adds to what is expected has a bound.
        const idleMs = Math.max(0, (reader?.stalledMs ?? 0) - longestMs);
        line.costMs = learnCost(line.costMs, ranMs - idleMs);
        handOut();
      },
      log,
    });
    const id = worker.call(
      api,
      {
        method: api.name,
        args: invocation.args,
        ...(invocation.files ? { hasFiles: true } : {}),
        timeoutMs: Math.max(0, ticket.expiresAtMs - performance.now()),
        trace: invocation.trace,
        ...(api.takesContext ? { request: invocation.request } : {}),
        ...(credit ? { credit } : {}),
        ...(invocation.inflow ? { inflowAt: invocation.inflow.at } : {}),
      },
      listener,
    );
    if (invocation.inflow) {
      inflow = pumpInflow(invocation.inflow, {
        feed(items, bytes) {
          ticket.restart();
          worker.feed(id, items, bytes);
        },
        end: () => worker.endFeed(id),
        fail(error) {
          worker.cancel(id, 'CANCELLED');
          fail(error as Error); // of the reader of the body, or of the connection
        },
      });
    }
    ticket.running = { worker, id, inflow };
  };

  return {
    dispatch(invocation) {
      const line = lines.get(invocation.method);
      if (!line) throw new Error(`${spec.name} has no method ${invocation.method}`);
      if (isClosed) return Promise.reject(new ServiceError('STOPPING', {}));
      if (invocation.signal.aborted) return Promise.reject(new ServiceError('CANCELLED', {}));
      const timeoutMs = Math.min(invocation.timeoutMs, longestMs);
      const refusal =
        (outage && decideOutageRefusal(outage, performance.now() + timeoutMs)) ??
        admit(line, invocation.caller, timeoutMs);
      if (refusal) return Promise.reject(refusal);
      return new Promise<Outcome>((resolve, reject) => {
        openCount++;
        const abandon = (reason: 'TIMEOUT' | 'CANCELLED') => {
          leaveQueue(ticket);
          ticket.running?.inflow?.stop();
          ticket.running?.worker.cancel(ticket.running.id, reason);
          ticket.refuse(reason === 'TIMEOUT' ? lateError(invocation, timeoutMs) : new ServiceError('CANCELLED', {}));
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
          line,
          timeoutMs,
          expiresAtMs: performance.now() + timeoutMs,
          settle(outcome) {
            if (isSettled) return false;
            finish();
            resolve(outcome);
            return true;
          },
          restart() {
            if (!isSettled) timer.refresh();
          },
          refuse(error) {
            if (isSettled) return false;
            finish();
            reject(error);
            return true;
          },
        };
        const free = waitingCount === 0 ? leastLoaded(line.api) : undefined;
        if (free) return send(ticket, free);
        enqueue(ticket);
        handOut();
      });
    },
    add(worker) {
      workers.add(worker);
      handOut();
    },
    remove: (worker) => void workers.delete(worker),
    get idlest() {
      return [...workers].sort((one, other) => one.load - other.load)[0];
    },
    get methods() {
      return Array.from(lines.values(), ({ api, queue, running, costMs }) => ({
        name: api.name,
        api,
        waiting: queue.count,
        running,
        costMs,
      }));
    },
    setOutage(now) {
      outage = now;
      if (now) sweep(now);
    },
    close() {
      isClosed = true;
      if (openCount === 0) return Promise.resolve();
      return new Promise((resolve) => {
        onEmpty = resolve;
      });
    },
  };
}
