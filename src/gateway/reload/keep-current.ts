/** Reloads a server whenever the files change that its code came from. */
import { ServiceError } from '../../errors.ts';
import type { Generations } from '../generations.ts';
import type { ReloadEvent } from './event.ts';
import type { Tracker } from './tracker.ts';
import { createFolderWatcher } from './watch-folders.ts';

/** The watch over the files of a server. */
export interface KeepCurrent {
  /**
   * Starts the service and watches its files; resolves when it serves for the first time, however many saves that takes.
   * @throws ServiceError `STOPPING` if the watch is closed before.
   */
  start(): Promise<void>;
  /** Says that something may have changed, or that there is more to watch. */
  hint(): void;
  close(): void;
}

interface KeepCurrentDeps {
  readonly tracker: Tracker;
  readonly generations: Generations;
  /** How often to look, instead of being told by the operating system; 0 to be told. */
  readonly pollMs: number;
  tell(event: ReloadEvent): void;
}

// Editors write a file in steps, and save several at once; a checkout of a branch is over in less than the longest.
const quietMs = 50;
const longestQuietMs = 1000;
// Workers without a call to finish are gone before.
const slowDrainMs = 500;

/** Creates the watch; a save while a reload is under way gives that up, since its code is old before it serves. */
export function keepCurrent({ tracker, generations, pollMs, tell }: KeepCurrentDeps): KeepCurrent {
  let timer: NodeJS.Timeout | undefined;
  let poll: NodeJS.Timeout | undefined;
  let firstHintMs: number | undefined;
  let isLooking = false;
  let isClosed = false;
  let isRefused = false;
  let hasServed = false;
  let starts = 0;
  const serves = Promise.withResolvers<void>();
  serves.promise.catch(() => {}); // closed without ever having been started

  const watcher = createFolderWatcher({
    onEvent(path) {
      if (watcher.has(path) || tracker.mayMatter(path)) hint();
    },
    onRefused(folder, error) {
      if (isRefused) return; // once is enough: the reason is the same for all
      isRefused = true;
      const problem = `${error.message}; have the files looked at instead, with --reload-poll 500`;
      tell({ kind: 'problem', error: new ServiceError('WATCH_FAILED', { folder, problem }, { cause: error }) });
    },
  });

  const hint = () => {
    if (isClosed) return;
    const nowMs = performance.now();
    firstHintMs ??= nowMs;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, Math.min(quietMs, firstHintMs + longestQuietMs - nowMs)));
  };

  const look = async () => {
    if (isClosed) return;
    if (isLooking) return hint(); // once more: what is looked at now may have been seen before it changed
    isLooking = true;
    const sinceMs = firstHintMs ?? performance.now();
    firstHintMs = undefined;
    try {
      if (pollMs === 0) watcher.watch(tracker.folders());
      const { files, note } = await tracker.changed();
      if (pollMs === 0 && !isClosed) watcher.watch(tracker.folders());
      if (files.length === 0 || isClosed) return;
      if (firstHintMs !== undefined && performance.now() - sinceMs < longestQuietMs) {
        firstHintMs = sinceMs; // saves go on: all of them are one change
        return;
      }
      note();
      tell({ kind: 'changed', files });
      void bring(sinceMs);
    } catch (error) {
      tell({ kind: 'problem', error }); // the server goes on; the next event is another chance
    } finally {
      isLooking = false;
    }
  };

  const bring = async (sinceMs: number): Promise<void> => {
    const mine = ++starts;
    const isOld = () => isClosed || mine !== starts;
    const waits = setTimeout(() => generations.isDraining && !isOld() && tell({ kind: 'waiting' }), slowDrainMs);
    try {
      await generations.replace('at once');
      if (isOld()) return;
      if (hasServed) tell({ kind: 'reloaded', afterMs: performance.now() - sinceMs });
      hasServed = true;
      serves.resolve();
    } catch (error) {
      if (isOld()) return;
      tell({ kind: 'failed', error, servingSince: generations.since, isTriedAgain: true });
    } finally {
      clearTimeout(waits);
    }
    void look(); // what was saved before its folder was watched
  };

  return {
    async start() {
      if (pollMs > 0) poll = setInterval(() => void look(), pollMs);
      void bring(performance.now());
      await serves.promise;
    },
    hint,
    close() {
      isClosed = true;
      serves.reject(new ServiceError('STOPPING', {}));
      clearTimeout(timer);
      clearInterval(poll);
      watcher.close();
    },
  };
}
