/** Those who wait for one kind of batch, the most urgent first. */

/** One request that waits, or what is left of it. */
export interface Entry<T> {
  readonly value: T;
  readonly items: number;
  /** Items that no batch has taken yet. */
  left: number;
  /** Higher goes first. */
  readonly priority: number;
  readonly cameAtMs: number;
  /** When its caller's time is up. */
  readonly expiresAtMs: number;
  /** By when it wants its turn; later than {@link expiresAtMs} for the rest of a request that has had turns. */
  dueMs: number;
  /** In the order of coming. */
  readonly sequence: number;
  lane: Lane<T> | undefined;
}

/** Items of one request that go together. */
export interface Piece<T> {
  readonly entry: Entry<T>;
  /** The first of them, counted from 0 in the whole request. */
  readonly from: number;
  readonly items: number;
}

/** A sorted line that anyone can leave. */
export interface Lane<T> {
  /** Items that wait. */
  readonly items: number;
  readonly head: Entry<T> | undefined;
  add(entry: Entry<T>): void;
  /** Takes one out, wherever it stands; false if it is not in the lane any more. */
  leave(entry: Entry<T>): boolean;
  /** All of them, in order. */
  readonly entries: readonly Entry<T>[];
  /** Takes so many out at the head. */
  drop(count: number): Entry<T>[];
  /** Takes up to so many items at the head; of the last one perhaps not all, whose rest is left out of the lane. */
  take(most: number): readonly Piece<T>[];
}

/** Creates an empty lane. Most come in the order in which they leave, so that an array serves better than a heap. */
export function createLane<T>(): Lane<T> {
  const entries: Entry<T>[] = [];
  let items = 0;
  const remove = (at: number, count: number): Entry<T>[] => {
    const removed = entries.splice(at, count);
    for (const entry of removed) {
      entry.lane = undefined;
      items -= entry.left;
    }
    return removed;
  };
  const lane: Lane<T> = {
    get items() {
      return items;
    },
    get head() {
      return entries[0];
    },
    entries,
    add(entry) {
      let at = entries.length;
      while (at > 0 && isBefore(entry, entries[at - 1] as Entry<T>)) at--;
      entries.splice(at, 0, entry);
      entry.lane = lane;
      items += entry.left;
    },
    leave(entry) {
      const at = entries.indexOf(entry);
      if (at >= 0) remove(at, 1);
      return at >= 0;
    },
    drop: (count) => remove(0, count),
    take(most) {
      const pieces: Piece<T>[] = [];
      let room = most;
      for (const entry of entries) {
        if (room === 0) break;
        const count = Math.min(room, entry.left);
        pieces.push({ entry, from: entry.items - entry.left, items: count });
        room -= count;
      }
      remove(0, pieces.length);
      for (const { entry, items: count } of pieces) entry.left -= count;
      return pieces;
    },
  };
  return lane;
}

function isBefore<T>(one: Entry<T>, other: Entry<T>): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  if (one.dueMs !== other.dueMs) return one.dueMs < other.dueMs;
  return one.sequence < other.sequence;
}
