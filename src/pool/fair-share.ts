/** Shares workers among methods that compete for them, by the time that their calls take. */

/** What is kept of one method. */
export interface Share {
  /** When its next call is due, in milliseconds of the time that every competing method has been given. */
  dueMs: number;
}

/** Decides whose turn it is: start-time fair queueing, after Goyal, Vin and Cheng (SIGCOMM 1996). */
export interface FairShare {
  /** A method that had nothing waiting has again: what it did not use meanwhile is gone. */
  enter(share: Share): void;
  /** A call of it is handed out, and takes that much of the workers' time. */
  charge(share: Share, costMs: number): void;
}

/** Creates the common clock of methods whose shares begin at 0. */
export function createFairShare(): FairShare {
  let nowMs = 0;
  return {
    enter(share) {
      share.dueMs = Math.max(share.dueMs, nowMs);
    },
    charge(share, costMs) {
      nowMs = share.dueMs;
      share.dueMs += costMs;
    },
  };
}
