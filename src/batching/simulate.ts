/** Runs a batcher in virtual time: what decides in a server, fed with arrivals and with how long batches run. */
import type { Batch } from './batch.ts';
import type { Batcher } from './batcher.ts';
import { createEventQueue } from './event-queue.ts';

/** A request that comes. */
export interface Arrival {
  readonly atMs: number;
  readonly items: number;
  /** When its caller's time is up. */
  readonly expiresAtMs: number;
  readonly priority: number;
  readonly kind: string;
  readonly bucket: number;
  /** When its caller goes away, if it does not wait for its time. */
  readonly leavesAtMs?: number;
}

/** How it went for one request. */
export interface Outcome {
  readonly arrival: Arrival;
  /** `refused` at the door or as doomed; `expired` while it waited; `left` before all of it was sent. */
  readonly kind: 'answered' | 'refused' | 'expired' | 'left';
  readonly atMs: number;
}

/** A batch that ran. */
export interface RanBatch {
  readonly batch: Batch<Arrival>;
  readonly beganAtMs: number;
  readonly ranMs: number;
}

/** Where requests come from, and what runs them. */
export interface World {
  readonly arrivals: Iterable<Arrival>;
  /** Batches that run at once. */
  readonly slots: number;
  /** How long a batch runs. */
  runMs(items: number, bucket: number): number;
  /** What the gateway takes for each request that comes and each answer that goes, one after the other, in milliseconds. */
  readonly gatewayMs: number;
  /** The next request of a caller who has got an answer, and asks again. */
  again?(outcome: Outcome): Arrival | undefined;
  /** When nothing comes any more. */
  readonly endMs: number;
}

/** What came out. */
export interface Run {
  readonly outcomes: readonly Outcome[];
  readonly batches: readonly RanBatch[];
}

/** What is run: a batcher, or whatever decides in its stead. */
export type Dispatcher = Pick<Batcher<Arrival>, 'slots' | 'add' | 'leave' | 'next' | 'ended' | 'predictAnswerMs'> &
  Partial<Pick<Batcher<Arrival>, 'refused'>>;

/** Runs it until all have their answers. */
export function simulate(dispatcher: Dispatcher, world: World): Run {
  const { slots, runMs, gatewayMs, again, endMs } = world;
  const events = createEventQueue();
  const outcomes: Outcome[] = [];
  const batches: RanBatch[] = [];
  const unfinished = new Map<Arrival, number>(); // items without an answer
  let running = 0;
  let gatewayFreeAtMs = 0;
  let wakeAtMs = Number.POSITIVE_INFINITY;
  dispatcher.slots = slots;

  const throughGateway = () => {
    gatewayFreeAtMs = Math.max(gatewayFreeAtMs, events.nowMs) + gatewayMs;
    return gatewayFreeAtMs;
  };
  const answer = (arrival: Arrival, kind: Outcome['kind']) => {
    const outcome = { arrival, kind, atMs: throughGateway() };
    outcomes.push(outcome);
    const next = again?.(outcome);
    if (next && next.atMs < endMs) events.at(next.atMs, () => come(next));
  };
  const settle = (arrival: Arrival, kind: Outcome['kind']) => {
    if (unfinished.delete(arrival)) answer(arrival, kind);
  };
  const come = (arrival: Arrival) => events.at(throughGateway(), () => enter(arrival));
  const enter = (arrival: Arrival) => {
    const { nowMs } = events;
    const isHopeless = nowMs + dispatcher.predictAnswerMs(arrival, nowMs) > arrival.expiresAtMs;
    if (isHopeless) {
      dispatcher.refused?.(arrival, nowMs);
      return answer(arrival, 'refused');
    }
    const entry = dispatcher.add({ ...arrival, value: arrival }, nowMs);
    unfinished.set(arrival, arrival.items);
    const goAt = (atMs: number, kind: 'left' | 'expired') =>
      events.at(atMs, () => {
        if (dispatcher.leave(entry, atMs)) settle(arrival, kind);
      });
    if (arrival.leavesAtMs !== undefined) goAt(arrival.leavesAtMs, 'left');
    if (arrival.expiresAtMs < Number.POSITIVE_INFINITY) goAt(arrival.expiresAtMs, 'expired');
    serve();
  };
  const serve = () => {
    while (running < slots) {
      const next = dispatcher.next(events.nowMs);
      for (const arrival of next.doomed) settle(arrival, 'refused');
      if (next.kind === 'wait') wakeAt(next.untilMs);
      if (next.kind !== 'batch') return;
      start(next.batch);
    }
  };
  const wakeAt = (atMs: number) => {
    if (atMs >= wakeAtMs && wakeAtMs > events.nowMs) return;
    wakeAtMs = atMs;
    events.at(atMs, () => {
      if (wakeAtMs === atMs) wakeAtMs = Number.POSITIVE_INFINITY;
      serve();
    });
  };
  const start = (batch: Batch<Arrival>) => {
    const beganAtMs = events.nowMs;
    const ranMs = runMs(batch.items, batch.bucket);
    running++;
    batches.push({ batch, beganAtMs, ranMs });
    events.at(beganAtMs + ranMs, () => {
      running--;
      dispatcher.ended(batch, ranMs, events.nowMs);
      for (const { entry, items } of batch.pieces) {
        const left = unfinished.get(entry.value);
        if (left === undefined) continue; // its caller has gone
        unfinished.set(entry.value, left - items);
        if (left === items) settle(entry.value, 'answered');
      }
      serve();
    });
  };

  const open = world.arrivals[Symbol.iterator]();
  const comeNext = () => {
    const { value, done } = open.next();
    if (done || value.atMs >= endMs) return;
    events.at(value.atMs, () => {
      come(value);
      comeNext();
    });
  };
  comeNext();
  while (events.step());
  return { outcomes, batches };
}
