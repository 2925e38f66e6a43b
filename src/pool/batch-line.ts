/** The calls of one batchable method: has them wait, sends them together, gives each what is its own. */
import { deserialize } from 'node:v8';
import type { Batch, Piece } from '../batching/batch.ts';
import { createBatcher } from '../batching/batcher.ts';
import type { DecisionLine } from '../batching/decision-line.ts';
import type { Entry } from '../batching/lane.ts';
import { ServiceError, toRecord } from '../errors.ts';
import type { FileOnDisk } from '../io/file-content.ts';
import { cutItems, joinItems } from '../io/rows.ts';
import type { BatchMetrics } from '../observe/batch-metrics.ts';
import type { LogLevel } from '../observe/log-level.ts';
import { type BatchFacts, batchFactsOf } from '../spec/batch-facts.ts';
import { emptyResult } from '../spec/batching.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import type { Credit } from '../spec/messages.ts';
import type { ApiSpec, BatchingSpec } from '../spec/service-spec.ts';
import { createCallListener } from './call-listener.ts';
import type { OutputChecks } from './output.ts';
import type { Spool } from './spool.ts';
import { createStreamReader } from './stream-reader.ts';
import type { BatchMember, CallListener, WorkerHandle } from './worker-handle.ts';

/** A call as its dispatcher keeps it. */
interface BatchTicket {
  readonly invocation: Invocation;
  /** When its caller leaves; monotonic milliseconds, as all times here. */
  readonly expiresAtMs: number;
  /** Both without effect once one of them was called; each says whether it was. */
  settle(outcome: Outcome): boolean;
  refuse(error: Error): boolean;
}

/** A batch that is over. */
interface RanBatch {
  /** Calls that had something in it. */
  readonly calls: number;
  /** Calls of which nothing was left to be sent after it. */
  readonly ends: number;
}

/** Hears of every decision about the batches of a method. */
export type BatchDecisionLog = (method: string, decision: DecisionLine) => void;

interface BatchLineDeps<Ticket> {
  readonly service: string;
  readonly api: ApiSpec;
  readonly batching: BatchingSpec;
  readonly checks: OutputChecks;
  readonly metrics: BatchMetrics;
  readonly spool: Pick<Spool, 'read' | 'hold' | 'remove'>;
  readonly onDecision: ((decision: DecisionLine) => void) | undefined;
  now(): number;
  /** Something may be due that was not before. */
  wake(): void;
  /** A call waits no more, and has not been sent. */
  onLeft(ticket: Ticket): void;
  /** All of a call has gone to workers. */
  onSent(ticket: Ticket, waitedMs: number): void;
  /** So many items of a stream have come. */
  onItems(count: number): void;
  /** A batch has left its worker, or gone with it. @param ranMs unless it was out of the ordinary. */
  onRan(batch: RanBatch, ranMs: number | undefined): void;
  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void;
}

/** A call that waits in the line, or runs. */
export interface BatchedTicket {
  /** Nobody waits for it any more. */
  abandon(reason: 'TIMEOUT' | 'CANCELLED'): void;
}

/** The calls of one batchable method. */
export interface BatchLine<Ticket> {
  /** Batches that all workers together run at once. */
  slots: number;
  /** @param facts of one item or more. */
  add(ticket: Ticket, facts: BatchFacts): BatchedTicket;
  /** Answers a call that has no items, which no method needs to see. */
  answerEmpty(ticket: Ticket): void;
  /** What decides with which others a call goes. @throws ServiceError `INVALID_INPUT` */
  lookAt(invocation: Invocation): BatchFacts;
  /** A call gives its place to another one. */
  refused(error: ServiceError): void;
  refusedAtDoor(error: ServiceError, facts: BatchFacts, priority: number | undefined, timeoutMs: number): void;
  /** When a call would be answered if it came now, in milliseconds from now; 0 if it need not wait. */
  predictAnswerMs(facts: BatchFacts, priority: number | undefined, timeoutMs: number): number;
  /** How long one is given before it has to have begun. */
  latencyMs(timeoutMs: number): number;
  /**
   * Sends a batch if one is due; gives how long it is expected to run. Else it wakes the dispatcher when one is.
   * @param freeSlots of all workers together.
   */
  send(worker: WorkerHandle, freeSlots: number): { readonly predictedMs: number } | undefined;
}

interface Part {
  readonly from: number;
  readonly value: unknown;
  readonly files: readonly FileOnDisk[];
}

/** A call, and what has come of it so far. */
interface Queued<Ticket> {
  readonly ticket: Ticket;
  readonly facts: BatchFacts;
  readonly cameAtMs: number;
  readonly latencyMs: number;
  /** Refuses it when it has waited for that long. */
  late: NodeJS.Timeout | undefined;
  entry: Entry<Queued<Ticket>> | undefined;
  /** Where it runs. */
  readonly sent: { readonly worker: WorkerHandle; readonly id: number }[];
  /** What came of those of its batches that are over. */
  readonly parts: Part[];
  /** Items whose results have come. */
  done: number;
  isOver: boolean;
  /** The arguments, once they had to be cut. */
  args: readonly unknown[] | undefined;
  /** What hears of it as a whole; made when the first of it is sent. */
  heard: ReturnType<typeof createCallListener> | undefined;
}

const longestStreamMs = 24 * 60 * 60 * 1000;

/** Creates an empty line. */
export function createBatchLine<Ticket extends BatchTicket>(deps: BatchLineDeps<Ticket>): BatchLine<Ticket> {
  type Call = Queued<Ticket>;
  const { api, batching, now } = deps;
  const batcher = createBatcher<Call>({
    maxBatchSize: batching.maxBatchSize,
    maxWaitMs: batching.maxWaitMs,
    ...(deps.onDecision && { onDecision: afterFirst(deps.onDecision) }),
  });
  const buckets = new Set<number>();
  let alone = 0; // those that go with no others
  let timer: NodeJS.Timeout | undefined;

  deps.metrics.learns(() =>
    Array.from(buckets, (bucket) => {
      const { launchMs, unitMs } = batcher.costOf(bucket);
      return { bucket, launchMs, unitMs };
    }),
  );

  const toRequest = (
    { items, kind = '', bucket }: BatchFacts,
    priority: number | undefined = 0,
    timeoutMs: number,
    nowMs: number,
  ) => ({ items, kind, bucket, priority, expiresAtMs: nowMs + latencyMs(timeoutMs) + untilEndMs });
  const latencyMs = (timeoutMs: number) => Math.min(timeoutMs, batching.maxLatencyMs);
  // A stream has to begin in time, however long it goes on: how long it takes to its end keeps nobody from it.
  const untilEndMs = api.kind === 'stream' ? longestStreamMs : 0;

  /** Takes out of the line what still waits of it, and has what runs of it end. */
  const drop = (queued: Call, reason: 'TIMEOUT' | 'CANCELLED') => {
    if (queued.isOver) return;
    queued.isOver = true;
    clearTimeout(queued.late);
    if (queued.entry && batcher.leave(queued.entry, now())) deps.onLeft(queued.ticket);
    for (const { worker, id } of queued.sent) worker.cancel(id, reason);
    removeParts(queued);
  };
  const removeParts = ({ parts }: Call) => {
    const files = parts.flatMap((part) => part.files);
    if (files.length > 0) deps.spool.remove(files);
  };

  const refuseLate = (queued: Call) => {
    if (queued.isOver) return;
    const { latencyMs: timeoutMs, cameAtMs, entry, ticket } = queued;
    const runMs = entry ? batcher.leastMs(entry) : 0; // it has one as soon as it waits
    deps.metrics.refused('too_late');
    ticket.refuse(new ServiceError('OVERLOADED', { answerMs: Math.round(now() - cameAtMs + runMs), timeoutMs }));
    deps.onLeft(ticket);
    drop(queued, 'CANCELLED');
  };

  /** The arguments of a piece; a call that goes as a whole is sent as it came. */
  const argumentsOf = ({ entry: { value: queued }, from, items }: Piece<Call>) => {
    const { args } = queued.ticket.invocation;
    if (items === queued.facts.items) return args;
    queued.args ??= args instanceof Uint8Array ? (deserialize(args) as readonly unknown[]) : args;
    return queued.args.map((arg, at) =>
      batching.places.includes(at) && arg !== undefined ? cutItems(arg, from, from + items, batching.inputDim) : arg,
    );
  };

  /** Hears of a whole call: checks what came of it, and gives it to the caller. */
  const listenTo = (queued: Call, worker: WorkerHandle, id: () => number) => {
    const { invocation, settle, refuse } = queued.ticket;
    return createCallListener({
      name: `${deps.service}.${api.name}`,
      api,
      invocation,
      check: deps.checks(invocation.answerForm),
      openStream: () =>
        createStreamReader(
          (more: Credit) => worker.credit(id(), more),
          () => worker.cancel(id(), 'CANCELLED'),
          now,
        ),
      inflow: () => undefined,
      cancel: () => worker.cancel(id(), 'CANCELLED'),
      spool: deps.spool,
      settle,
      refuse,
      onItems: deps.onItems,
      onFree() {},
      onLost() {},
      log: deps.log,
    });
  };

  /** Hears of one piece; once all have come they are one result. */
  const collect = (queued: Call, whole: CallListener, { from, items }: Piece<Call>): CallListener => ({
    ...whole,
    onValue(value, _response, files) {
      queued.parts.push({ from, value, files });
      if (queued.isOver) return removeParts(queued);
      queued.done += items;
      if (queued.done === queued.facts.items) deliver(queued, whole);
    },
    onError(error) {
      whole.onError(error);
      drop(queued, 'CANCELLED');
    },
    onLost(reason) {
      whole.onLost(reason);
      drop(queued, 'CANCELLED');
    },
  });
  const deliver = (queued: Call, whole: CallListener) => {
    queued.isOver = true;
    const parts = queued.parts.sort((one, other) => one.from - other.from);
    try {
      const value = joinItems(
        parts.map((part) => part.value),
        batching.outputDim,
      );
      whole.onValue(
        value,
        undefined,
        parts.flatMap(({ files }) => files),
      );
    } catch (cause) {
      removeParts(queued);
      whole.onError(toRecord(new ServiceError('OUTPUT_INVALID', {}, { cause })));
    }
  };

  const toMember = (piece: Piece<Call>, worker: WorkerHandle, id: () => number): BatchMember => {
    const { value: queued } = piece.entry;
    const { invocation, expiresAtMs } = queued.ticket;
    const heard = queued.heard ?? listenTo(queued, worker, id);
    queued.heard = heard;
    return {
      message: {
        args: argumentsOf(piece),
        items: piece.items,
        from: piece.from,
        ...(piece.items < queued.facts.items ? { isPart: true } : {}),
        ...(invocation.files ? { hasFiles: true } : {}),
        timeoutMs: Math.max(0, expiresAtMs - now()),
        trace: invocation.trace,
        ...(api.takesContext ? { request: invocation.request } : {}),
        ...(heard.credit ? { credit: heard.credit } : {}),
      },
      listener: piece.items === queued.facts.items ? heard.listener : collect(queued, heard.listener, piece),
    };
  };

  const launch = (batch: Batch<Call>, worker: WorkerHandle) => {
    const { pieces, items, reason, bucket, predictedMs } = batch;
    const sentAtMs = now();
    let ends = 0;
    buckets.add(bucket);
    deps.metrics.sent({
      items,
      requests: pieces.length,
      reason,
      workerIndex: worker.index,
      waste: batching.bucketBy && wasteOf(batch),
    });
    // Once a caller has left, what it sent is read on for the others.
    const files = pieces.flatMap(({ entry }) => entry.value.ticket.invocation.files ?? []);
    deps.spool.hold(files);
    let ids: readonly number[] = [];
    const members = pieces.map((piece, at) => toMember(piece, worker, () => ids[at] as number)); // asked for later
    ids = worker.batch(api, members, (isTypical) => {
      const nowMs = now();
      const ranMs = isTypical ? nowMs - sentAtMs : undefined;
      if (ranMs !== undefined) deps.metrics.ran(predictedMs, ranMs);
      deps.spool.remove(files);
      batcher.ended(batch, ranMs, nowMs);
      deps.onRan({ calls: pieces.length, ends }, ranMs);
    });
    for (const [at, { entry }] of pieces.entries()) {
      entry.value.sent.push({ worker, id: ids[at] as number }); // one for each
      if (entry.left > 0) continue;
      ends++;
      clearTimeout(entry.value.late);
      deps.onSent(entry.value.ticket, sentAtMs - entry.value.cameAtMs);
    }
  };

  return {
    get slots() {
      return batcher.slots;
    },
    set slots(count) {
      batcher.slots = count;
    },
    lookAt({ batch, args }) {
      return batch ?? batchFactsOf(api, batching, args instanceof Uint8Array ? deserialize(args) : args);
    },
    refused: ({ code }) => deps.metrics.refused(code.toLowerCase()),
    latencyMs,
    predictAnswerMs(facts, priority, timeoutMs) {
      const nowMs = now();
      const answerMs = batcher.predictAnswerMs(toRequest(facts, priority, timeoutMs, nowMs), nowMs);
      const ownMs = api.kind === 'stream' ? batcher.costOf(facts.bucket).predictMs(batching.maxBatchSize) : 0;
      return Math.max(0, answerMs - ownMs);
    },
    refusedAtDoor({ code }, facts, priority, timeoutMs) {
      const nowMs = now();
      deps.metrics.refused(code.toLowerCase());
      if (facts.items > 0) batcher.refused(toRequest(facts, priority, timeoutMs, nowMs), nowMs);
    },
    add(ticket, facts) {
      const cameAtMs = now();
      const given = latencyMs(ticket.expiresAtMs - cameAtMs);
      const queued: Call = {
        ticket,
        facts,
        cameAtMs,
        latencyMs: Math.round(given),
        late: undefined,
        entry: undefined,
        sent: [],
        parts: [],
        done: 0,
        isOver: false,
        args: undefined,
        heard: undefined,
      };
      const { items, bucket, kind = `#${alone++}` } = facts;
      const { priority = 0 } = ticket.invocation;
      const expiresAtMs = cameAtMs + given + untilEndMs;
      if (cameAtMs + given < ticket.expiresAtMs) queued.late = setTimeout(refuseLate, given, queued);
      queued.entry = batcher.add({ value: queued, items, kind, bucket, priority, expiresAtMs }, cameAtMs);
      return {
        abandon: (reason) => drop(queued, reason),
      };
    },
    answerEmpty({ invocation, settle, refuse }) {
      const checked = deps.checks(invocation.answerForm)(emptyResult(api, batching));
      if (checked.error) refuse(checked.error);
      else settle({ kind: 'value', value: checked.value });
    },
    send(worker, freeSlots) {
      clearTimeout(timer);
      const next = batcher.next(now(), freeSlots);
      for (const queued of next.doomed) refuseLate(queued);
      if (next.kind === 'wait') timer = setTimeout(deps.wake, Math.max(0, next.untilMs - now()));
      if (next.kind !== 'batch') return undefined;
      launch(next.batch, worker);
      return { predictedMs: next.batch.predictedMs };
    },
  };
}

/** A method that nobody calls has nothing to tell: its beginning is told with what comes first. */
function afterFirst(tell: (decision: DecisionLine) => void): (decision: DecisionLine) => void {
  let beginning: DecisionLine | undefined;
  return (decision) => {
    if (decision.event === 'start') {
      beginning = decision;
      return;
    }
    if (beginning) tell(beginning);
    beginning = undefined;
    tell(decision);
  };
}

/** What of a batch is there only to make its items equally large; undefined where they have no size. */
function wasteOf({ pieces, items }: Batch<Queued<unknown>>): number | undefined {
  let largest = 0;
  let total = 0;
  for (const { entry, items: own } of pieces) {
    const { size, items: all } = entry.value.facts;
    largest = Math.max(largest, size?.largest ?? 0);
    total += ((size?.total ?? 0) * own) / all;
  }
  return largest > 0 ? 1 - total / (largest * items) : undefined;
}
