/** A method as the dispatcher sees it: its queue, what is known of it, and what a call in it has. */
import type { MethodMetrics } from '../observe/pool-metrics.ts';
import type { BatchFacts } from '../spec/batch-facts.ts';
import type { Invocation, Outcome } from '../spec/invocation.ts';
import type { ApiSpec } from '../spec/service-spec.ts';
import type { BatchedTicket, BatchLine } from './batch-line.ts';
import type { Share } from './fair-share.ts';
import type { OutputChecks } from './output.ts';
import type { InflowPump } from './pump-inflow.ts';
import type { Place, WaitingLine } from './waiting-line.ts';
import type { WorkerHandle } from './worker-handle.ts';

/** A call that waits or runs. */
export interface Ticket {
  readonly invocation: Invocation;
  readonly line: Line;
  readonly timeoutMs: number;
  readonly expiresAtMs: number;
  /** Both without effect once one of them was called; each says whether it was. */
  settle(outcome: Outcome): boolean;
  refuse(error: Error): boolean;
  /** Gives it all its time again: something came from the caller. */
  restart(): void;
  /** What decides with which others it goes, where its method is batched. */
  readonly facts?: BatchFacts | undefined;
  /** Set once it waits for a batch. */
  batched?: BatchedTicket;
  /** Set once it waits. */
  place?: Place<Ticket> | undefined;
  /** Set while a worker runs it. */
  running?: { readonly worker: WorkerHandle; readonly id: number; readonly inflow: InflowPump | undefined };
}

/** One method, its queue, and what is known of it. */
export interface Line extends Share {
  readonly api: ApiSpec;
  readonly checks: OutputChecks;
  readonly queue: WaitingLine<Ticket>;
  readonly metrics: MethodMetrics;
  /** Decides which of those in the queue go together, and when; undefined where each goes alone, in turns. */
  readonly batches: BatchLine<Ticket> | undefined;
  /** Calls that workers have now. */
  running: number;
  /** How long a call holds its slot, in milliseconds: learned as calls end. */
  costMs: number | undefined;
  /** How long it holds it until it is answered: for a stream, with the first item, since that is what its caller waits for. */
  leadMs: number | undefined;
}

/** A call at the door. */
export type Newcomer = Pick<Ticket, 'line' | 'invocation' | 'timeoutMs' | 'facts'>;

/** How long it may take until it is answered. */
export function givenMs({ line, timeoutMs }: Newcomer): number {
  return line.batches ? line.batches.latencyMs(timeoutMs) : timeoutMs;
}

/** How many calls of a method one worker runs at once. */
export function lanesOf({ isBlocking, slots }: ApiSpec): number {
  return isBlocking ? 1 : slots;
}

/** Whether it would still run when its time is up, and keep another one from being answered in time. */
export function isHopeless({ line, expiresAtMs }: Ticket): boolean {
  const { leadMs, queue } = line;
  return leadMs !== undefined && queue.count > 0 && expiresAtMs - performance.now() < leadMs;
}

/** Before the first call has ended: little, but not for ever nothing. */
export const unknownCostMs = 1;

/** What handing out one call takes of a method's share. */
export function chargeOf({ api, costMs = unknownCostMs }: Line): number {
  return costMs / lanesOf(api);
}

/** Of two methods that are due at once the one whose caller's time is up first. */
export function isBefore(one: Line, other: Line): boolean {
  if (one.dueMs !== other.dueMs) return one.dueMs < other.dueMs;
  return (one.queue.head?.expiresAtMs ?? 0) < (other.queue.head?.expiresAtMs ?? 0);
}
