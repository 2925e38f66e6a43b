/** Counts requests that are still being read and will become calls. */

/** The requests that hold a generation. */
interface Holds {
  /** One more; the function that it gives, called once or more often, takes it away. */
  hold(): () => void;
  /** Resolves when there is none, at the latest after the time that is given. */
  untilNone(longestMs?: number): Promise<void>;
}

/** Creates a counter at zero. */
export function createHolds(): Holds {
  let count = 0;
  let onNone: (() => void) | undefined;
  return {
    hold() {
      let isHeld = true;
      count++;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        count--;
        if (count === 0) onNone?.();
      };
    },
    async untilNone(longestMs) {
      if (count === 0) return;
      const none = Promise.withResolvers<void>();
      onNone = none.resolve;
      const late = longestMs === undefined ? undefined : setTimeout(none.resolve, longestMs);
      await none.promise;
      clearTimeout(late);
    },
  };
}
