/** The one way in for every call: queue, deadline, cancellation, hand-out to a free worker, check of the result. */
import { ServiceError } from '../errors.ts';
import type { LogLevel } from '../observe/log-level.ts';
import type { PoolMetrics } from '../observe/pool-metrics.ts';
import type { BatchFacts } from '../spec/batch-facts.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import type { Credit } from '../spec/messages.ts';
import type { ApiSpec, BatchingSpec, JsonSchema, ServiceSpec } from '../spec/service-spec.ts';
import type { Validator } from '../spec/validator.ts';
import { decideRefusal, decideVictim, predictAnswerMs, type ServiceLoad } from './admission.ts';
import { type BatchDecisionLog, type BatchLine, createBatchLine } from './batch-line.ts';
import { createCallListener } from './call-listener.ts';
import { createFairShare } from './fair-share.ts';
import { lateError, lateRefusal } from './late-errors.ts';
import {
  chargeOf,
  givenMs,
  isBefore,
  isHopeless,
  type Line,
  lanesOf,
  type Newcomer,
  type Ticket,
  unknownCostMs,
} from './method-line.ts';
import { decideOutageRefusal, type Outage } from './outage.ts';
import { createOutputChecks } from './output.ts';
import { countAhead, learnCost, type MethodLoad, predictWaitMs, withOthersMs } from './predict-wait.ts';
import { type InflowPump, pumpInflow } from './pump-inflow.ts';
import type { Spool } from './spool.ts';
import { createStreamReader, type StreamReader } from './stream-reader.ts';
import { createWaitingLine } from './waiting-line.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface DispatchDeps {
  readonly spec: ServiceSpec;
  readonly metrics: PoolMetrics;
  compile(schema: JsonSchema): Validator;
  /** Where files lie that callers send and workers give. */
  readonly spool: Pick<Spool, 'read' | 'hold' | 'remove'>;
  readonly onBatchDecision?: BatchDecisionLog | undefined;
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

/** Creates the dispatcher of one generation of a service. */
export function createDispatcher({ spec, metrics, compile, spool, onBatchDecision, log }: DispatchDeps): Dispatcher {
  const { timeoutMs: longestMs } = spec.settings.traffic;
  const createLine = (api: ApiSpec): Line => {
    const line: Line = {
      api,
      checks: createOutputChecks(api.output, compile),
      queue: createWaitingLine<Ticket>(),
      dueMs: 0,
      metrics: metrics.method(api.name),
      batches: api.batching && createBatches(api, api.batching, () => line),
      running: 0,
      costMs: undefined,
      leadMs: undefined,
    };
    return line;
  };
  const createBatches = (api: ApiSpec, batching: BatchingSpec, line: () => Line) =>
    createBatchLine<Ticket>({
      service: spec.name,
      api,
      batching,
      checks: (form) => line().checks(form),
      metrics: metrics.batches(api.name, batching.maxBatchSize),
      spool,
      onDecision: onBatchDecision && ((decision) => onBatchDecision(api.name, decision)),
      now: () => performance.now(),
      wake: () => handOut(),
      onLeft: (ticket) => leaveQueue(ticket),
      onSent(ticket, waitedMs) {
        leaveQueue(ticket);
        line().running++;
        line().metrics.waited(waitedMs);
      },
      onItems: (count) => line().metrics.streamed(count),
      onRan({ calls, ends }, ranMs) {
        const own = line();
        own.running -= ends;
        if (ranMs !== undefined) {
          own.leadMs = learnCost(own.leadMs, ranMs);
          own.costMs = learnCost(own.costMs, ranMs / calls);
        }
        handOut();
      },
      log,
    });
  const lines = new Map<string, Line>(spec.apis.map((api) => [api.name, createLine(api)]));
  const fairShare = createFairShare();
  const workers = new Set<WorkerHandle>();
  let waitingCount = 0;
  let openCount = 0;
  let onEmpty: (() => void) | undefined;
  let isClosed = false;
  let outage: Outage | undefined;
  let isHandingOutSoon = false;

  const enqueue = (ticket: Ticket) => {
    const { line, invocation } = ticket;
    if (line.queue.count === 0) fairShare.enter(line);
    ticket.place = line.queue.join(ticket, invocation.caller);
    waitingCount++;
  };
  const enqueueForBatch = (ticket: Ticket, batches: BatchLine<Ticket>, facts: BatchFacts) => {
    enqueue(ticket);
    ticket.batched = batches.add(ticket, facts);
    if (isHandingOutSoon) return;
    isHandingOutSoon = true;
    setImmediate(() => {
      isHandingOutSoon = false; // whatever came in this turn goes together
      handOut();
    });
  };
  const leaveQueue = ({ line, place }: Ticket) => {
    if (place && line.queue.leave(place)) waitingCount--;
  };

  /** Sends waiting calls: the methods that some worker has room for share its time, and within a method callers take turns. */
  const handOut = () => {
    let held: Set<Line> | undefined; // who has a worker, and waits for more all the same
    while (waitingCount > 0) {
      let next: Line | undefined;
      let target: WorkerHandle | undefined;
      for (const line of lines.values()) {
        if (line.queue.count === 0 || held?.has(line) || (next && !isBefore(line, next))) continue;
        const worker = leastLoaded(line.api);
        if (!worker) continue;
        next = line;
        target = worker;
      }
      if (next?.batches && target) {
        const sent = next.batches.send(target, roomFor(next.api));
        if (sent) fairShare.charge(next, (sent.predictedMs || unknownCostMs) / lanesOf(next.api));
        else held = (held ?? new Set()).add(next);
        continue;
      }
      const ticket = next?.queue.take();
      if (!next || !target || !ticket) return;
      waitingCount--;
      if (isHopeless(ticket)) {
        ticket.refuse(lateRefusal(ticket.timeoutMs, next.leadMs));
        continue;
      }
      fairShare.charge(next, chargeOf(next));
      send(ticket, target);
    }
  };

  const leastLoaded = (api: ApiSpec): WorkerHandle | undefined => {
    let best: WorkerHandle | undefined;
    for (const worker of workers) {
      if (worker.roomFor(api) > 0 && (!best || worker.load < best.load)) best = worker;
    }
    return best;
  };

  /** Of all workers, as it is now: some may be held by another method. */
  const roomFor = (api: ApiSpec): number => {
    let room = 0;
    for (const worker of workers) room += worker.roomFor(api);
    return room;
  };

  const countSlots = () => {
    for (const { batches, api } of lines.values()) if (batches) batches.slots = workers.size * lanesOf(api);
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

  const loadFor = ({ line, invocation, timeoutMs, facts }: Newcomer): ServiceLoad => {
    let running = 0;
    for (const one of lines.values()) running += one.running; // also in workers that get no more calls
    if (line.batches && facts) {
      const ownMs = line.batches.predictAnswerMs(facts, invocation.priority, timeoutMs);
      const answerMs = ownMs === 0 ? 0 : withOthersMs(ownMs, otherLoads(line));
      return { waiting: waitingCount, running, waitMs: answerMs, leadMs: undefined, answerMs };
    }
    const { caller } = invocation;
    const ahead = waitingCount === 0 ? 0 : countAhead(line.queue, line.queue.countOf(caller));
    const waitMs = ahead === 0 ? 0 : predictWaitMs(loadOf(line), ahead, otherLoads(line));
    return { waiting: waitingCount, running, waitMs, leadMs: line.leadMs };
  };

  /** Refuses a call, unless it can have the place of one whose caller or method has more than its share. */
  const admit = (newcomer: Newcomer): ServiceError | undefined => {
    const { line, invocation } = newcomer;
    const load = loadFor(newcomer);
    const refusal = refusalOf(newcomer, load);
    if (!refusal || predictAnswerMs(load) > givenMs(newcomer)) return refusal; // nobody gives way to a call that would come too late
    const queues = Array.from(lines.values(), ({ queue }) => queue);
    const victim = decideVictim(queues, line.queue, invocation.caller);
    if (!victim) return refusal;
    const givesWay = refusalOf(victim, loadFor(victim));
    leaveQueue(victim);
    victim.batched?.abandon('CANCELLED');
    victim.line.batches?.refused(givesWay ?? refusal);
    victim.refuse(givesWay ?? refusal);
    return undefined;
  };
  const refusalOf = (one: Newcomer, load: ServiceLoad) =>
    decideRefusal(spec.name, spec.settings.traffic, load, givenMs(one));

  /** Refuses what waits already, if it cannot wait for that long. */
  const sweep = (during: Outage) => {
    for (const { queue } of lines.values()) {
      for (let left = queue.count; left > 0; left--) {
        const ticket = queue.take() as Ticket; // as many as it counts
        waitingCount--;
        const refusal = decideOutageRefusal(during, ticket.expiresAtMs);
        if (!refusal) enqueue(ticket);
        else {
          ticket.batched?.abandon('CANCELLED');
          ticket.refuse(refusal);
        }
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
      let facts: BatchFacts | undefined;
      try {
        facts = line.batches?.lookAt(invocation);
      } catch (error) {
        return Promise.reject(error); // of its arguments
      }
      const refusal =
        (outage && decideOutageRefusal(outage, performance.now() + timeoutMs)) ??
        admit({ line, invocation, timeoutMs, facts });
      if (refusal) {
        if (facts) line.batches?.refusedAtDoor(refusal, facts, invocation.priority, timeoutMs);
        return Promise.reject(refusal);
      }
      return new Promise<Outcome>((resolve, reject) => {
        openCount++;
        const abandon = (reason: 'TIMEOUT' | 'CANCELLED') => {
          leaveQueue(ticket);
          ticket.batched?.abandon(reason);
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
          facts,
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
        if (facts?.items === 0) return line.batches?.answerEmpty(ticket);
        if (line.batches && facts) return enqueueForBatch(ticket, line.batches, facts);
        const free = waitingCount === 0 ? leastLoaded(line.api) : undefined;
        if (free) return send(ticket, free);
        enqueue(ticket);
        handOut();
      });
    },
    add(worker) {
      workers.add(worker);
      countSlots();
      handOut();
    },
    remove(worker) {
      workers.delete(worker);
      countSlots();
    },
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
