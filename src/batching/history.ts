/** What a log of decisions tells: who came, how it went for them, and how long batches ran. */
import type { DecisionLine } from './decision-line.ts';
import type { Arrival, Outcome } from './simulate.ts';

/** A batch that ran. */
export interface PastBatch {
  readonly items: number;
  readonly bucket: number;
  /** Undefined if it failed, or had not ended when the log did. */
  readonly ranMs: number | undefined;
}

/** One batcher's part of a log. */
export interface History {
  readonly maxBatchSize: number;
  readonly maxWaitMs: number;
  /** The most batches that could run at once. */
  readonly slots: number;
  readonly arrivals: readonly Arrival[];
  /** Of those whose end is in the log. */
  readonly outcomes: readonly Outcome[];
  readonly batches: readonly PastBatch[];
}

/** Puts the lines of a log together. */
export interface HistoryReader {
  add(line: DecisionLine): void;
  /** What was read so far. */
  readonly history: History;
}

type Pieces = Extract<DecisionLine, { readonly event: 'batch' }>['pieces'];

interface Open {
  readonly arrival: Arrival;
  readonly at: number;
  /** Items without an answer. */
  left: number;
}

/** Creates a reader of one batcher's lines. */
export function createHistoryReader(): HistoryReader {
  let settings = { maxBatchSize: 1, maxWaitMs: 0 };
  let slots = 1;
  const arrivals: Arrival[] = [];
  const outcomes: Outcome[] = [];
  const open = new Map<number, Open>();
  const running = new Map<number, { readonly at: number; readonly pieces: Pieces }>();
  const batches: PastBatch[] = [];

  const close = (id: number, kind: Outcome['kind'], atMs: number) => {
    const found = open.get(id);
    if (!found) return; // it came before the log began
    open.delete(id);
    outcomes.push({ arrival: found.arrival, kind, atMs });
  };

  return {
    add(line) {
      switch (line.event) {
        case 'start':
          settings = { maxBatchSize: line.maxBatchSize, maxWaitMs: line.maxWaitMs };
          open.clear(); // another batcher counts anew
          running.clear();
          return;
        case 'arrival': {
          const arrival = toArrival(line);
          open.set(line.id, { arrival, at: arrivals.push(arrival) - 1, left: line.items });
          return;
        }
        case 'refusal': {
          const arrival = toArrival(line);
          arrivals.push(arrival);
          outcomes.push({ arrival, kind: 'refused', atMs: line.atMs });
          return;
        }
        case 'doomed':
          return close(line.id, 'refused', line.atMs);
        case 'left': {
          const found = open.get(line.id);
          if (!found) return;
          const isExpired = line.atMs >= found.arrival.expiresAtMs;
          if (!isExpired) arrivals[found.at] = { ...found.arrival, leavesAtMs: line.atMs };
          return close(line.id, isExpired ? 'expired' : 'left', line.atMs);
        }
        case 'batch': {
          slots = Math.max(slots, line.slots);
          const items = line.pieces.reduce((sum, [, count]) => sum + count, 0);
          const at = batches.push({ items, bucket: line.bucket, ranMs: undefined }) - 1;
          running.set(line.number, { at, pieces: line.pieces });
          return;
        }
        case 'end': {
          const ended = running.get(line.number);
          if (!ended) return;
          running.delete(line.number);
          batches[ended.at] = { ...(batches[ended.at] as PastBatch), ranMs: line.ranMs };
          for (const [id, count] of ended.pieces) {
            const found = open.get(id);
            if (!found) continue; // its caller went away, or it came before the log began
            found.left -= count;
            if (found.left === 0) close(id, 'answered', line.atMs);
          }
        }
      }
    },
    get history() {
      return { ...settings, slots, arrivals, outcomes, batches };
    },
  };
}

function toArrival(line: Extract<DecisionLine, { readonly event: 'arrival' | 'refusal' }>): Arrival {
  const { atMs, items, forMs, priority, kindHash, bucket } = line;
  return { atMs, items, expiresAtMs: atMs + forMs, priority, kind: String(kindHash), bucket };
}
