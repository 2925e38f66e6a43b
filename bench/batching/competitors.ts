/** Other ways to form batches, written from their published descriptions. */
import type { Batch } from '../../src/batching/batch.ts';
import type { Next } from '../../src/batching/batcher.ts';
import type { Entry, Group } from '../../src/batching/lane.ts';
import { createReturns } from '../../src/batching/returns.ts';
import type { Arrival, Dispatcher } from '../../src/batching/simulate.ts';
import type { Cost } from './models.ts';

/** What a policy sees of those who wait, in the order of coming. */
interface View {
  readonly nowMs: number;
  readonly waiting: readonly Entry<Arrival>[];
}

/** So many are given up, then so many go, or nothing happens until then. */
type Move = { readonly drop: number } & ({ readonly send: number } | { readonly untilMs: number });

interface Policy {
  decide(view: View): Move;
  ended?(items: number, ranMs: number, waitedMs: number, nowMs: number): void;
}

/** One queue, first come, first served, and nobody refused at the door. */
function createFifo(maxBatchSize: number, policy: Policy): Dispatcher {
  const group: Group<Arrival> = {
    kind: '',
    bucket: 0,
    returns: createReturns(),
    lanes: [],
    items: 0,
    hasWaited: false,
  };
  const waiting: Entry<Arrival>[] = [];
  const beganAtMs = new Map<Batch<Arrival>, number>();
  let sequence = 0;
  return {
    slots: 1,
    predictAnswerMs: () => 0,
    add(request, nowMs) {
      const { value, items, priority, expiresAtMs } = request;
      const times = { cameAtMs: nowMs, expiresAtMs, dueMs: expiresAtMs };
      const entry = { value, group, priority, items, left: items, ...times, sequence: sequence++, lane: undefined };
      waiting.push(entry);
      return entry;
    },
    leave(entry) {
      const at = waiting.indexOf(entry);
      if (at >= 0) waiting.splice(at, 1);
      return at >= 0;
    },
    next(nowMs): Next<Arrival> {
      if (waiting.length === 0) return { kind: 'nothing', doomed: [] };
      const move = policy.decide({ nowMs, waiting });
      const doomed = waiting.splice(0, move.drop).map(({ value }) => value);
      if ('untilMs' in move) return { kind: 'wait', untilMs: move.untilMs, doomed };
      const sent = waiting.splice(0, Math.min(move.send, maxBatchSize));
      if (sent.length === 0) return { kind: 'nothing', doomed };
      const pieces = sent.map((entry) => ({ entry, from: 0, items: 1 }));
      const batch: Batch<Arrival> = { pieces, items: sent.length, reason: 'idle', bucket: 0, predictedMs: 0 };
      beganAtMs.set(batch, nowMs);
      return { kind: 'batch', batch, doomed };
    },
    ended(batch, ranMs, nowMs) {
      const waitedMs = (beganAtMs.get(batch) ?? nowMs) - (batch.pieces[0]?.entry.cameAtMs ?? nowMs);
      beganAtMs.delete(batch);
      policy.ended?.(batch.items, ranMs ?? 0, waitedMs, nowMs);
    },
  };
}

/** Sends whatever waits as soon as a worker is free. */
export function createGreedy(maxBatchSize: number): Dispatcher {
  return createFifo(maxBatchSize, { decide: ({ waiting }) => ({ drop: 0, send: waiting.length }) });
}

/** Sends so many, or what there is after so long: `max_queue_delay` of Triton, the windows of Ray Serve and LitServe. */
export function createFixedWindow(maxBatchSize: number, windowMs: number): Dispatcher {
  return createFifo(maxBatchSize, {
    decide({ nowMs, waiting }) {
      const untilMs = (waiting[0]?.cameAtMs ?? nowMs) + windowMs;
      return waiting.length >= maxBatchSize || untilMs <= nowMs
        ? { drop: 0, send: waiting.length }
        : { drop: 0, untilMs };
    },
  });
}

/** Told how many callers there are, who all ask again once they are answered: waits for all of them. */
export function createOracle(maxBatchSize: number, callers: number): Dispatcher {
  const full = Math.min(callers, maxBatchSize);
  return createFifo(maxBatchSize, {
    decide: ({ nowMs, waiting }) =>
      waiting.length >= full ? { drop: 0, send: full } : { drop: 0, untilMs: nowMs + 1e6 },
  });
}

/**
 * Clipper: one more item per batch as long as batches run within the objective, a tenth less once one does not.
 * @see https://www.usenix.org/system/files/conference/nsdi17/nsdi17-crankshaw.pdf, section 4.3
 */
export function createAimd(maxBatchSize: number, objectiveMs: number): Dispatcher {
  let limit = 1;
  return createFifo(maxBatchSize, {
    decide: ({ waiting }) => ({ drop: 0, send: Math.min(waiting.length, Math.floor(limit)) }),
    ended(items, ranMs) {
      if (ranMs > objectiveMs) limit = Math.max(1, limit * 0.9);
      else if (items >= Math.floor(limit)) limit = Math.min(maxBatchSize, limit + 1);
    },
  });
}

/**
 * Symphony: told what batches cost, it sends as late as it may, in the window in which one item more would make the first one
 * late. As in Nexus, the first ones are dropped until the batch of those after them is in time.
 * @see https://arxiv.org/abs/2308.07470
 */
export function createDeferred(maxBatchSize: number, cost: Cost): Dispatcher {
  const marginMs = 0.5; // for what differs from batch to batch
  return createFifo(maxBatchSize, {
    decide({ nowMs, waiting }) {
      const startBy = (drop: number, items: number) =>
        (waiting[drop] as Entry<Arrival>).expiresAtMs - marginMs - cost(Math.min(maxBatchSize, items));
      let drop = 0;
      while (drop < waiting.length && startBy(drop, waiting.length - drop) < nowMs) drop++;
      const send = Math.min(maxBatchSize, waiting.length - drop);
      if (send === 0) return { drop, send };
      const untilMs = startBy(drop, send + 1);
      return send === maxBatchSize || untilMs <= nowMs ? { drop, send } : { drop, untilMs };
    },
  });
}

const tickMs = 1;

/**
 * BentoML 1.4: a line through the sizes and times of the last fifty batches, learned in a training of eleven, then waiting as
 * long as that costs less than the mean wait so far, looked at every millisecond.
 */
export function createReference(maxBatchSize: number, latencyMs: number): Dispatcher {
  let perItemMs = Math.min(2000, (2 * latencyMs) / 30);
  let launchMs = Math.min(1000, latencyMs / 30);
  let meanWaitMs = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let trained = 0;
  let ran = 0;
  let fitAtMs = Number.NEGATIVE_INFINITY;
  const samples: { readonly items: number; readonly ranMs: number; readonly waitMs: number }[] = [];
  const targets = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3].map((target) => Math.min(target, maxBatchSize));

  const fit = () => {
    const count = samples.length;
    const mean = (numberOf: (one: (typeof samples)[number]) => number) =>
      samples.reduce((sum, one) => sum + numberOf(one), 0) / count;
    const meanItems = mean(({ items }) => items);
    const meanMs = mean(({ ranMs }) => ranMs);
    const spread = mean(({ items }) => (items - meanItems) ** 2);
    const slope =
      spread > 0
        ? mean(({ items, ranMs }) => (items - meanItems) * (ranMs - meanMs)) / spread
        : (meanMs * meanItems) / (meanItems ** 2 + 1); // the shortest of all solutions
    const rest = spread > 0 ? meanMs - slope * meanItems : meanMs / (meanItems ** 2 + 1);
    perItemMs = Math.max(0.001, slope);
    launchMs = Math.max(0, rest);
    meanWaitMs = Math.max(
      0,
      mean(({ waitMs }) => waitMs),
    );
  };
  const look = (waiting: readonly Entry<Arrival>[], nowMs: number): Move => {
    const target = targets[trained];
    const oldestMs = nowMs - (waiting[0]?.cameAtMs ?? nowMs);
    const newestMs = nowMs - (waiting.at(-1)?.cameAtMs ?? nowMs);
    if (target !== undefined) {
      const longestMs = target <= 1 ? 0 : Math.min(0.95 * latencyMs, (2 * target + 1) * perItemMs + launchMs);
      const isWaiting = target > 1 && waiting.length < target && target * perItemMs + launchMs + oldestMs <= longestMs;
      return isWaiting ? { drop: 0, untilMs: nowMs + tickMs } : { drop: 0, send: waiting.length };
    }
    let drop = 0;
    for (; waiting.length - drop > 1; drop++) {
      const waitedMs = nowMs - (waiting[drop] as Entry<Arrival>).cameAtMs;
      if (waitedMs + perItemMs * (waiting.length - drop) + launchMs < latencyMs) break;
    }
    const left = waiting.length - drop;
    const isWaiting = left < maxBatchSize && left * (newestMs + tickMs + perItemMs) <= 0.95 * meanWaitMs;
    return isWaiting ? { drop, untilMs: nowMs + tickMs } : { drop, send: left };
  };
  return createFifo(maxBatchSize, {
    decide({ nowMs, waiting }) {
      // It looks every millisecond from when the first one came, or from when it looked last.
      const beganMs = Math.max(lookedAtMs, waiting[0]?.cameAtMs ?? nowMs);
      const atMs = beganMs + Math.ceil((nowMs - beganMs) / tickMs - 1e-9) * tickMs;
      if (atMs > nowMs + 1e-9) return { drop: 0, untilMs: atMs };
      lookedAtMs = nowMs;
      return look(waiting, nowMs);
    },
    ended(items, ranMs, waitedMs, nowMs) {
      const isTraining = trained < targets.length;
      ran++;
      if (ran > 2) samples.push({ items, ranMs, waitMs: isTraining ? 0 : waitedMs });
      if (samples.length > 50) samples.shift();
      if (isTraining) trained++;
      const isDue = isTraining ? trained > 8 : nowMs - fitAtMs >= 5000;
      if (!isDue || samples.length === 0) return;
      fitAtMs = nowMs;
      fit();
    },
  });
}
