/** Follows what the workers of a generation say of their health. */
import { countStreak, isBeyondHelp, judge } from './health-policy.ts';
import type { WorkerHandle } from './worker-handle.ts';

interface HealthWatchDeps {
  /** The indexes of the workers that there should be. */
  places(): Iterable<number>;
  /** Told when a worker has become unable to take calls, and when it has become able again. */
  onUnready(worker: WorkerHandle, problem: string): void;
  onReadyAgain(worker: WorkerHandle): void;
}

/** The health of the workers of one generation. */
export interface HealthWatch {
  /** Whether workers are not alive, and replacing them has not helped. */
  readonly isBeyondHelp: boolean;
  /** Workers that are watched, and cannot take calls. */
  readonly unreadyCount: number;
  /** From the moment when the worker is ready. @param onDead told when it is not alive; it is not watched any more then. */
  watch(worker: WorkerHandle, onDead: (problem: string) => void): void;
  /** Whether it has not said that it is not. */
  isReady(worker: WorkerHandle): boolean;
  forget(worker: WorkerHandle): void;
  /** Told when the worker in that place could not be started. */
  noteFailedStart(index: number): void;
}

/** Creates the watch. */
export function createHealthWatch({ places, onUnready, onReadyAgain }: HealthWatchDeps): HealthWatch {
  const deaths = new Map<number, number>(); // in a row, by place
  const watched = new Set<WorkerHandle>();
  const unready = new Set<WorkerHandle>();

  const forget = (worker: WorkerHandle) => {
    watched.delete(worker);
    unready.delete(worker);
  };

  return {
    get isBeyondHelp() {
      return isBeyondHelp(Array.from(places(), (place) => deaths.get(place) ?? 0));
    },
    get unreadyCount() {
      return unready.size;
    },
    isReady: (worker) => !unready.has(worker),
    forget,
    noteFailedStart(index) {
      const before = deaths.get(index);
      if (before !== undefined) deaths.set(index, before + 1);
    },
    watch(worker, onDead) {
      const { index } = worker;
      let streak = 1; // it is ready, so that it has said once that it is alive
      watched.add(worker);
      worker.onHealth((health) => {
        if (!watched.has(worker)) return;
        streak = countStreak(streak, health);
        const verdict = judge(streak);
        if (verdict === 'alive') deaths.delete(index);
        if (verdict === 'dead') {
          deaths.set(index, (deaths.get(index) ?? 0) + 1);
          forget(worker);
          return onDead(health.problem);
        }
        if (health.isReady === !unready.has(worker)) return;
        if (health.isReady) {
          unready.delete(worker);
          return onReadyAgain(worker);
        }
        unready.add(worker);
        onUnready(worker, health.problem);
      });
    },
  };
}
