/** Forms batches of those who wait for one method; whoever has a free worker asks it for the next one. */
import type { Batch, Piece } from './batch.ts';
import { type CostModel, createCostModel } from './cost-model.ts';
import { type Decision, decide, type QueueView, safety } from './decide.ts';
import { type DecisionLine, hashKind } from './decision-line.ts';
import { createFlight } from './flight.ts';
import type { Entry, Group, Lane } from './lane.ts';
import { type Candidate, canBeInTime, lookAhead, type PlanFor, plan } from './plan.ts';
import { planAcross } from './plan-across.ts';
import { createQueues } from './queues.ts';

/** What a method's batches are bound by. */
export interface BatcherOptions {
  /** Items of a batch at most. */
  readonly maxBatchSize: number;
  /** How long a request waits for others though nothing says that it pays, in milliseconds. */
  readonly maxWaitMs: number;
  /** Told of all that happens, for a log that `bento batching replay` reads. */
  onDecision?(line: DecisionLine): void;
}

/** A request to be batched. */
export interface Request<T> {
  readonly value: T;
  /** 1 and more. */
  readonly items: number;
  /** When its caller's time is up. */
  readonly expiresAtMs: number;
  /** Higher goes first; but one turn in nine is for those who wait below. */
  readonly priority: number;
  /** Requests of different kinds are never in one batch. */
  readonly kind: string;
  /** Which of the cost models is theirs: long inputs take longer than short ones. The next one also holds who is of this one. */
  readonly bucket: number;
}

/** What a free worker gets. Those who can no longer be answered in time are given back with it, and wait no more. */
export type Next<T> =
  | { readonly kind: 'batch'; readonly batch: Batch<T>; readonly doomed: readonly T[] }
  /** Nothing before that time, unless something comes. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly doomed: readonly T[] }
  | { readonly kind: 'nothing'; readonly doomed: readonly T[] };

/** The batches of one method. */
export interface Batcher<T> {
  /** Items that wait. */
  readonly items: number;
  /** Batches that all workers together run at once: set as workers come and go. */
  slots: number;
  add(request: Request<T>, nowMs: number): Entry<T>;
  /**
   * Takes a request out, as far as it has not been sent; false if nothing of it waits.
   * @param nowMs for the log; without it the time of whatever happened last.
   */
  leave(entry: Entry<T>, nowMs?: number): boolean;
  /**
   * A worker is free: what it is to do.
   * @param freeSlots it and those who will ask right after it; without it all that run no batch.
   */
  next(nowMs: number, freeSlots?: number): Next<T>;
  /** A batch has ended, and its callers have their answers. Without how long it ran, since it failed, nothing is learned. */
  ended(batch: Batch<T>, ranMs: number | undefined, nowMs: number): void;
  /**
   * How long a request would take until it is answered if it came now, in milliseconds, for the door: one for whom that is
   * too long is refused there. One who need not wait may always try: 0.
   */
  predictAnswerMs(request: Omit<Request<T>, 'value'>, nowMs: number): number;
  /** One was refused at the door: it is told on. */
  refused(request: Omit<Request<T>, 'value'>, nowMs: number): void;
  costOf(bucket: number): CostModel;
  /** How long what is left of a request takes at least. */
  leastMs(entry: Entry<T>): number;
}

type Send<T> = Extract<Decision, { readonly kind: 'send' }> & {
  readonly lane: Lane<T>;
  /** Whether it is to be just as many, for the sake of others. */
  readonly isExact?: boolean;
};
type Choice<T> = Send<T> | Extract<Decision, { readonly kind: 'wait' }>;

const batchesPassedOver = 8; // before one whom later ones overtook comes before those who are as urgent
const lanesTried = 8; // where the first ones wait for more: further off nobody is urgent
const lanesSummed = 64; // that a prediction looks at; thousands of kinds are an attack, or not worth a batch

/** Creates the batcher of one method. */
export function createBatcher<T>({ maxBatchSize, maxWaitMs, onDecision }: BatcherOptions): Batcher<T> {
  const queues = createQueues<T>();
  const flight = createFlight<T>();
  const costs = new Map<number, CostModel>();
  const newest: number[] = []; // who came last of each of the last batches, by sequence
  let owedBefore = 0; // who came before that was passed over so often
  let sequence = 0;
  let lastMs = 0;
  onDecision?.({ event: 'start', maxBatchSize, maxWaitMs });

  const costOf = (bucket: number): CostModel => {
    const cost = costs.get(bucket) ?? createCostModel();
    costs.set(bucket, cost);
    return cost;
  };
  const runMs = (bucket: number, items: number): number => costOf(bucket).predictMs(items);
  const carefulMs = (bucket: number, items: number): number => runMs(bucket, items) + safety * costOf(bucket).errorMs;
  /** How long as many items run that are cut into full batches. */
  const allMs = (bucket: number, items: number): number =>
    Math.floor(items / maxBatchSize) * runMs(bucket, maxBatchSize) + runMs(bucket, items % maxBatchSize);

  /** How long what is left of a request takes at least, if all that runs is its own. */
  const leastMs = ({ left, group: { bucket } }: Entry<T>): number =>
    Math.max(allMs(bucket, left) / Math.max(1, batcher.slots), runMs(bucket, Math.min(left, maxBatchSize)));

  /** How long the next batch of a group runs. */
  const nextMs = ({ bucket, items }: Group<T>): number => runMs(bucket, Math.min(items, maxBatchSize));

  /** The first lane that has better not wait, or until when all of them do; undefined where there is none. */
  const choose = (nowMs: number, freeSlots: number): Choice<T> | undefined => {
    const tried = queues.inTurn(lanesTried);
    let totalMs = 0; // of a batch of each group
    for (const [at, { group }] of tried.entries()) {
      if (tried.findIndex((other) => other.group === group) === at) totalMs += nextMs(group);
    }
    let untilMs = Number.POSITIVE_INFINITY;
    for (const lane of tried) {
      const { group } = lane;
      const decision = decide(viewOf(group), {
        nowMs,
        maxBatchSize,
        maxWaitMs,
        cost: costOf(group.bucket),
        expected: group.returns.expected(nowMs),
        othersMs: totalMs - nextMs(group),
        freeSlots,
      });
      if (decision.kind === 'send') return amongOthers({ ...decision, lane }, tried, nowMs);
      group.hasWaited = true;
      untilMs = Math.min(untilMs, decision.untilMs);
    }
    return tried.length > 0 ? { kind: 'wait', untilMs } : undefined;
  };

  /** The same, or what goes before it so that nobody in other lanes is late, where a schedule can be found that does that. */
  const amongOthers = (chosen: Send<T>, tried: readonly Lane<T>[], nowMs: number): Send<T> => {
    const lanes = tried.filter(({ priority }) => priority === chosen.lane.priority);
    if (lanes.length < 2) return chosen;
    const workMs = lanes.reduce((total, { group, items }) => total + allMs(group.bucket, items), 0);
    const dueMs = lanes.reduce(
      (least, { head }) => Math.min(least, head?.expiresAtMs ?? least),
      Number.POSITIVE_INFINITY,
    );
    if (nowMs + workMs <= dueMs && !queues.isUnsorted) return chosen;
    const views = lanes.map((lane) => ({
      waiting: lane.peek(lookAhead * maxBatchSize).map((entry) => ({ ...toCandidate(entry), dueMs: entry.dueMs })),
      predictMs: (items: number) => carefulMs(lane.group.bucket, items),
    }));
    const next = planAcross(views, { nowMs, maxBatchSize, slots: batcher.slots });
    if (next) return { ...chosen, lane: lanes[next.lane] as Lane<T>, most: next.items, isExact: true };
    const owed = findOwed(lanes, nowMs);
    if (!owed) return chosen;
    newest.length = 0;
    return { ...chosen, lane: owed };
  };

  /**
   * The lane of the first of those before whom later ones went so often, once they have to go to be in time with one turn in
   * nine: that is shared by all of them, so each needs the turns of those before it as well as its own.
   */
  const findOwed = (lanes: readonly Lane<T>[], nowMs: number): Lane<T> | undefined => {
    if (owedBefore === 0) return undefined;
    const owed = lanes.flatMap((lane) =>
      lane.peek(lookAhead * maxBatchSize).filter((entry) => entry.sequence < owedBefore && canBeOwed(entry, nowMs)),
    );
    const itemsOf = new Map<Group<T>, number>();
    const turnsMs = new Map<Group<T>, number>();
    let neededMs = 0;
    for (const { group, left, expiresAtMs } of owed.sort(byDeadline)) {
      const items = (itemsOf.get(group) ?? 0) + left;
      const groupMs = (batchesPassedOver + 1) * allMs(group.bucket, items);
      neededMs += groupMs - (turnsMs.get(group) ?? 0);
      itemsOf.set(group, items);
      turnsMs.set(group, groupMs);
      if (nowMs + neededMs > expiresAtMs) return owed[0]?.lane;
    }
    return undefined;
  };

  /** Whether one turn in nine is enough for one to be in time if it goes now. */
  const canBeOwed = ({ left, expiresAtMs, group: { bucket } }: Entry<T>, nowMs: number): boolean => {
    const restMs = left > maxBatchSize ? (batchesPassedOver + 1) * allMs(bucket, left - maxBatchSize) : 0;
    return nowMs + restMs + carefulMs(bucket, 1) <= expiresAtMs;
  };

  /** Counts for those who wait that others go, some of whom came later. */
  const passOver = (pieces: readonly Piece<T>[]) => {
    newest.push(pieces.reduce((last, { entry }) => Math.max(last, entry.sequence), 0));
    if (newest.length > 2 * batchesPassedOver) newest.shift();
    owedBefore = newest.toSorted((one, other) => other - one)[batchesPassedOver - 1] ?? 0;
  };

  /** Moves items out of the queues into a batch; what is left of a large request waits for a later one. */
  const move = (entries: readonly Entry<T>[], most: number, pieces: Piece<T>[]): number => {
    let room = most;
    for (const entry of entries) {
      if (room === 0) break;
      const items = Math.min(room, entry.left);
      queues.leave(entry);
      pieces.push({ entry, from: entry.items - entry.left, items });
      entry.left -= items;
      room -= items;
      if (entry.left === 0) continue;
      // As if it had come one batch later: it gives way to those who came meanwhile.
      entry.dueMs += runMs(entry.group.bucket, maxBatchSize);
      queues.add(entry);
    }
    return most - room;
  };

  /** How many items of another lane may go along in a bucket without anyone being late over it. */
  const countFitting = (other: Lane<T>, bucket: number, pieces: readonly Piece<T>[], nowMs: number): number => {
    const items = sum(pieces, (piece) => piece.items);
    let dueMs = pieces.reduce((least, { entry }) => Math.min(least, entry.expiresAtMs), Number.POSITIVE_INFINITY);
    let fitting = 0;
    for (const { left, expiresAtMs } of other.peek(maxBatchSize - items)) {
      const more = Math.min(left, maxBatchSize - items - fitting);
      dueMs = Math.min(dueMs, expiresAtMs);
      if (nowMs + carefulMs(bucket, items + fitting + more) > dueMs) break;
      fitting += more;
    }
    return fitting;
  };

  /** Fills what room is left with those of other priorities, and of the buckets beside it; gives the bucket that results. */
  const fill = ({ group }: Lane<T>, pieces: Piece<T>[], nowMs: number): number => {
    const { kind, bucket, lanes } = group;
    for (const other of lanes) move(other.peek(maxBatchSize), countFitting(other, bucket, pieces, nowMs), pieces);
    for (const [beside, joint] of [
      [bucket - 1, bucket],
      [bucket + 1, bucket + 1],
    ] as const) {
      for (const other of queues.find(kind, beside)?.lanes ?? []) {
        const items = sum(pieces, (piece) => piece.items);
        const more = countFitting(other, joint, pieces, nowMs);
        const isKnown = costOf(beside).count > 0 && costOf(bucket).count > 0;
        const isCheaper = runMs(joint, items + more) < runMs(bucket, items) + runMs(beside, more);
        if (more === 0 || !isKnown || !isCheaper) continue;
        move(other.peek(more), more, pieces);
        if (joint !== bucket) return joint;
      }
    }
    return bucket;
  };

  /** The rest of a large request gives way, unless that makes somebody late, and nobody would be if it did not. */
  const hasToBeSorted = (inTurn: readonly Entry<T>[], now: PlanFor): boolean =>
    queues.isUnsorted &&
    !canBeInTime(inTurn.map(toCandidate), now, 'full') &&
    canBeInTime(inTurn.toSorted(byDeadline).map(toCandidate), now, 'any');

  /** Whether the rest of a large request, which goes further than a plan looks, would run in vain, as far as is known from its first batches. */
  const isHopeless = (entry: Entry<T>, nowMs: number): boolean =>
    entry.left < entry.items && nowMs + leastMs(entry) > entry.expiresAtMs && costOf(entry.group.bucket).isSettled;

  /** The batch of a lane; undefined if nobody in it can be helped any more. */
  const form = (
    { lane, reason, most, isExact }: Send<T>,
    nowMs: number,
    freeSlots: number,
    doomed: T[],
  ): Batch<T> | undefined => {
    const { bucket } = lane.group;
    const now: PlanFor = {
      nowMs,
      maxBatchSize: most,
      predictMs: (items) => carefulMs(bucket, items),
      slots: batcher.slots,
      hasOtherFree: freeSlots > 1,
    };
    const giveUp = (entry: Entry<T>) => {
      queues.leave(entry);
      doomed.push(entry.value);
      onDecision?.({ event: 'doomed', atMs: nowMs, id: entry.sequence });
    };
    const inTurn = lane.peek(lookAhead * maxBatchSize);
    const hopeless = inTurn.filter((entry) => isHopeless(entry, nowMs));
    if (hopeless.length > 0) {
      for (const entry of hopeless) giveUp(entry);
      return undefined;
    }
    const waiting = isExact || hasToBeSorted(inTurn, now) ? inTurn.toSorted(byDeadline) : inTurn;
    const planned = isExact ? { doomed: 0, items: most } : plan(waiting.map(toCandidate), now);
    for (const entry of waiting.slice(0, planned.doomed)) giveUp(entry);
    if (planned.items === 0) return undefined;
    queues.took(lane);
    lane.group.hasWaited = false;
    const pieces: Piece<T>[] = [];
    move(waiting.slice(planned.doomed), planned.items, pieces);
    const canTakeMore = lane.items === 0 && planned.items < most && queues.items > 0;
    const joint = canTakeMore ? fill(lane, pieces, nowMs) : bucket;
    const items = sum(pieces, (piece) => piece.items);
    passOver(pieces);
    return { pieces, items, reason, bucket: joint, predictedMs: runMs(joint, items) };
  };

  const batcher: Batcher<T> = {
    get items() {
      return queues.items;
    },
    slots: 1,
    costOf,
    leastMs,
    add(request, nowMs) {
      lastMs = nowMs;
      const { value, items, priority, expiresAtMs, kind, bucket } = request;
      if (items < 1) throw new RangeError(`a request of ${items} items cannot be batched: answer it without`);
      const group = queues.groupOf(kind, bucket);
      const entry: Entry<T> = {
        value,
        group,
        priority,
        items,
        left: items,
        cameAtMs: nowMs,
        expiresAtMs,
        dueMs: expiresAtMs,
        sequence: sequence++,
        lane: undefined,
      };
      queues.add(entry);
      group.returns.came(items, nowMs);
      onDecision?.({ event: 'arrival', atMs: nowMs, id: entry.sequence, ...factsOf(request, nowMs) });
      return entry;
    },
    leave(entry, nowMs = lastMs) {
      const wasWaiting = queues.leave(entry);
      if (wasWaiting) onDecision?.({ event: 'left', atMs: nowMs, id: entry.sequence });
      return wasWaiting;
    },
    next(nowMs, freeSlots = Math.max(1, batcher.slots - flight.count)) {
      lastMs = nowMs;
      const doomed: T[] = [];
      for (;;) {
        const chosen = choose(nowMs, freeSlots);
        if (!chosen) return { kind: 'nothing', doomed };
        if (chosen.kind === 'wait') return { ...chosen, doomed };
        const batch = form(chosen, nowMs, freeSlots, doomed);
        if (!batch) continue;
        const number = flight.left(batch, nowMs);
        onDecision?.({ event: 'batch', atMs: nowMs, number, slots: batcher.slots, ...tellOf(batch) });
        return { kind: 'batch', batch, doomed };
      }
    },
    ended(batch, ranMs, nowMs) {
      lastMs = nowMs;
      if (ranMs !== undefined) costOf(batch.bucket).learn(batch.items, ranMs);
      const number = flight.ended(batch, nowMs);
      onDecision?.({ event: 'end', atMs: nowMs, number, ...(ranMs === undefined ? {} : { ranMs }) });
    },
    refused(request, nowMs) {
      onDecision?.({ event: 'refusal', atMs: nowMs, ...factsOf(request, nowMs) });
    },
    predictAnswerMs({ items, expiresAtMs, priority, kind, bucket }, nowMs) {
      if (queues.items === 0 && flight.count < batcher.slots) return 0;
      const own = queues.find(kind, bucket);
      let ownItems = items;
      let othersMs = 0;
      for (const lane of queues.inTurn(lanesSummed)) {
        if (lane.priority < priority) continue;
        const before = lane.priority > priority ? lane.items : lane.itemsBefore(expiresAtMs);
        if (lane.group === own) ownItems += before;
        else othersMs += allMs(lane.group.bucket, before);
      }
      const fullBatches = Math.ceil(ownItems / maxBatchSize) - 1;
      const aheadMs = othersMs + fullBatches * (runMs(bucket, maxBatchSize) + costOf(bucket).errorMs);
      // Others will come until the last one leaves, if it has to wait for its turn.
      const ownMs = carefulMs(bucket, fullBatches > 0 ? maxBatchSize : ownItems);
      return flight.untilFreeMs(batcher.slots, aheadMs, nowMs) + ownMs;
    },
  };
  return batcher;
}

function toCandidate<T>({ left, expiresAtMs }: Entry<T>): Candidate {
  return { items: left, expiresAtMs };
}

/** By their deadlines alone. */
function byDeadline<T>(one: Entry<T>, other: Entry<T>): number {
  return one.expiresAtMs - other.expiresAtMs || one.sequence - other.sequence;
}

/** A group as a whole: the most urgent of all its lanes, and the one that waits longest among those. */
function viewOf<T>({ items, lanes, hasWaited }: Group<T>): QueueView {
  let expiresAtMs = Number.POSITIVE_INFINITY;
  let cameAtMs = Number.POSITIVE_INFINITY;
  for (const { head } of lanes) {
    if (!head) continue;
    expiresAtMs = Math.min(expiresAtMs, head.expiresAtMs);
    cameAtMs = Math.min(cameAtMs, head.cameAtMs);
  }
  return { items, expiresAtMs, cameAtMs, hasWaited };
}

function factsOf<T>({ items, expiresAtMs, priority, kind, bucket }: Omit<Request<T>, 'value'>, nowMs: number) {
  return { items, forMs: expiresAtMs - nowMs, priority, kindHash: hashKind(kind), bucket };
}

function tellOf<T>({ pieces, reason, bucket, predictedMs }: Batch<T>) {
  const told = pieces.map(({ entry, items }) => [entry.sequence, items] as const);
  return { pieces: told, reason, bucket, predictedMs };
}

function sum<E>(all: readonly E[], numberOf: (one: E) => number): number {
  let total = 0;
  for (const one of all) total += numberOf(one);
  return total;
}
