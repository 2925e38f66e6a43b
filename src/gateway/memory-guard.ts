/** Says when memory is so short that a new body could end the process. */
import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const lookAgainAfterMs = 100; // one look costs some 3 µs

/** Creates a guard; `isLow` is true while heap or memory limit are used up to more than the ratio. */
export function createMemoryGuard(ratio: number): { isLow(): boolean } {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let isLow = false;
  return {
    isLow() {
      const now = performance.now();
      if (now - lookedAtMs < lookAgainAfterMs) return isLow;
      lookedAtMs = now;
      const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
      // Bodies lie outside of the heap. The limit is the cgroup's, which is 0 or huge where there is none.
      const all = Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
      isLow = used > limit * ratio || process.memoryUsage.rss() > all * ratio;
      return isLow;
    },
  };
}
