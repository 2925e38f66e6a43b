/** How late the event loop of a process is, as a timer sees it that should come every 20 ms. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A measurement that goes on until it is closed. */
export interface LoopLag {
  /** How late it was at most in so many of a hundred times, in seconds. */
  percentile(percent: number): number;
  /** How late it was at most, in seconds; from then on it is measured anew. */
  takeMax(): number;
  close(): void;
}

const resolutionMs = 20; // costs an idle process 1.4 ms a second; delays below it count for little

/** Starts measuring. */
export function measureLoopLag(): LoopLag {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return {
    percentile: (percent) => excess(delay.percentile(percent)),
    takeMax() {
      const max = excess(delay.max);
      delay.reset();
      return max;
    },
    close: () => void delay.disable(),
  };
}

/** It measures from one timer to the next: what is above the interval is delay. */
function excess(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - resolutionMs / 1000);
}
