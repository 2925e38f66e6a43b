/** Has workers replaced that have become old, well used or large, one at a time. */
import type { Vitals } from '../spec/messages.ts';
import type { RecycleLimits } from '../spec/service-spec.ts';
import { decideRecycle, findVainLimit, readingsKept } from './recycle-policy.ts';
import { decideRestart } from './restart-policy.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface RecyclerDeps {
  readonly limits: RecycleLimits;
  /** From 0 to 1. */
  random(): number;
  now(): number;
  /** Whether the worker may be replaced now. */
  mayReplace(worker: WorkerHandle): boolean;
  /** Resolves when another one has taken the worker's place. */
  replace(worker: WorkerHandle, because: string): Promise<void>;
  /** Told of a limit that cannot be kept. */
  warn(worker: WorkerHandle, problem: string): void;
}

/** Looks after workers from the moment when they are ready. */
export interface Recycler {
  watch(worker: WorkerHandle): void;
}

/** Creates the recycler of one generation; whenever a worker says how it is, it may be its turn. */
export function createRecycler(deps: RecyclerDeps): Recycler {
  const { limits, now } = deps;
  let isReplacing = false;
  let notBeforeMs = 0;
  let failures = 0;

  const replace = async (worker: WorkerHandle, because: string) => {
    isReplacing = true;
    try {
      await deps.replace(worker, because);
      failures = 0;
    } catch {
      // Whoever replaces it has said why it could not be.
      const again = decideRestart({ readyAtMs: undefined, endedAtMs: now(), shortLives: failures, wasShot: false });
      failures = again.shortLives;
      notBeforeMs = now() + again.afterMs;
    } finally {
      isReplacing = false;
    }
  };

  return {
    watch(worker) {
      const bornAtMs = now();
      const luck = deps.random();
      const first = worker.vitals;
      const recent: Vitals[] = [];
      const vain = findVainLimit(first, limits);
      if (vain !== undefined) deps.warn(worker, vain);
      worker.onVitals(() => {
        recent.push(worker.vitals);
        if (recent.length > readingsKept) recent.shift();
        if (isReplacing || now() < notBeforeMs || !deps.mayReplace(worker)) return;
        const life = { ageMs: now() - bornAtMs, requests: worker.callCount, luck, first, recent };
        const because = decideRecycle(life, limits);
        if (because !== undefined) void replace(worker, because);
      });
    },
  };
}
